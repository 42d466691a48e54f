// Channels that random programs open, use, pause and close, and other nodes that contradict themselves.
import { encodeHeartbeat, HEARTBEAT_CHANNEL, type PeerChange } from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { hasNatsServer } from "../support/channels/nats-server.js";
import { TappedHubs } from "../support/channels/tapped-hubs.js";
import { WORLDS, whenReceiving } from "../support/channels/worlds.js";
import { hasMulticastLoopback, skipUnless } from "../support/probe.js";
import { strayFailures } from "./support/attacked.js";
import { Dice } from "./support/dice.js";
import { type MessageSize, RandomLife } from "./support/random-life.js";

const TURNS = 30;
const STEPS = 30; // of each node, a turn

const NEEDS = { memory: [], udp: [hasMulticastLoopback], nats: [hasNatsServer] } as const;

/** Runs a random program on two nodes, and audits it after each turn and at its end. */
async function liveRandomly(kind: keyof typeof WORLDS, seed: number, size: MessageSize): Promise<readonly RandomLife[]> {
  await using world = WORLDS[kind]();
  const nodes = [await world.node("a"), await world.node("b")];
  const lives = nodes.map((node, index) => new RandomLife(node, new Dice(seed * 1000 + index), size));
  for (let turn = 1; turn <= TURNS; turn++) {
    for (let step = 0; step < STEPS; step++) for (const life of lives) life.step();
    for (const { transport } of nodes) await whenReceiving(world, transport);
    for (const life of lives) life.audit(turn); // each turn had an echo
  }
  for (const life of lives) await life.end(TURNS);
  return lives;
}

describe.for(["memory", "udp", "nats"] as const)("on %s", (kind) => {
  test.for([1, 2])("a random program leaves every message in one counter, and nothing behind, seed %i", async (seed, context) => {
    await skipUnless(context, ...NEEDS[kind]);
    const strays = strayFailures();
    for (const { calls, count } of await liveRandomly(kind, seed, "packet")) expect(Math.min(calls / 10, count)).toBeGreaterThan(10);
    expect(strays).toEqual([]);
  });
});

// Not on UDP, where such bursts fill receive buffers, and the echo that ends a turn gets lost, too.
test.for(["memory", "nats"] as const)("a random program leaves no half of a long message behind, on %s", async (kind, context) => {
  await skipUnless(context, ...NEEDS[kind]);
  const strays = strayFailures();
  for (const { calls, count } of await liveRandomly(kind, 0, "fragments")) expect(Math.min(calls / 2, count)).toBeGreaterThan(10);
  expect(strays).toEqual([]);
});

const CHANNELS = ["c", "__proto__", "constructor", "toString", "a/__proto__"];
const ROLES = ["publisher", "subscriber"] as const;

/** A node under random heartbeats of six others, who contradict themselves. */
class Gossip {
  readonly hubs = new TappedHubs();
  readonly node = this.hubs.node("target", this.hubs.far.transport(), { heartbeatMs: 1000 });
  readonly faults: string[] = [];
  readonly present = new Set<string>(); // as the events say
  readonly #dice = new Dice(7);
  events = 0;

  constructor() {
    for (const name of CHANNELS) for (const role of ROLES) this.node.channel(name).on(role, (change) => this.#changed(name, role, change));
  }

  heartbeat(): Promise<void> {
    const dice = this.#dice;
    const channels = [...CHANNELS, "other"]
      .filter(() => dice.roll(2) === 0)
      .map((name) => ({ name, isPublished: dice.roll(2) === 0, isSubscribed: dice.roll(2) === 0 }));
    const session = dice.roll(7) === 0 ? this.node.session : `${dice.roll(6)}`.padStart(16, "0");
    const [revision, isLeaving] = [dice.roll(3), dice.roll(15) === 0];
    const totalChannels = dice.roll(3) > 0 ? channels.length : dice.roll(8);
    const beat = { session, name: "__proto__", periodMs: 10 ** dice.roll(4), revision, totalChannels, channels, isLeaving };
    this.hubs.give({
      channel: HEARTBEAT_CHANNEL,
      source: { id: "x" },
      sequence: undefined,
      isRelayed: false,
      payload: encodeHeartbeat(beat),
    });
    return this.hubs.pass(dice.roll(60));
  }

  /** Users of the channels, by the lists. */
  get listed(): Set<string> {
    const users = this.node.channels.flatMap(({ name, publishers, subscribers }) =>
      [publishers, subscribers].flatMap((nodes, index) => nodes.map(({ session }) => `${name} ${ROLES[index]} ${session}`)),
    );
    return new Set(users);
  }

  #changed(name: string, role: string, { change, node, reason }: PeerChange): void {
    this.events++;
    const user = `${name} ${role} ${node.session}`;
    const isThere = change === "appeared";
    if (this.present.has(user) === isThere || this.listed.has(user) !== isThere) this.faults.push(`${user} ${change} ${reason}`);
    if (isThere === (reason !== undefined)) this.faults.push(`${user} ${change} for ${reason}`);
    if (isThere) this.present.add(user);
    else this.present.delete(user);
  }
}

test("nodes that flap, leave, fall silent and contradict themselves: events and lists agree, each change comes once", async () => {
  const gossip = new Gossip();
  for (let i = 0; i < 3000; i++) {
    await gossip.heartbeat();
    expect(gossip.listed).toEqual(gossip.present);
  }
  expect([gossip.faults, gossip.events > 1000, gossip.hubs.site.log.errors]).toEqual([[], true, []]);
  expect(gossip.node.nodes.some(({ session }) => session === gossip.node.session)).toBe(false);
  await gossip.hubs.pass(10_000);
  expect([gossip.present.size, gossip.listed.size, gossip.node.nodes.length]).toEqual([0, 0, 0]);
});
