import { MemoryNetwork } from "@groupcast/backend-memory";
import { type Arrival, type DatagramBatch, DatagramProtocol, Reactor, type SocketAddress, systemClock } from "@groupcast/reactor";
import { chooseBackend } from "groupcast";
import { describe, expect, test } from "vitest";
import { BACKENDS, type BackendName, canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { strayFailures } from "./support/attacked.js";
import { Audit, assertArrivalsCounted } from "./support/audit.js";
import { bite } from "./support/hostile-values.js";
import { SILENT } from "./support/silent.js";
import { until } from "./support/until.js";

const LOOPBACK = { interface: "127.0.0.1", arrival: true } as const;
const DATAGRAMS = 200; // more than a slab's worth of batches

/** What a datagram comes with. */
interface Delivered {
  readonly data: Buffer;
  readonly from: SocketAddress;
  readonly arrival: Arrival | undefined;
}

/** Name → something that a program may do to what it was handed. It may throw: then its own hook is to blame. */
const MISUSES: Readonly<Record<string, (delivered: Delivered) => unknown>> = {
  "transfers its memory": ({ data }) => structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] }),
  "transfers it by postMessage": ({ data }) => {
    const { port1, port2 } = new MessageChannel();
    try {
      port1.postMessage(data, [data.buffer as ArrayBuffer]);
    } finally {
      port1.close();
      port2.close();
    }
  },
  "calls transfer() of its memory": ({ data }) => (data.buffer as unknown as { transfer?(): unknown }).transfer?.(),
  "resizes its memory": ({ data }) => (data.buffer as unknown as { resize?(to: number): void }).resize?.(0),
  "writes over all of its memory that the Buffer shows": ({ data }) => data.fill(0xff),
  "freezes it": ({ data }) => Object.freeze(data),
  "gives it getters that throw": ({ data }) => Object.defineProperty(data, "length", { get: bite }),
  "takes its prototype": ({ data }) => Object.setPrototypeOf(data, null),
  "changes the sender": ({ from }) => Object.assign(from, { port: 1 }),
  "redefines the sender": ({ from }) => Object.defineProperty(from, "address", { get: bite }),
  "changes the arrival": ({ arrival }) => Object.assign(arrival as object, { interface: "nowhere", destination: undefined }),
};

describe.for([...BACKENDS, "memory"] as const)("%s", (backend) => {
  test.for(Object.entries(MISUSES))("a program that %s harms nobody else, and every datagram is counted", async ([, misuse], context) => {
    if (backend !== "memory") await skipUnless(context, canLoad(backend));
    const strays = strayFailures();
    await rehearse(backend);
    const audit = new Audit();
    await using play = new Play(backend);
    const kept: Delivered[] = [];
    const bystander = play.listen((delivered) => kept.push(delivered));
    const victim = play.listen(misuse);
    await play.send([bystander, victim]);
    for (const port of [bystander, victim]) assertArrivalsCounted(port.statistics(), DATAGRAMS);
    expect(kept.map(({ data }) => data.toString())).toEqual(TEXTS);
    expect(new Set(kept.map(({ from }) => from.port))).toEqual(new Set([play.senderPort]));
    expect(strays).toEqual([]);
    await play[Symbol.asyncDispose]();
    await audit.end();
  });

  test("what a port and a reactor list is a copy: changing it changes nothing", async (context) => {
    if (backend !== "memory") await skipUnless(context, canLoad(backend));
    await using play = new Play(backend);
    const port = play.listen(() => {});
    const { reactor } = play;
    const before = JSON.stringify([port.statistics(), port.buffers, port.getHost(), reactor.network.interfaces().map(({ name }) => name)]);
    for (const list of [port.statistics(), port.buffers, port.getHost(), reactor.ports, reactor.network.interfaces()]) ruin(list);
    for (const entry of reactor.network.interfaces()) ruin(entry);
    expect(JSON.stringify([port.statistics(), port.buffers, port.getHost(), reactor.network.interfaces().map(({ name }) => name)])).toBe(
      before,
    );
    expect(reactor.ports).toHaveLength(2);
  });

  test("a batch that is kept after its call gives no bytes of a later one", async (context) => {
    if (backend !== "memory") await skipUnless(context, canLoad(backend));
    await using play = new Play(backend);
    const batches: DatagramBatch[] = [];
    const port = play.listenBatches((batch) => {
      for (const old of batches) for (let i = 0; i < 3; i++) tolerated(() => [old.copy(i), old.from(i), old.view(i), old.arrival(i)]);
      batches.push(batch);
    });
    await play.send([port]);
    assertArrivalsCounted(port.statistics(), DATAGRAMS);
  });
});

const TEXTS = Array.from({ length: DATAGRAMS }, (_, i) => `datagram ${i}`);

type TestedBackend = BackendName | "memory";

class Play implements AsyncDisposable {
  readonly reactor: Reactor;
  readonly #sender: ReturnType<Reactor["listenUDP"]>;

  constructor(backend: TestedBackend) {
    this.reactor = new Reactor({
      backend: backend === "memory" ? new MemoryNetwork({ clock: systemClock }).host("a") : chooseBackend(backend),
      logger: SILENT,
    });
    this.#sender = this.reactor.listenUDP(0, new Idle(), LOOPBACK);
    this.reactor.on("error", () => {}); // the program's own hook threw
  }

  get senderPort(): number {
    return this.#sender.getHost().port;
  }

  listen(received: (delivered: Delivered) => unknown): ReturnType<Reactor["listenUDP"]> {
    const protocol = new Idle();
    protocol.datagramReceived = (data, from, arrival) => {
      received({ data, from, arrival });
    };
    return this.reactor.listenUDP(0, protocol, LOOPBACK);
  }

  listenBatches(received: (batch: DatagramBatch) => void): ReturnType<Reactor["listenUDP"]> {
    const protocol = new Idle();
    protocol.datagramsReceived = received;
    return this.reactor.listenUDP(0, protocol, LOOPBACK);
  }

  /** Sends every text to every port, a few at a time so that no receive buffer overflows. */
  async send(ports: readonly ReturnType<Reactor["listenUDP"]>[]): Promise<void> {
    for (const [index, text] of TEXTS.entries()) {
      for (const port of ports) this.#sender.write(text, port.getHost());
      if (index % 20 === 19) await until(`datagram ${index}`, () => ports.every((port) => port.statistics().received > index));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reactor.stop();
  }
}

/** The first datagrams with an arrival open what a backend keeps for as long as the process lives, to ask for names of interfaces. */
async function rehearse(backend: TestedBackend): Promise<void> {
  await using play = new Play(backend);
  await play.send([play.listen(() => {})]);
}

class Idle extends DatagramProtocol {}

function ruin(object: object): void {
  tolerated(() => Object.assign(object, { received: -1, port: -1, name: "ruined", askedBytes: -1 }));
  tolerated(() => (object as unknown[]).splice(0));
}

/** What we hand out may be frozen, or refuse to be used; that is an answer, too. */
function tolerated(call: () => unknown): void {
  try {
    call();
  } catch {
    // refused
  }
}
