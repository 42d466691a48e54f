// Channels that random programs open, use, pause and close, and what is left of them.
import { describe, expect, test } from "vitest";
import { hasNatsServer } from "../support/channels/nats-server.js";
import { WORLDS, type World, whenReceiving } from "../support/channels/worlds.js";
import { hasMulticastLoopback, skipUnless } from "../support/probe.js";
import { strayFailures } from "./support/attacked.js";
import { Dice } from "./support/dice.js";
import { RandomLife } from "./support/random-life.js";

const SEEDS = [1, 2];
const TURNS = 30;
const STEPS = 30; // of each node, a turn

const NEEDS = { memory: [], udp: [hasMulticastLoopback], nats: [hasNatsServer] } as const;

describe.for(["memory", "udp", "nats"] as const)("on %s", (kind) => {
  test.for(SEEDS)("a random program leaves every message in one counter, and nothing behind, seed %i", async (seed, context) => {
    await skipUnless(context, ...NEEDS[kind]);
    const strays = strayFailures();
    await using world = WORLDS[kind]();
    const nodes = [await world.node("a"), await world.node("b")];
    const lives = nodes.map((node, index) => new RandomLife(node, new Dice(seed * 1000 + index)));
    for (let turn = 1; turn <= TURNS; turn++) {
      await live(world, lives);
      for (const life of lives) life.audit(turn); // each turn had an echo
    }
    for (const life of lives) await life.end(TURNS);
    expect(lives.every(({ calls, count }) => calls > 100 && count > 10)).toBe(true);
    expect(strays).toEqual([]);
  });
});

/** Does some things on each node, and waits until all of it has come. */
async function live(world: World, lives: readonly RandomLife[]): Promise<void> {
  for (let step = 0; step < STEPS; step++) for (const life of lives) life.step();
  for (const { transport } of lives) await whenReceiving(world, transport);
}
