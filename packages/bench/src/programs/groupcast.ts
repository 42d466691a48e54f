/** The measured program on Groupcast, as a user would write it. */
import { type DatagramBatch, DatagramProtocol, Reactor, type SocketAddress } from "groupcast";
import { block, cpuUs, destinations, groups, host, numberArgument, role, sayReady, sayResult } from "./arguments.js";
import { Bursts } from "./bursts.js";
import { flap } from "./flap.js";
import { fill } from "./numbering.js";
import { Tally } from "./tally.js";
import { runWorkers } from "./workers.js";

const reactor = new Reactor();
const tally = new Tally(numberArgument("size", 64), () => void reactor.stop());

/** Counts arriving datagrams, each in a Buffer of its own. */
class Receiver extends DatagramProtocol {
  #next = 0;

  override startProtocol(): void {
    for (const group of groups()) this.transport.joinGroup(group, "127.0.0.1");
  }

  override datagramReceived(data: Buffer): void {
    this.#next = tally.count(data, this.#next);
  }
}

/** Counts arriving datagrams without copying them. */
class BatchReceiver extends DatagramProtocol {
  #next = 0;

  override startProtocol(): void {
    for (const group of groups()) this.transport.joinGroup(group, "127.0.0.1");
  }

  override datagramsReceived(batch: DatagramBatch): void {
    for (let i = 0; i < batch.length; i++) this.#next = tally.count(batch.view(i), this.#next);
  }
}

class Echo extends DatagramProtocol {
  #next = 0;

  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.#next = tally.count(data, this.#next);
    if (!tally.isOver) this.transport.write(data, from);
  }
}

class BatchEcho extends DatagramProtocol {
  #next = 0;

  override datagramsReceived(batch: DatagramBatch): void {
    for (let i = 0; i < batch.length; i++) {
      const data = batch.view(i);
      this.#next = tally.count(data, this.#next);
      if (!tally.isOver) this.transport.write(data, batch.from(i));
    }
  }
}

class Sender extends DatagramProtocol {
  readonly #bursts = new Bursts();
  readonly #bytes = Buffer.alloc(this.#bursts.sizeBytes);
  readonly #awaitsDrain = numberArgument("awaits", 0) === 1;

  override startProtocol(): void {
    if (this.#bursts.isMulticast) this.transport.setOutgoingInterface("127.0.0.1");
    this.transport.on("sendFailed", () => this.#bursts.refused++);
    setImmediate(this.#burst);
  }

  readonly #burst = (): void => {
    if (!this.#bursts.goesOn()) return void reactor.stop(); // here, where the burst before has left, and its refusals are told
    const to = this.#bursts.onlyPeer;
    this.#bursts.send((number, destination) => {
      fill(this.#bytes, number);
      this.transport.write(this.#bytes, to === undefined ? destination : undefined);
    });
    if (this.#awaitsDrain) void this.transport.drained().then(this.#burst);
    else setImmediate(this.#burst);
  };
}

function readingOptions(): { readonly receiveBufferBytes?: number; readonly arrival: boolean } {
  const receiveBufferBytes = numberArgument("bufferBytes", 0);
  return { ...(receiveBufferBytes === 0 ? {} : { receiveBufferBytes }), arrival: numberArgument("arrival", 0) === 1 };
}

/** Sleeps for so long without reading, again and again, until the run is over. */
function blockAgain(blockedMs: number): void {
  if (blockedMs === 0 || tally.isOver) return;
  reactor.callLater(blockedMs, () => {
    block(blockedMs);
    blockAgain(blockedMs);
  });
}

/** Blocks the event loop for so long, again and again, until the run is over. */
function keepBusy(busyMs: number): void {
  if (busyMs === 0 || tally.isOver) return;
  reactor.callLater(busyMs, () => {
    const endMs = performance.now() + busyMs;
    while (performance.now() < endMs);
    keepBusy(busyMs);
  });
}

function serve(newProtocol: () => DatagramProtocol): void {
  const count = numberArgument("ports", 1);
  const port = numberArgument("sharedPort", 0);
  const isGroup = groups().length > 0;
  const reading = readingOptions();
  const ports = Array.from({ length: count }, () =>
    isGroup
      ? reactor.listenMulticast(port, newProtocol(), { listenMultiple: port > 0, ...reading })
      : reactor.listenUDP(port, newProtocol(), { interface: host, ...reading }),
  );
  sayReady(ports.map((one) => one.getHost().port));
  keepBusy(numberArgument("busyMs", 0));
  blockAgain(numberArgument("blockedMs", 0));
}

function send(): void {
  const [first] = destinations();
  const isOnlyPeer = destinations().length === 1 && !first!.address.startsWith("239.");
  if (isOnlyPeer) reactor.connectUDP(first!.address, first!.port, new Sender());
  else if (first!.address.includes(":")) reactor.listenUDP(0, new Sender(), { interface: "::" });
  else reactor.listenMulticast(0, new Sender());
  sayReady();
}

/** Starts timers that are due within a second, and waits for them. */
function startTimers(): void {
  const count = numberArgument("count", 10_000);
  const startedCpuUs = cpuUs();
  let fired = 0;
  const fire = (): void => {
    if (++fired < count) return;
    sayResult({ fired, cpuUs: cpuUs() - startedCpuUs });
    void reactor.stop();
  };
  for (let i = 0; i < count; i++) reactor.callLater(1 + (i % 1000), fire);
}

const isBatch = numberArgument("batch", 0) === 1;
if (role === "receive") serve(() => (isBatch ? new BatchReceiver() : new Receiver()));
if (role === "echo") serve(() => (isBatch ? new BatchEcho() : new Echo()));
if (role === "send") send();
if (role === "timers") startTimers();
if (role === "flap") flap(reactor);
if (role === "workers") await runWorkers(new URL("groupcast-worker.js", import.meta.url));
else await reactor.run();
if (role === "receive" || role === "echo") tally.report();
