// What a program reads from batches, compared with what a simple reader finds, on each backend: runs, numbers, wrong places, batches that
// are kept, and batches that the port makes itself, because it leaves datagrams out or has held them.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { chooseBackend, type DatagramBatch, DatagramProtocol, Reactor, type SocketAddress } from "groupcast";
import { describe, expect, test } from "vitest";
import { BACKENDS, type BackendName, canLoad } from "../support/backends.js";
import { type Probe, skipUnless } from "../support/probe.js";
import { Dice } from "./support/dice.js";
import { SILENT } from "./support/silent.js";
import { until } from "./support/until.js";

const ADDRESS = "127.0.0.1";
const GROUP = "239.255.77.9";
const ROUNDS = 12;
const DATAGRAMS = 90; // of each sender, each round: more than a burst
const BATCHES_PER_REFUSALS = 16; // every batch would take a minute: each refusal makes an error
const LENGTHS_BYTES = [0, 1, 3, 4, 5, 7, 8, 9, 20, 20, 20, 21, 300, 1400];

/** Indices and places that no batch has, with the code of the refusal. */
const WRONG: readonly (readonly [value: unknown, code: string])[] = [
  ...[-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 32, -(2 ** 31), Number.MAX_SAFE_INTEGER, -Number.MIN_VALUE].map(
    (value) => [value, "ERR_ARGUMENT_RANGE"] as const,
  ),
  ...[null, "0", "length", "__proto__", [0], {}, true, 0n, Symbol("0"), { valueOf: () => 0 }, () => 0].map(
    (value) => [value, "ERR_ARGUMENT_TYPE"] as const,
  ),
];

type Name = BackendName | "memory";

/** Where datagrams are sent and read. */
interface Stage extends AsyncDisposable {
  readonly reactor: Reactor;
  /** Lets what was sent arrive. */
  settle(): Promise<void>;
}

function stageOn(name: Name): Stage {
  const network = new MemoryNetwork();
  const where = name === "memory" ? { backend: network.host("a"), clock: network.clock } : { backend: chooseBackend(name) };
  const reactor = new Reactor({ ...where, logger: SILENT });
  const settle = (): Promise<void> => (name === "memory" ? network.clock.advance(10) : new Promise((resolve) => setImmediate(resolve)));
  return { reactor, settle, [Symbol.asyncDispose]: () => reactor.stop() };
}

const canUse = (name: Name): readonly Probe[] => (name === "memory" ? [] : [canLoad(name)]);

/** What a simple reader makes of a datagram. */
interface Plain {
  readonly bytes: Buffer;
  readonly from: SocketAddress;
}

const plainOf = (batch: DatagramBatch): Plain[] =>
  Array.from({ length: batch.length }, (_, index) => ({ bytes: Buffer.from(batch.view(index)), from: batch.from(index) }));

function plainRunEnd(plain: readonly Plain[], first: number, prefixBytes: number, leastBytes: number): number {
  const { bytes, from } = plain[first]!;
  const isOf = (other: Plain): boolean =>
    other.from.address === from.address &&
    other.from.port === from.port &&
    other.bytes.length >= leastBytes &&
    other.bytes.subarray(0, prefixBytes).equals(bytes.subarray(0, prefixBytes));
  const end = plain.findIndex((other, index) => index > first && !isOf(other));
  return end === -1 ? plain.length : end;
}

/** Reads each datagram of a batch in every way, and notes where an answer is not that of the simple reader. */
class Reader {
  readonly wrong: string[] = [];
  longestRun = 0;
  arrived = 0;
  readonly #dice: Dice;
  readonly #kept: DatagramBatch[] = [];
  #batches = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  readonly read = (batch: DatagramBatch): void => {
    const plain = plainOf(batch);
    this.arrived += plain.length;
    for (const [index, { bytes }] of plain.entries()) {
      this.#readRuns(batch, plain, index);
      this.#readWords(batch, index, bytes);
      this.#compare(`copy(${index})`, batch.copy(index).toString("hex"), bytes.toString("hex"));
    }
    if (this.#batches++ % BATCHES_PER_REFUSALS > 0) return;
    const somewhere = this.#dice.roll(plain.length);
    this.#refuseIndices(batch);
    this.#refusePlaces(batch, somewhere, plain[somewhere]!.bytes.length);
    this.#kept.push(batch);
  };

  /** The calls that had the batches have returned. */
  lookAtKept(): void {
    for (const batch of this.#kept.splice(0)) {
      this.#compare("length of a batch after its call", batch.length, 0);
      this.#refuseIndices(batch);
    }
  }

  #readRuns(batch: DatagramBatch, plain: readonly Plain[], first: number): void {
    const { length } = plain[first]!.bytes;
    const prefixes = [0, length, Math.min(4, length), this.#dice.roll(length + 1)];
    for (const prefix of prefixes) {
      const least = prefix + this.#dice.roll(length - prefix + 1);
      const end = batch.runEnd(first, prefix, least);
      this.#compare(`runEnd(${first}, ${prefix}, ${least})`, end, plainRunEnd(plain, first, prefix, least));
      this.#compare(`runEnd(${first}, ${prefix})`, batch.runEnd(first, prefix), plainRunEnd(plain, first, prefix, prefix));
      this.longestRun = Math.max(this.longestRun, end - first);
    }
  }

