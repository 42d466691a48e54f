import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";
import { afterEach, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../../support/backends.js";
import { skipUnless } from "../../support/probe.js";

const PROGRAM = new URL("../../support/programs/worker-echo.mjs", import.meta.url);
const DATAGRAMS = 200;

class Collector extends DatagramProtocol {
  readonly echoes: string[] = [];
  readonly done: Promise<void>;
  #finish!: () => void;

  constructor() {
    super();
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  override startProtocol(): void {
    for (let i = 0; i < DATAGRAMS; i++) this.transport.write(`datagram ${i}`);
  }

  override datagramReceived(data: Buffer): void {
    this.echoes.push(data.toString());
    if (this.echoes.length === DATAGRAMS) this.#finish();
  }
}

const reactors: Reactor[] = [];

afterEach(async () => {
  await Promise.all(reactors.splice(0).map((reactor) => reactor.stop()));
});

test.for(BACKENDS)(
  "Reactor of a worker thread answers on %s, beside the main thread's, and lets the worker end",
  async (backend, context) => {
    await skipUnless(context, canLoad(backend));
    const worker = new Worker(PROGRAM, { workerData: { backend } });
    const [port] = (await once(worker, "message")) as [number];
    const reactor = new Reactor({ backend: chooseBackend(backend) });
    reactors.push(reactor);
    const collector = new Collector();
    reactor.connectUDP("127.0.0.1", port, collector);
    await collector.done;
    expect(collector.echoes).toEqual(Array.from({ length: DATAGRAMS }, (_, i) => `datagram ${i}`));
    worker.postMessage("stop");
    expect(await once(worker, "exit")).toEqual([0]);
  },
);
