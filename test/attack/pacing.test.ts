// Paced ports whose rate, network, clock and peers change while datagrams wait: each datagram leaves once, in order, or is in a counter.
import { type Clock, ERRNO } from "@groupcast/base";
import { DatagramProtocol, type SocketAddress, type UDPPort } from "@groupcast/reactor";
import { beforeEach, describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import type { FakeSocket } from "../support/fake-backend.js";
import { canMakeNamespaces, hasCommand, isRoot, skipUnless } from "../support/probe.js";
import { type Listening, Stage, turn } from "../unit/reactor/stage.js";
import { runAttack } from "./support/attack-program.js";
import { Attacked } from "./support/attacked.js";
import { assertSendsCounted } from "./support/audit.js";
import { Dice } from "./support/dice.js";
import { until } from "./support/until.js";

const HEADER_BYTES = 28; // RFC 791, RFC 768
const BURST_MS = 1;
const ROUNDING = 1.002; // a wait may end a thousandth of a millisecond early
const LIVES = 25;
const STEPS = 150;
const RATES = [1, 1_000, 10_000, 1_000_000, 50_000_000, 1_000_000_000, Number.MAX_SAFE_INTEGER, undefined];
const PEERS = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((address) => ({ address, port: 80 }));
const PASSING = [ERRNO.EAGAIN, ERRNO.EAGAIN, ERRNO.ENETUNREACH, ERRNO.EPERM, 1, 2, 5];

/** What left while the rate stayed the same: never more than it allows, and one burst. */
class Meter {
  #atMs = 0;
  #levelBytes = 0;
  #longestBytes = 0;

  restart(atMs: number): void {
    this.#atMs = atMs;
    this.#levelBytes = this.#longestBytes = 0;
  }

  count(atMs: number, bytes: number, bytesPerSecond: number): void {
    const passed = ((atMs - this.#atMs) * bytesPerSecond) / 1000;
    this.#levelBytes = Math.max(0, this.#levelBytes - passed) + bytes;
    this.#longestBytes = Math.max(this.#longestBytes, bytes);
    this.#atMs = atMs;
    const burst = Math.max((BURST_MS * bytesPerSecond) / 1000, this.#longestBytes);
    expect(this.#levelBytes).toBeLessThanOrEqual(burst * ROUNDING + 1e-6);
  }
}

/** A port, and a random program on it. */
class Life {
  readonly #stage = new Stage();
  readonly #dice: Dice;
  readonly #listening: Listening;
  readonly #meter = new Meter();
  readonly #fates: Promise<unknown>[] = [];
  #rate: number | undefined = 10_000;
  #written = 0;
  #isCorked = false;
  #isConnected = false;
  #seen = 0;

  constructor(seed: number) {
    this.#dice = new Dice(seed);
    this.#listening = this.#stage.listen({ maxBytesPerSecond: this.#rate });
    const { socket } = this.#listening;
    const push = socket.sent.push.bind(socket.sent);
    socket.sent.push = (...datagrams) => {
      for (const { bytes } of datagrams) if (this.#rate !== undefined) this.#count(bytes.length + HEADER_BYTES, this.#rate);
      return push(...datagrams);
    };
  }

  async run(): Promise<void> {
    const acts = [this.#write, this.#write, this.#write, this.#wait, this.#wait, this.#setRate, this.#disturb, this.#cork, this.#connect];
    for (let step = 0; step < STEPS; step++) {
      await this.#dice.pick(acts)!.call(this);
      await turn(); // failures are counted from the event loop
      assertSendsCounted(this.#port.statistics(), this.#written);
    }
    await this.#end();
  }

  get #port(): UDPPort {
    return this.#listening.port;
  }

  get #socket(): FakeSocket {
    return this.#listening.socket;
  }

  #count(bytes: number, rate: number): void {
    this.#meter.count(this.#stage.clock.nowMs(), bytes, rate);
  }

  #write(): void {
    const length = this.#dice.pick([0, 1, 72, 972, 1472, 1472, 30_000, 65_507])!;
    for (let left = this.#dice.roll(90); left > 0; left--) {
      const number = String(this.#written++);
      const text = number.padEnd(length, ".").slice(0, Math.max(length, number.length));
      const to = this.#isConnected ? undefined : this.#dice.pick(PEERS);
      if (this.#dice.roll(4) === 0) this.#fates.push(this.#port.send(text, to).catch((error: unknown) => error));
      else this.#port.write(text, to);
    }
  }

  async #wait(): Promise<void> {
    await this.#stage.clock.advance(this.#dice.pick([0, 0.1, 0.5, 1, 3, 40, 2000])!);
    await turn();
  }

  /** The meter begins anew when the microtask has run that sends what the new rate allows. */
  async #setRate(): Promise<void> {
    await turn();
    this.#rate = this.#dice.pick(RATES);
    this.#meter.restart(this.#stage.clock.nowMs());
    this.#port.setMaxBytesPerSecond(this.#rate);
  }

  async #disturb(): Promise<void> {
    if (this.#dice.roll(2) === 0) this.#socket.sendOutcomes.push(this.#dice.pick(PASSING)!);
    else {
      await turn(); // the observer hears from the event loop
      this.#socket.becomeWritable();
    }
  }

  /** A corked port sends what waits for its time, and nothing that was written since. */
  #cork(): void {
    if (this.#isCorked) this.#port.uncork();
    else this.#port.cork();
    this.#isCorked = !this.#isCorked;
    if (this.#dice.roll(5) === 0) this.#port.flush();
  }

  #connect(): void {
    if (this.#isConnected) this.#port.disconnect();
    else this.#port.connect(PEERS[0]!.address, PEERS[0]!.port);
    this.#isConnected = !this.#isConnected;
  }

  async #end(): Promise<void> {
    const { port, socket } = this.#listening;
    await turn();
    this.#rate = undefined;
    port.setMaxBytesPerSecond(undefined);
    port.uncork();
    socket.sendOutcomes.length = 0;
    const drained = port.drained();
    await turn();
    socket.becomeWritable();
    await drained;
    expect(port.statistics()).toMatchObject({ queued: 0, queuedBytes: 0 });
    assertSendsCounted(port.statistics(), this.#written);
    await Promise.all(this.#fates);
    this.#checkOrder(socket);
    await port.stopListening();
    expect(this.#stage.clock.pendingCalls).toBe(0);
  }

  /** Each left once, and each peer's in order: a burst to several peers is sorted by peer. */
  #checkOrder({ sent }: FakeSocket): void {
    const numbers = sent.map(({ text }) => Number.parseInt(text, 10));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(sent).toHaveLength(this.#port.statistics().sent);
    const latest = new Map<string, number>();
    for (const [index, { to }] of sent.entries()) {
      const peer = to?.address ?? PEERS[0]!.address;
      expect(numbers[index]).toBeGreaterThan(latest.get(peer) ?? -1);
      latest.set(peer, numbers[index]!);
      this.#seen++;
    }
    expect(this.#seen).toBeGreaterThan(0);
  }
}

test("a paced port loses and repeats nothing and never exceeds its rate, whatever a program and the network do", async () => {
  for (let seed = 0; seed < LIVES; seed++) {
    try {
      await new Life(seed).run();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});

test("a paced port whose clock throws now and then loses nothing, and never stands still", async () => {
  const dice = new Dice(7);
  const moving = new Stage();
  const moody = <T>(act: () => T): T => {
    if (dice.roll(4) === 0) throw new Error("moody");
    return act();
  };
  const { clock } = moving;
  const schedule = clock.schedule.bind(clock);
  let isMoody = false;
  const broken: Clock = {
    nowMs: () => (isMoody ? moody(() => clock.nowMs()) : clock.nowMs()),
    schedule: (delayMs, fn) => (isMoody ? moody(() => schedule(delayMs, fn)) : schedule(delayMs, fn)),
    hold: () => () => {},
  };
  const { port, socket } = new Stage({}, { clock: broken }).listen({ maxBytesPerSecond: 1_000_000 });
  isMoody = true;
  let written = 0;
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 5; i++) {
      port.write(String(written++), PEERS[0]);
    }
    await clock.advance(2);
    assertSendsCounted(port.statistics(), written);
  }
  isMoody = false;
  await clock.advance(10_000);
  expect(socket.texts).toEqual(Array.from({ length: written }, (_, number) => String(number)));
  port.stopNow();
});

class Collector extends DatagramProtocol {
  readonly texts: string[] = [];
  override datagramReceived(data: Buffer): void {
    this.texts.push(data.toString("latin1", 0, 12));
  }
}

/** Changes now and then what decides when a port's datagrams leave. */
function disturb(port: UDPPort, dice: Dice): void {
  if (dice.roll(10) === 0) port.setMaxBytesPerSecond(dice.pick([30_000, 1_000_000, 9_007_199_254_740_991, undefined]));
  if (dice.roll(10) === 0) port.cork();
  if (dice.roll(10) === 0) port.uncork();
  const peer = port.getPeer();
  if (peer === undefined || dice.roll(20) > 0) return;
  port.disconnect();
  port.connect(peer.address, peer.port);
}

describe.each(BACKENDS)("on %s", (backend) => {
  beforeEach((context) => skipUnless(context, canLoad(backend)));

  test("many paced ports whose rates change while datagrams wait lose none, and a fence behind them arrives", async () => {
    await using attacked = new Attacked(backend);
    const { reactor } = attacked;
    const dice = new Dice(20_261_123);
    const server = new Collector();
    const local = { interface: "127.0.0.1" };
    const to = reactor.listenUDP(0, server, { ...local, receiveBufferBytes: 4_000_000 }).getHost();
    const ports = Array.from({ length: 40 }, (_, index) => {
      const port = reactor.listenUDP(0, new Collector(), { ...local, maxBytesPerSecond: 20_000 + dice.roll(2_000_000) });
      if (index % 2 === 0) port.connect(to.address, to.port);
      return port;
    });
    const expected: string[] = [];
    for (let round = 0; round < 20; round++) {
      for (const [index, port] of ports.entries()) {
        const text = `${index} ${round}`;
        expected.push(text);
        port.write(text.padEnd(12).padEnd(12 + dice.roll(40), "."), port.getPeer() === undefined ? to : undefined);
        disturb(port, dice);
      }
      await new Promise(setImmediate);
    }
    await Promise.all(
      ports.map(async (port) => {
        port.uncork();
        await port.drained();
        await port.send("fence".padEnd(12), port.getPeer() === undefined ? to : undefined);
      }),
    );
    await until("the fences have arrived", () => server.texts.filter((text) => text.startsWith("fence")).length === ports.length);
    const texts = server.texts.map((text) => text.trim());
    expect(texts.filter((text) => text !== "fence").toSorted()).toEqual(expected.toSorted());
    for (const port of ports) {
      assertSendsCounted(port.statistics(), 21);
      expect(port.statistics()).toMatchObject({ sent: 21, queued: 0 });
    }
  });

  test("what a paced port sends to nobody is refused or sent, and what it sends to somebody meanwhile arrives", async () => {
    await using attacked = new Attacked(backend);
    const { reactor } = attacked;
    const server = new Collector();
    const local = { interface: "127.0.0.1" };
    const to = reactor.listenUDP(0, server, local).getHost();
    const gone = reactor.listenUDP(0, new Collector(), local);
    const nobody: SocketAddress = gone.getHost();
    gone.stopNow();
    const port = reactor.listenUDP(0, new Collector(), { ...local, maxBytesPerSecond: 100_000 });
    const refused: unknown[] = [];
    port.on("refused", ({ peer }) => refused.push(peer));
    const outcomes: unknown[] = [];
    for (let i = 0; i < 60; i++) {
      port.write(`to somebody ${i}`, to);
      void port.send(`to nobody ${i}`, nobody).then(
        () => outcomes.push("sent"),
        () => outcomes.push("refused"),
      );
      port.write("forbidden", { address: "255.255.255.255", port: 9 }); // EACCES: see setBroadcastAllowed
    }
    await port.drained();
    await port.send("to somebody, last", to);
    await until("the last one arrives", () => server.texts.length === 61);
    await until("each knows its fate", () => outcomes.length === 60);
    await until("each refusal is counted", () => port.statistics().sendFailed === 60);
    const statistics = port.statistics();
    expect(statistics).toMatchObject({ dropped: 0, queued: 0, suppressed: 0 });
    if (backend === "dgram") return; // there a datagram that the kernel refuses has counted as sent before
    assertSendsCounted(statistics, 181);
    expect(statistics.refused).toBe(refused.length);
  });

  test("what waits keeps its destination when a paced port connects; dgram refuses it, and counts that", async () => {
    await using attacked = new Attacked(backend);
    const { reactor } = attacked;
    const [first, second] = [new Collector(), new Collector()];
    const local = { interface: "127.0.0.1" };
    const [one, two] = [first, second].map((server) => reactor.listenUDP(0, server, local).getHost());
    const port = reactor.listenUDP(0, new Collector(), { ...local, maxBytesPerSecond: 1_000 }); // 36 ms for each
    const failed: string[] = [];
    port.on("sendFailed", ({ error, to }) => failed.push(`${error.errnoName} ${to?.port}`));
    for (let i = 0; i < 5; i++) port.write(`before ${i}`, one);
    port.flush();
    port.connect(two!.address, two!.port);
    port.write("after");
    await port.drained();
    await until("the last one arrives", () => second.texts.length === 1);
    await until("the others have arrived, or are refused", () => first.texts.length + failed.length === 5);
    expect(second.texts).toEqual(["after"]);
    expect(first.texts).toEqual(Array.from({ length: 5 - failed.length }, (_, i) => `before ${i}`)); // one on dgram, or more on a busy machine
    expect(new Set(failed)).toEqual(new Set(backend === "native" ? [] : [`EISCONN ${one!.port}`]));
  });
});

test("a paced port loses nothing while the queueing discipline of its interface changes", async (context) => {
  await skipUnless(context, canLoad("native"), isRoot, canMakeNamespaces, hasCommand("ip", "iproute2"), hasCommand("tc", "iproute2"));
  const under = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
  const outcome = await runAttack("paced-qdisc.ts", [], { under });
  expect(outcome).toMatchObject({ missing: 0, statistics: { sendFailed: 0, dropped: 0, queued: 0 }, strays: [] });
  expect(outcome).toHaveProperty("disciplines", expect.arrayContaining(["pfifo", "bfifo"]));
});
