// A random program on one node: it opens, uses, pauses and closes channels from everywhere, and keeps books that have to agree with the
// counters.
import assert from "node:assert/strict";
import type { Channel, ChannelNode, ChannelOptions, MessageStream, Subscription } from "@groupcast/channels";
import { KEYS } from "../../support/channels/sealed-pair.js";
import type { Dice } from "./dice.js";

const NAMES = ["robot/pose", "__proto__", "constructor/prototype", "c"];
const LATEST = 6;
const LONGEST_BYTES = { packet: 900, fragments: 120_000 }; // the former fit one packet, whatever is added
const KINDS: readonly ChannelOptions[] = [
  {},
  { deadlineMs: 5 },
  { seal: { keys: { 1: KEYS[1] }, current: 1 } },
  { seal: { keys: { 1: KEYS[2] }, current: 1 }, deadlineMs: 1 },
  { codec: { name: "moody", encode: (value: Uint8Array) => value, decode: decodeMoodily } },
];

const FRAGMENTED = KINDS.map((options) => ({ ...options, fragment: true }));

function decodeMoodily(bytes: Buffer): Buffer {
  if (bytes[0] === 0) throw new Error("refused");
  return bytes;
}

/** Whether each message is a packet, or most are split. */
export type MessageSize = keyof typeof LONGEST_BYTES;

/** A subscription or a loop, and what it has got of what its channel received. */
class Reader {
  readonly channel: Channel;
  readonly connection: Subscription | MessageStream<Buffer>;
  readonly #before: number;
  #after: number | undefined; // once it has ended
  #slack = 0; // of what was being delivered when another reader ended it
  #isLeft = false; // a loop that is left has forgotten what waited
  got = 0;

  constructor(channel: Channel, connect: (reader: Reader) => Subscription | MessageStream<Buffer>) {
    this.channel = channel;
    this.#before = channel.statistics().received;
    this.connection = connect(this);
  }