  #readWords(batch: DatagramBatch, index: number, bytes: Buffer): void {
    const last = bytes.length - 4;
    for (let offset = 0; offset <= last; offset = offset === last ? offset + 1 : Math.min(last, offset + 1 + this.#dice.roll(40))) {
      this.#compare(`uint32(${index}, ${offset})`, batch.uint32(index, offset), bytes.readUInt32BE(offset));
    }
  }

  #refuseIndices(batch: DatagramBatch): void {
    for (const [value, code] of [...WRONG, [batch.length, "ERR_ARGUMENT_RANGE"] as const]) {
      const wrong = value as number;
      for (const call of [
        () => batch.lengthBytes(wrong),
        () => batch.view(wrong),
        () => batch.copy(wrong),
        () => batch.runEnd(wrong, 0),
        () => batch.uint32(wrong, 0),
        () => batch.from(wrong),
        () => batch.truncated(wrong),
        () => batch.arrival(wrong),
        () => batch.destination(wrong),
        () => batch.interfaceIndex(wrong),
      ]) {
        this.#compare(`${call} with ${String(value)}`, codeOf(call), code);
      }
    }
  }

  #refusePlaces(batch: DatagramBatch, index: number, length: number): void {
    const beyond = length + 1;
    const wrongOnes = [...WRONG, [beyond, "ERR_ARGUMENT_RANGE"] as const];
    for (const [value, code] of wrongOnes) {
      const wrong = value as number;
      for (const call of [
        () => batch.copy(index, wrong),
        () => batch.runEnd(index, wrong),
        () => batch.runEnd(index, 0, wrong),
        () => batch.uint32(index, wrong),
      ]) {
        this.#compare(`${call} with ${String(value)} of ${length} bytes`, codeOf(call), code);
      }
    }
    const noWord = codeOf(() => batch.uint32(index, Math.max(0, length - 3)));
    this.#compare("a word that is not all there", noWord, "ERR_ARGUMENT_RANGE");
    if (length === 0) return;
    const least = codeOf(() => batch.runEnd(index, length, length - 1));
    this.#compare("a least length below the prefix", least, "ERR_ARGUMENT_RANGE");
  }

  #compare(what: string, got: unknown, expected: unknown): void {
    if (got !== expected && this.wrong.length < 20) this.wrong.push(`${what}: ${String(got)} instead of ${String(expected)}`);
  }
}

function codeOf(call: () => unknown): unknown {
  try {
    return `returned ${String(call())}`;
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error);
  }
}

/** Payloads of a few beginnings, so that there are runs, of equal lengths in a row, so that there are GSO runs. */
function payloads(dice: Dice): Buffer[] {
  const made: Buffer[] = [];
  while (made.length < DATAGRAMS) {
    const length = dice.pick(LENGTHS_BYTES)!;
    const beginning = dice.roll(3);
    for (let i = 1 + dice.roll(30); i > 0 && made.length < DATAGRAMS; i--) {
      const payload = Buffer.alloc(length, dice.roll(2));
      payload.fill(beginning, 0, Math.min(length, 4 + dice.roll(2)));
      made.push(payload);
    }
  }
  return made;
}

describe.for(["native", "dgram", "memory"] as const)("batches on %s", (name) => {
  test("have the runs and numbers that a simple reader finds, refuse what they do not have, and are empty afterwards", async (context) => {
    await skipUnless(context, ...canUse(name));
    await using stage = stageOn(name);
    const dice = new Dice(771_123);
    const reader = new Reader(dice);
    const options = { interface: ADDRESS, receiveBufferBytes: 4_194_304 };
    const port = stage.reactor.listenUDP(0, { datagramsReceived: reader.read }, options);
    const senders = [0, 1].map(() => stage.reactor.listenUDP(0, {}, { interface: ADDRESS }));
    for (let round = 1; round <= ROUNDS; round++) {
      for (const sender of senders) for (const payload of payloads(dice)) sender.write(payload, port.getHost());
      await stage.settle();
      await until("all datagrams arrive", () => reader.arrived === round * senders.length * DATAGRAMS);
      reader.lookAtKept();
    }
    expect(reader.wrong).toEqual([]);
    expect(reader.longestRun).toBeGreaterThan(name === "dgram" ? 0 : 8);
  });
});

