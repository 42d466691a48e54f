// Payloads and destinations that lie, or act when they are looked at: each is sent as it is, or refused with an error that has a code.
import { once } from "node:events";
import dgram from "@groupcast/dgram";
import { DatagramProtocol, type UDPPort } from "groupcast";
import { describe, expect, test } from "vitest";
import { BACKENDS, type BackendName, canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { Attacked, strayFailures } from "./support/attacked.js";
import { assertSendsCounted } from "./support/audit.js";
import { until } from "./support/until.js";

const TRUTH = "true";
const LOOPBACK = { interface: "127.0.0.1" } as const;

interface Destination {
  readonly address: string;
  readonly port: number;
}

/** What is written, by which port, and what comes of it. */
interface Attack {
  readonly write: (port: UDPPort, to: Destination) => unknown;
  readonly arrives?: string;
  readonly code?: string;
}

const lying = (length: number): Uint8Array => Object.defineProperty(Buffer.from(TRUTH), "length", { value: length });

const stopping = (port: UDPPort, { address, port: number }: Destination): Destination => ({
  get address() {
    port.stopNow();
    return address;
  },
  port: number,
});

/** A proxy that passes for bytes, and calls `act` when its second byte is read. */
const acting = (act: () => void): Uint8Array =>
  new Proxy(Buffer.from(TRUTH), {
    get(bytes, key) {
      if (key === "1") act();
      return Reflect.get(bytes, key, bytes) as unknown;
    },
  });

const writingProxy = (act: (port: UDPPort, to: Destination) => void): Attack => ({
  write(port, to) {
    const bytes = acting(() => act(port, to));
    return port.write(bytes, to);
  },
  code: "ERR_ARGUMENT_TYPE",
});

const ATTACKS: Readonly<Record<string, Attack>> = {
  "bytes that say they are longer": { write: (port, to) => port.write(lying(1000), to), arrives: TRUTH },
  "bytes that say they are shorter": { write: (port, to) => port.write(lying(1), to), arrives: TRUTH },
  "bytes that say they are too long": { write: (port, to) => port.write(lying(70_000), to), arrives: TRUTH },
  "parts that say they are longer": { write: (port, to) => port.writeSequence([lying(9), lying(9)], to), arrives: TRUTH + TRUTH },
  "parts that say they are shorter": { write: (port, to) => port.writeSequence([lying(0), lying(1)], to), arrives: TRUTH + TRUTH },
  "bytes whose length stops the port": {
    write: (port, to) => port.write(Object.defineProperty(Buffer.from(TRUTH), "length", { get: () => port.stopNow() }), to),
    arrives: TRUTH,
  },
  "a proxy of bytes that stops the port": writingProxy((port) => port.stopNow()),
  "a proxy of bytes that flushes": writingProxy((port) => port.flush()),
  "a proxy of bytes that writes": writingProxy((port, to) => port.write("x", to)),
  "a part that is a proxy": { write: (port, to) => port.writeSequence([acting(() => port.flush())], to), code: "ERR_ARGUMENT_TYPE" },
  "a destination that stops the port": { write: (port, to) => port.write(TRUTH, stopping(port, to)), code: "ERR_CLOSED" },
  "a destination that stops the port of writeSequence()": {
    write: (port, to) => port.writeSequence([Buffer.from(TRUTH)], stopping(port, to)),
    code: "ERR_CLOSED",
  },
  "a destination that stops the port of send()": { write: (port, to) => port.send(TRUTH, stopping(port, to)), code: "ERR_CLOSED" },
  "a destination that stops the port of post()": { write: (port, to) => port.post(TRUTH, stopping(port, to)), code: "ERR_CLOSED" },
};

/** Native sends single datagrams by an interface of their own; dgram cannot. */
const ATTACKS_OF: Readonly<Record<BackendName, Readonly<Record<string, Attack>>>> = {
  dgram: ATTACKS,
  native: {
    ...ATTACKS,
    "an interface that stops the port": {
      write: (port, to) =>
        port.write(TRUTH, to, {
          get interface() {
            port.stopNow();
            return "lo";
          },
        }),
      code: "ERR_CLOSED",
    },
  },
};

describe.for(BACKENDS)("%s", (backend) => {
  test.for(Object.entries(ATTACKS_OF[backend]))(
    "%s: what they are arrives, or nothing, and the port goes on",
    async ([, attack], context) => {
      await skipUnless(context, canLoad(backend));
      const strays = strayFailures();
      await using attacked = new Attacked(backend);
      const { reactor, errors } = attacked;
      const arrived: string[] = [];
      const receiver = new (class extends DatagramProtocol {})();
      receiver.datagramReceived = (data) => void arrived.push(data.toString());
      const to = reactor.listenUDP(0, receiver, LOOPBACK).getHost();
      const [port, other] = [0, 0].map((number) => reactor.listenUDP(number, new (class extends DatagramProtocol {})(), LOOPBACK));
      const outcome = await codeOf(() => attack.write(port!, to));
      await new Promise((resolve) => setImmediate(resolve));
      other!.write("fence", to);
      await until("the fence", () => arrived.includes("fence"));
      expect([outcome, ...arrived]).toEqual([attack.code, ...(attack.arrives === undefined ? [] : [attack.arrives]), "fence"]);
      expect(port!.statistics().queued).toBe(0);
      assertSendsCounted(port!.statistics(), attack.arrives === undefined ? 0 : 1);
      expect([...strays, ...errors]).toEqual([]);
    },
  );
});

test("the drop-in sends a list of buffers that say they are longer as long as they are", async () => {
  const [receiver, sender] = [dgram.createSocket("udp4"), dgram.createSocket("udp4")];
  receiver.bind(0, LOOPBACK.interface);
  await once(receiver, "listening");
  const arrived = once(receiver, "message");
  sender.send([lying(9), lying(9)], receiver.address().port, LOOPBACK.interface);
  expect(String((await arrived)[0])).toBe(TRUTH + TRUTH);
  await Promise.all([receiver, sender].map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
});

/** Returns the code of the error that a call throws, or rejects with; undefined when it does neither. */
async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return (error as { readonly code?: unknown }).code ?? error;
  }
}
