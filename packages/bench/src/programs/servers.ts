/** Servers of packages of npm, which are written against `node:dgram`: what a user's program pays for requests. */
import type { AddressInfo } from "node:net";
import { createServer as createCoapServer } from "coap";
import dns2 from "dns2";
import { cpuUs, sayReady, sayResult } from "./arguments.js";

/** Name that a request asks for, as a path or as a domain: in the warm-up, while it counts, and at the end. */
export type RequestedName = "warm" | "measured" | "end";

const MEASURED: RequestedName = "measured";
const END: RequestedName = "end";

/** Requests of the measured part of a run, and what they cost. */
class Served {
  #received = 0;
  #startedCpuUs = 0;
  readonly #close: () => void;

  constructor(close: () => void) {
    this.#close = close;
  }

  count(name: string | undefined): void {
    if (name === MEASURED) {
      if (this.#received === 0) this.#startedCpuUs = cpuUs();
      this.#received += 1;
    } else if (name === END) {
      sayResult({ received: this.#received, cpuUs: cpuUs() - this.#startedCpuUs });
      this.#close();
    }
  }
}

const CACHE_BYTES = 4096; // message IDs come round within a run: an answer of the last round must not be taken for a repetition's

/** Answers GET with a short text. */
export function serveCoap(): void {
  const served = new Served(() => server.close());
  const server = createCoapServer({ cacheSize: CACHE_BYTES }, (request, response) => {
    served.count(request.url.slice(1));
    response.end("21.5 C");
  });
  server.listen(0, "127.0.0.1", () => sayReady([(server._sock as { address(): AddressInfo }).address().port]));
}

/** Answers questions for A records with an address. */
export async function serveDns(): Promise<void> {
  const { Packet } = dns2;
  const served = new Served(() => void server.close());
  const server = dns2.createServer({
    udp: true,
    handle: (request, send) => {
      const response = Packet.createResponseFromRequest(request);
      const [question] = request.questions;
      response.answers.push({ name: question!.name, type: Packet.TYPE.A, class: Packet.CLASS.IN, ttl: 300, address: "192.0.2.1" });
      served.count(question!.name);
      send(response);
    },
  });
  await server.listen({ udp: { port: 0, address: "127.0.0.1" } });
  sayReady([server.addresses().udp!.port]);
}