describe.for(["native", "memory"] as const)("batches on %s that leave datagrams out", (name) => {
  test("have runs and numbers of the others alone, and are empty afterwards", async (context) => {
    await skipUnless(context, ...canUse(name));
    await using stage = stageOn(name);
    const dice = new Dice(771_124);
    const reader = new Reader(dice);
    const options = { multicastOnly: true, receiveBufferBytes: 4_194_304 };
    const port = stage.reactor.listenMulticast(0, { datagramsReceived: reader.read }, options);
    const at = name === "memory" ? "eth0" : "lo";
    port.joinGroup(GROUP, at);
    const sender = stage.reactor.listenMulticast(0, {});
    sender.setOutgoingInterface(at);
    const host = addressOf(stage.reactor, at);
    let toGroup = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const written = payloads(dice).map((payload) => ({ payload, address: dice.roll(4) > 0 ? GROUP : host }));
      for (const { payload, address } of written) sender.write(payload, { address, port: port.getHost().port });
      toGroup += written.filter(({ address }) => address === GROUP).length;
      await stage.settle();
      const toHost = round * DATAGRAMS - toGroup;
      await until("all datagrams arrive", () => reader.arrived === toGroup && port.statistics().foreign === toHost);
      reader.lookAtKept();
    }
    expect(reader.wrong).toEqual([]);
    expect(reader.longestRun).toBeGreaterThan(2);
  });
});

function addressOf({ network }: Reactor, name: string): string {
  const { addresses } = network.interfaces().find((each) => each.name === name)!;
  return addresses.find(({ family }) => family === 4)!.address;
}

describe.for(["native", "memory"] as const)("batches on %s that a port held while it was paused", (name) => {
  test("have the same runs and numbers, and are empty afterwards", async (context) => {
    await skipUnless(context, ...canUse(name));
    await using stage = stageOn(name);
    const dice = new Dice(771_125);
    const reader = new Reader(dice);
    let paused = 0;
    class Pausing extends DatagramProtocol {
      override datagramReceived(): void {
        paused++;
        this.transport.pauseReading();
        this.datagramsReceived = reader.read;
      }
    }
    const protocol = new Pausing();
    const port = stage.reactor.listenUDP(0, protocol, { interface: ADDRESS, receiveBufferBytes: 4_194_304 });
    const sender = stage.reactor.listenUDP(0, {}, { interface: ADDRESS });
    for (let round = 1; round <= ROUNDS; round++) {
      delete protocol.datagramsReceived;
      for (const payload of payloads(dice)) sender.write(payload, port.getHost());
      await stage.settle();
      await until("the first one arrives", () => paused === round);
      port.resumeReading();
      await stage.settle();
      await until("all datagrams arrive", () => paused + reader.arrived === round * DATAGRAMS);
      reader.lookAtKept();
    }
    expect(reader.wrong).toEqual([]);
    expect(reader.longestRun).toBeGreaterThan(8);
  });
});

describe.for([...BACKENDS, "memory"] as const)("a batch on %s whose memory the program transfers", (name) => {
  test("shows the same bytes as before, or ERR_BATCH_DETACHED, and the next batch is whole", async (context) => {
    await skipUnless(context, ...canUse(name));
    await using stage = stageOn(name);
    const texts: string[] = [];
    const wrong: unknown[] = [];
    const receive = (batch: DatagramBatch): void => {
      const plain = plainOf(batch);
      texts.push(...plain.map(({ bytes }) => bytes.toString()));
      if (texts.at(-1) !== "whole") wrong.push(...wrongAfterTransfer(batch, plain));
    };
    const port = stage.reactor.listenUDP(0, { datagramsReceived: receive }, { interface: ADDRESS });
    for (let round = 1; round <= 5; round++) {
      for (const text of ["gone one", "gone two"]) port.write(text, port.getHost());
      await stage.settle();
      await until("they arrive", () => texts.length === 3 * round - 1);
      port.write("whole", port.getHost());
      await stage.settle();
      await until("the next arrives", () => texts.length === 3 * round);
    }
    expect(wrong).toEqual([]);
    expect(texts.filter((text) => text === "whole")).toHaveLength(5);
  });
});

/** Transfers the memory of each datagram, and returns what is then neither its bytes nor the refusal. */
function wrongAfterTransfer(batch: DatagramBatch, plain: readonly Plain[]): unknown[] {
  for (const view of plain.map((_, index) => batch.view(index))) {
    try {
      structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
    } catch {} // it is protected, or gone already
  }
  return plain.flatMap(({ bytes }, index) => {
    const isGone = codeOf(() => batch.view(index)) === "ERR_BATCH_DETACHED";
    const expected = (answer: unknown): unknown => (isGone ? "ERR_BATCH_DETACHED" : `returned ${String(answer)}`);
    const answers = [
      [codeOf(() => batch.lengthBytes(index)), `returned ${bytes.length}`],
      [codeOf(() => batch.view(index)), expected(bytes)],
      [codeOf(() => batch.copy(index, 1)), expected(bytes.subarray(1))],
      [codeOf(() => batch.uint32(index, 0)), expected(bytes.readUInt32BE())],
      [codeOf(() => batch.runEnd(index, 2)), expected(plainRunEnd(plain, index, 2, 2))],
    ];
    return answers.filter(([got, wanted]) => got !== wanted);
  });
}