  /** Notes that it ends. @param isAside - Whether it ends while another reader is being called. */
  ends(isAside: boolean): void {
    if (this.#after !== undefined) return;
    this.#after = this.channel.statistics().received;
    this.#slack = isAside ? 1 : 0;
  }

  async leave(): Promise<void> {
    this.#isLeft = true;
    this.ends(false);
    if ("return" in this.connection) await this.connection.return();
  }

  /** Compares. @param isRead - Whether a loop has been read to its end. */
  audit(isRead: boolean): void {
    const { connection, channel } = this;
    const waiting = "waiting" in connection ? connection.waiting : isRead && !this.#isLeft ? 0 : undefined;
    const all = (this.#after ?? channel.statistics().received) - this.#before;
    const missing = all - this.got - (waiting ?? 0) - connection.dropped;
    const unknown = waiting === undefined ? missing : this.#slack; // a loop says not how many wait
    assert.ok(missing >= 0 && missing <= unknown, `${missing} messages for a reader of ${channel.name} are in no counter`);
  }
}

/** One life of a channel, and the books of it. */
interface Life {
  readonly channel: Channel;
  readonly readers: Reader[];
  published: number;
  refused: number;
}

export class RandomLife {
  readonly #node: ChannelNode;
  readonly #dice: Dice;
  readonly #size: MessageSize;
  readonly #lives: Life[] = [];
  readonly #pending: ((error?: Error) => void)[] = []; // calls of async subscribers
  readonly #announced: unknown[] = [];
  #calls = 0;

  constructor(node: ChannelNode, dice: Dice, size: MessageSize) {
    this.#node = node;
    this.#dice = dice;
    this.#size = size;
    node.on("error", () => {}).on("channelClosed", (channel) => this.#announced.push(channel));
  }

  /** Number of calls of subscribers so far. */
  get calls(): number {
    return this.#calls;
  }

  /** Number of lives of channels so far. */
  get count(): number {
    return this.#lives.length;
  }

  /** Does one thing; also from inside a subscriber. */
  step(current?: Reader): void {
    const lives = this.#lives.slice(-LATEST); // most of them open
    const readers = lives.flatMap((life) => life.readers.slice(-LATEST));
    const subscription = this.#dice.pick(readers.flatMap(({ connection }) => ("pause" in connection ? [connection] : [])));
    const deeds: (() => unknown)[] = [
      () => this.#publish(),
      () => this.#publish(),
      () => this.#publish(),
      () => this.#subscribe(),
      () => this.#loop(),
      () => this.#read(this.#dice.pick(readers)),
      () => subscription?.pause(),
      () => subscription?.resume(),
      () => this.#settle(),
      () => this.#dice.roll(4) === 0 && this.#close(this.#dice.pick(lives), current),
      () => this.#dice.roll(3) === 0 && this.#end(this.#dice.pick(readers), current),
    ];
    this.#dice.pick(deeds)!();
  }

  /**
   * Compares the books with the counters. To be called while nothing is being delivered.
   *
   * @param others - Number of packets that others received by the node's transport.
   */
  audit(others: number, isRead = false): void {
    for (const life of this.#lives) auditLife(life, isRead);
    const open = this.#lives.filter(({ channel }) => !channel.isClosed).map(({ channel }) => channel);
    assert.deepEqual(new Set(this.#node.channels), new Set(open));
    if (this.#size === "fragments") return; // a message is many packets
    const taken = this.#lives.reduce((sum, { channel }) => {
      const { received, undecodable, unopened, replayed, stale } = channel.statistics();
      return sum + received + undecodable + unopened + replayed + stale;
    }, 0);
    assert.equal(taken, this.#node.transport.statistics().received - others, "a packet is in no counter, or in two");
  }

  /** Ends everything, and compares once more. */
  async end(others: number): Promise<void> {
    for (const settle of this.#pending.splice(0)) settle();
    for (const life of this.#lives) this.#close(life, undefined);
    await Promise.all(this.#lives.map(({ channel }) => channel.close()));
    for (const reader of this.#lives.flatMap(({ readers }) => readers)) {
      if ("next" in reader.connection) for await (const _ of reader.connection) reader.got++;
    }
    this.audit(others, true);
    assert.deepEqual([new Set(this.#announced).size, this.#announced.length], [this.#lives.length, this.#lives.length]);
    const { sources, heldBytes, waitingBytes } = this.#node.statistics();
    assert.deepEqual([this.#node.channels.length, sources, heldBytes, waitingBytes], [0, 0, 0, 0]);
  }

  /** Returns a life of a channel that is open; when there is none of the name, one begins, with random options. */
  #life(): Life {
    const name = this.#dice.pick(NAMES)!;
    const known = this.#lives.find(({ channel }) => channel.name === name && !channel.isClosed);
    if (known !== undefined) return known;
    const channel = this.#node.channel(name, { ...this.#dice.pick(this.#size === "fragments" ? FRAGMENTED : KINDS) } as { codec: "bytes" });
    const life = { channel, readers: [], published: 0, refused: 0 };
    this.#lives.push(life);
    return life;
  }

  #publish(): void {
    const life = this.#life();
    const isTaken = life.channel.publish(Buffer.alloc(this.#dice.roll(LONGEST_BYTES[this.#size]), this.#dice.roll(4)));
    life[isTaken ? "published" : "refused"]++;
  }

  #subscribe(): void {
    const { channel, readers } = this.#life();
    const options = { capacity: this.#dice.roll(4), maxPending: 1 + this.#dice.roll(3) };
    readers.push(new Reader(channel, (reader) => channel.subscribe(() => this.#called(reader), options)));
  }

  #loop(): void {
    const { channel, readers } = this.#life();
    readers.push(new Reader(channel, () => channel.messages({ capacity: 1 + this.#dice.roll(4) }) as MessageStream<Buffer>));
  }

  #read(reader: Reader | undefined): void {
    if (reader === undefined || !("next" in reader.connection)) return;
    void reader.connection.next().then(({ done }) => {
      if (done !== true) reader.got++;
    });
  }

  /** A subscriber, in one of many moods. */
  #called(reader: Reader): void | Promise<void> {
    this.#calls++;
    reader.got++;
    const mood = this.#dice.roll(12);
    if (mood < 5) return undefined;
    if (mood === 5) throw new Error("thrown");
    if (mood < 8) return new Promise((resolve, reject) => this.#pending.push((error) => (error === undefined ? resolve() : reject(error))));
    return this.step(reader);
  }

  /** Ends the call of an async subscriber. */
  #settle(): void {
    const [settle] = this.#pending.splice(this.#dice.roll(this.#pending.length + 1), 1);
    settle?.(this.#dice.roll(2) === 0 ? undefined : new Error("rejected"));
  }

  #end(reader: Reader | undefined, current: Reader | undefined): void {
    if (reader === undefined) return;
    if ("next" in reader.connection) {
      if (current === undefined) void reader.leave(); // inside a delivery nobody knows whether it has the message
      return;
    }
    if (reader.connection.isActive) reader.ends(current !== undefined && current !== reader);
    reader.connection.unsubscribe();
  }

  #close(life: Life | undefined, current: Reader | undefined): void {
    if (life === undefined) return;
    for (const reader of life.readers) reader.ends(current !== undefined && current !== reader);
    void life.channel.close();
  }
}

function auditLife({ channel, readers, published, refused }: Life, isRead: boolean): void {
  const statistics = channel.statistics();
  assert.equal(statistics.published, published);
  // What waits behind a long message as the channel closes has been published, and is dropped.
  assert.ok(statistics.dropped === refused || (channel.isClosed && statistics.dropped >= refused));
  for (const reader of readers) reader.audit(isRead);
  const discarded = readers.reduce((sum, { connection }) => sum + connection.dropped, 0);
  assert.equal(statistics.discarded, discarded, "the channel's sum is not that of its readers");
}
