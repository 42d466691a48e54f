// cork(), uncork(), flush(), drained(), post() and stopNow(), in any order and place, beside a simple model of what has left; and with a
// network that takes some, none or refuses.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { chooseBackend, DatagramProtocol, type MulticastPort, type PortStatistics, Reactor, type SendReceipt } from "groupcast";
import { describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { canMakeNamespaces, hasCommand, isRoot, skipUnless } from "../support/probe.js";
import { runAttack } from "./support/attack-program.js";
import { fakeReactor, strayFailures } from "./support/attacked.js";
import { assertSendsCounted } from "./support/audit.js";
import { Dice } from "./support/dice.js";
import { SILENT } from "./support/silent.js";
import { until } from "./support/until.js";

const LIVES = 60;
const STEPS = 60;
const BURST_DATAGRAMS = 64;
const BURST_BYTES = 65_536;
const EAGAIN = -11;
const EPERM = -1;
const TO = { address: "192.0.2.1", port: 80 } as const;

/** What a port holds back, and what it must have sent, if the network takes everything. */
class Model {
  sent = 0;
  held: number[] = [];
  #heldBytes = 0;
  #isCorked = false;

  /** A datagram comes that the burst may have no room for, whether or not it is taken. */
  makeRoom(lengthBytes: number): void {
    if (this.held.length === BURST_DATAGRAMS || (this.held.length > 0 && this.#heldBytes + lengthBytes > BURST_BYTES)) this.flush();
  }

  add(number: number, lengthBytes: number): void {
    this.held.push(number);
    this.#heldBytes += lengthBytes;
  }

  flush(): void {
    this.sent += this.held.length;
    this.held = [];
    this.#heldBytes = 0;
  }

  cork(): void {
    if (!this.#isCorked) this.flush();
    this.#isCorked = true;
  }

  uncork(): void {
    this.#isCorked = false;
    this.flush();
  }

  turn(): void {
    if (!this.#isCorked) this.flush();
  }
}

/** A port, what was written to it, and what became of it. */
class Life {
  readonly model = new Model();
  readonly receipts: SendReceipt[] = [];
  readonly promises: Promise<unknown>[] = [];
  readonly settled: PromiseSettledResult<unknown>[] = [];
  written = 0;
  /** Weight of what was written since somebody set this to 0: a receive buffer holds some hundred. */
  unread = 0;
  readonly #port: MulticastPort;
  readonly #to: { readonly address: string; readonly port: number };
  readonly #dice: Dice;

  constructor(port: MulticastPort, to: { readonly address: string; readonly port: number }, dice: Dice) {
    this.#port = port;
    this.#to = to;
    this.#dice = dice;
  }

  /** Does one thing, in the turn that runs. */
  step(): void {
    const dice = this.#dice;
    const port = this.#port;
    const acts: readonly (() => void)[] = [
      () => this.#write((data) => port.write(data, this.#to)),
      () => this.#write((data) => port.writeSequence([data.subarray(0, 2), data.subarray(2)], this.#to)),
      () => {
        for (let i = dice.roll(90); i > 0; i--) this.#write((data) => port.write(data, this.#to));
      },
      () => this.#write((data) => this.#keep(port.send(data, this.#to))),
      () =>
        this.#write((data) => {
          const receipt = port.post(data, this.#to);
          this.receipts.push(receipt);
          if (dice.roll(2) === 0) this.#keep(receipt.settled());
        }),
      () => this.#throwing(),
      () => {
        port.flush();
        this.model.flush();
      },
      () => {
        port.cork();
        this.model.cork();
      },
      () => {
        port.uncork();
        this.model.uncork();
      },
      () => {
        this.#keep(port.drained());
        this.model.flush();
      },
    ];
    dice.pick(acts)!();
  }

  #write(send: (data: Buffer) => unknown): void {
    const isLong = this.#dice.roll(40) === 0;
    const data = Buffer.alloc(4 + (isLong ? this.#dice.roll(60_000) : this.#dice.roll(3)));
    data.writeUInt32BE(this.written++);
    this.unread += isLong ? 60 : 1;
    const { dropped } = this.#port.statistics();
    this.model.makeRoom(data.length);
    send(data);
    if (this.#port.statistics().dropped === dropped) this.model.add(this.written - 1, data.length);
  }

  /** Calls that are refused, in the middle of others: they must change nothing. */
  #throwing(): void {
    const wrong: readonly (() => unknown)[] = [
      () => this.#port.write("x", { address: "nobody", port: 1 }),
      () => this.#port.post("x".repeat(70_000), this.#to),
      () => this.#port.writeSequence([Buffer.from("a"), "b" as unknown as Buffer], this.#to),
      () => this.#port.write({} as string, this.#to),
    ];
    expect(this.#dice.pick(wrong)!).toThrow(expect.objectContaining({ code: expect.stringMatching(/^ERR_/) }));
  }

  #keep(promise: Promise<unknown>): void {
    this.promises.push(promise);
    promise.then(
      (value) => this.settled.push({ status: "fulfilled", value }),
      (reason: unknown) => this.settled.push({ status: "rejected", reason }),
    );
  }
}

const CALLS_AFTER_THE_END: Readonly<Record<string, (port: MulticastPort) => unknown>> = {
  write: (port) => port.write("x", TO),
  post: (port) => port.post("x", TO),
  send: (port) => port.send("x", TO),
  flush: (port) => port.flush(),
  cork: (port) => port.cork(),
  uncork: (port) => port.uncork(),
  drained: (port) => port.drained(),
};

async function expectClosed(port: MulticastPort): Promise<void> {
  for (const [name, call] of Object.entries(CALLS_AFTER_THE_END)) {
    await expect((async () => call(port))(), name).rejects.toMatchObject({ code: "ERR_CLOSED" });
  }
  port.stopNow();
  await port.stopListening();
}

class Numbers extends DatagramProtocol {
  readonly got: number[] = [];

  override datagramReceived(data: Buffer): void {
    this.got.push(data.readUInt32BE());
  }
}

async function liveWhereAllIsTaken(reactor: Reactor, dice: Dice, turn: () => Promise<unknown>): Promise<void> {
  const numbers = new Numbers();
  const options = { interface: "127.0.0.1", receiveBufferBytes: 8_000_000, sendBufferBytes: 8_000_000 };
  const sink = reactor.listenUDP(0, numbers, options);
  const port = reactor.listenUDP(0, {}, options) as MulticastPort;
  const life = new Life(port, sink.getHost(), dice);
  for (let step = 0; step < STEPS; step++) {
    life.step();
    const { sent, queued } = port.statistics();
    expect({ step, sent, queued }).toEqual({ step, sent: life.model.sent, queued: life.model.held.length });
    if (dice.roll(3) > 0 && life.unread < 120) continue;
    life.unread = 0;
    await turn();
    life.model.turn();
    expect({ step, sent: port.statistics().sent }).toEqual({ step, sent: life.model.sent });
  }
  if (dice.roll(2) === 0) port.stopNow();
  else void port.stopListening();
  expect(port.statistics()).toMatchObject({ sent: life.written, queued: 0, dropped: 0, sendFailed: 0 });
  await expectClosed(port);
  await turn();
  await until("all datagrams arrive", () => numbers.got.length === life.written);
  expect(numbers.got).toEqual(Array.from({ length: life.written }, (_, number) => number));
  await until("all promises settle", () => life.settled.length === life.promises.length);
  expect(life.settled.filter(({ status }) => status === "rejected")).toEqual([]);
  expect(life.receipts.filter(({ outcome }) => outcome !== "taken")).toEqual([]);
  await sink.stopListening();
}

describe.for([...BACKENDS, "memory"] as const)("on %s, where the network takes everything,", (name) => {
  test("each call has sent what it promises when it returns, and nothing else; all of it arrives, in order", async (context) => {
    if (name !== "memory") await skipUnless(context, canLoad(name));
    const strays = strayFailures();
    const network = new MemoryNetwork();
    const where = name === "memory" ? { backend: network.host("a"), clock: network.clock } : { backend: chooseBackend(name) };
    const turn = (): Promise<unknown> => (name === "memory" ? network.clock.advance(5) : new Promise((resolve) => setImmediate(resolve)));
    await using reactor = new Reactor({ ...where, logger: SILENT });
    const dice = new Dice(771_200);
    for (let round = 0; round < LIVES; round++) await liveWhereAllIsTaken(reactor, dice, turn);
    expect(strays).toEqual([]);
  });
});

test("where the network takes some, none or refuses, nothing is lost, overtakes, leaves while held back, or waits for ever", async () => {
  const strays = strayFailures();
  const dice = new Dice(771_201);
  let waited = 0;
  for (let round = 0; round < 5 * LIVES; round++) waited += await liveOnFakeSocket(dice);
  expect(waited).toBeGreaterThan(LIVES);
  expect(strays).toEqual([]);
});

/** Lives on a socket that takes some datagrams, none, or refuses. @returns How often datagrams waited that were not held back. */
async function liveOnFakeSocket(dice: Dice): Promise<number> {
  const { reactor, backend, errors } = fakeReactor();
  const port = reactor.listenUDP(0, {}) as MulticastPort;
  const socket = backend.last;
  const events = { sendFailed: 0, dropped: 0 };
  let hasEnded = false;
  let waited = 0;
  port.on("sendFailed", () => events.sendFailed++);
  port.on("dropped", () => events.dropped++);
  const life = new Life(port, TO, dice);
  // In listeners, too: whatever they do, the rules hold.
  port.on("drain", () => void (hasEnded || life.step()));
  port.on("dropped", () => void (hasEnded || dice.roll(20) > 0 || life.step()));
  for (let step = 0; step < STEPS; step++) {
    if (dice.roll(4) === 0) socket.sendOutcomes.push(dice.pick([EAGAIN, EAGAIN, EAGAIN, EPERM, 1 + dice.roll(70)])!);
    life.step();
    if (dice.roll(6) === 0) {
      life.model.turn(); // the burst follows the backlog, if it is not kept
      socket.becomeWritable();
    }
    expectHeldBack(life, numbersOf(socket.sent));
    if (dice.roll(3) > 0) continue;
    await new Promise(setImmediate);
    life.model.turn();
    expectHeldBack(life, numbersOf(socket.sent));
    if (port.statistics().queued > life.model.held.length) waited++;
  }
  socket.sendOutcomes.push(...dice.pick([[], [EAGAIN], [1, EAGAIN], [EPERM, EAGAIN]])!);
  hasEnded = true;
  port.stopNow();
  await expectClosed(port);
  await new Promise(setImmediate);
  expectAllCounted(life, port.statistics(), numbersOf(socket.sent));
  expect(events.dropped).toBeLessThanOrEqual(port.statistics().dropped);
  expect(events.sendFailed).toBeLessThanOrEqual(port.statistics().sendFailed);
  expect(errors).toEqual([]);
  await reactor.stop();
  return waited;
}

function expectAllCounted(life: Life, statistics: PortStatistics, numbers: readonly number[]): void {
  assertSendsCounted(statistics, life.written);
  expect(statistics.queued).toBe(0);
  expect(life.settled).toHaveLength(life.promises.length);
  expect(life.receipts.filter(({ outcome }) => outcome === "waiting")).toEqual([]);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(numbers).toHaveLength(statistics.sent);
}

function numbersOf(sent: readonly { readonly bytes: Buffer }[]): number[] {
  return sent.map(({ bytes }) => bytes.readUInt32BE());
}

function expectHeldBack({ model }: Life, sent: readonly number[]): void {
  const [first] = model.held;
  if (first !== undefined) expect(sent.filter((number) => number >= first)).toEqual([]);
}

describe.for(BACKENDS)("on %s, with a full send buffer,", (backend) => {
  test("drained() waits, a cork holds, and stopNow() counts each datagram that it gives up", async (context) => {
    const needed = [isRoot, hasCommand("tc", "iproute2"), hasCommand("taskset", "util-linux"), canMakeNamespaces];
    await skipUnless(context, canLoad(backend), ...needed);
    const slowDown = "ip link set lo up && tc qdisc add dev lo root tbf rate 8mbit burst 4kb limit 200kb";
    const firstProcessor = "sed -n 's/^Cpus_allowed_list:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/self/status";
    const setUp = `${slowDown} && exec taskset --cpu-list "$(${firstProcessor})" "$@"`;
    const outcome = await runAttack("stopped-full.ts", [backend], { under: ["unshare", "--net", "sh", "-c", setUp, "sh"] });
    expect(outcome).toMatchObject({
      strays: [],
      heldWhileCorked: 1,
      rejected: ["ERR_CLOSED"],
      isOnOrder: true,
      hasWaited: true,
      hasDropped: true,
      uncounted: 0,
      missing: 0,
    });
  });
});
