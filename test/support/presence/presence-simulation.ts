// How presence scales: nodes on a network in memory, some of them real, the others modelled. The same plan gives the same figures, but for
// CPU time.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { ModelledNode } from "./modelled-nodes.js";
import { type Costs, Observer } from "./observer.js";
import { seededRandom } from "./seeded-random.js";

/** What is simulated. */
export interface PresencePlan {
  readonly nodes: number;
  /** How many of them are real. */
  readonly observers: number;
  /** Time for which costs are counted, in milliseconds. */
  readonly steadyMs: number;
}

/** What came out, in milliseconds and bytes. */
export interface PresenceFigures extends Omit<Costs, "questions"> {
  readonly nodes: number;
  readonly observers: number;
  /** Period that a modelled node announces in the end. */
  readonly periodMs: number;
  /** From the start of the last node until every observer knows all nodes, and all channels. */
  readonly allKnownMs: number;
  /** From the start of a further node until it knows all nodes, and until it knows all channels. */
  readonly newcomerNodesMs: number;
  readonly newcomerChannelsMs: number;
  /** From a crash until all observers know: of {@link CRASHES} crashes the median, and the longest. */
  readonly crashMedianMs: number;
  readonly crashMostMs: number;
  /** Most bytes in one second while all nodes start. */
  readonly startBytes: number;
}

/** Number of channels of each node. */
export const CHANNELS = 10;

/** Time in which all nodes start. */
export const START_MS = 10_000;

const CRASHES = 5;
const DELAY_MS = 1;
const SEED = 40;
const LIMIT_MS = 3_600_000;
const STEP_MS = 100;
const SETTLE_MS = 120_000;

class Simulation {
  readonly #network = new MemoryNetwork({ seed: SEED, subnets: ["10.0.0.0/16", "fd00::/64"], link: { delayMs: DELAY_MS } });
  readonly #plan: PresencePlan;
  readonly #observers: Observer[] = [];
  readonly #modelled: ModelledNode[] = [];

  constructor(plan: PresencePlan) {
    this.#plan = plan;
  }

  async run(): Promise<PresenceFigures> {
    const { nodes, observers, steadyMs } = this.#plan;
    await this.#start();
    const allKnownMs = await this.#until(() => this.#observers.every((observer) => knowsAll(observer, nodes - 1)));
    const startBytes = Math.max(...this.#observers.map(({ costs }) => costs.mostBytesInASecond));
    await this.#clock.advance(SETTLE_MS);
    for (const observer of this.#observers) observer.begin();
    await this.#clock.advance(steadyMs);
    const { bytesPerSecond, mostBytesInASecond, cpuMsPerSecond } = this.#median();
    const { periodMs } = this.#modelled.at(-1)!;
    const crashes = await this.#crashes();
    return {
      nodes,
      observers,
      periodMs,
      allKnownMs,
      startBytes,
      ...{ bytesPerSecond, mostBytesInASecond, cpuMsPerSecond },
      crashMedianMs: crashes[Math.floor(crashes.length / 2)]!,
      crashMostMs: crashes.at(-1)!,
      ...(await this.#newcomer(nodes - CRASHES)),
    };
  }

  get #clock(): MemoryNetwork["clock"] {
    return this.#network.clock;
  }

  /** Starts all nodes in the course of some seconds, real ones at the beginning, at the end, and in between. */
  async #start(): Promise<void> {
    const { nodes, observers } = this.#plan;
    const first = this.#observe("real-0");
    first.node.on("node", ({ change }) => {
      if (change === "appeared") for (const node of this.#modelled) node.newcomer();
    });
    const known = (): number => first.known + 1;
    for (let i = observers; i < nodes; i++) {
      const node = new ModelledNode(this.#network, nameOf(i), channelsOf(nameOf(i)), known);
      this.#modelled.push(node);
      this.#clock.schedule(Math.random() * START_MS, () => node.start());
    }
    for (let i = 1; i < observers; i++) {
      await this.#clock.advance(START_MS / (observers - 1));
      this.#observe(`real-${i}`);
    }
  }

  #observe(name: string): Observer {
    const observer = new Observer(this.#network, name, channelsOf(name));
    this.#observers.push(observer);
    return observer;
  }

  /** Returns the time that passes until it is so. */
  async #until(isReached: () => boolean): Promise<number> {
    const begunMs = this.#clock.nowMs();
    while (!isReached()) {
      if (this.#clock.nowMs() - begunMs > LIMIT_MS) throw new Error("not reached within an hour");
      await this.#clock.advance(STEP_MS);
    }
    return this.#clock.nowMs() - begunMs;
  }

  #median(): Costs {
    const costs = this.#observers.map((observer) => observer.costs).sort((a, b) => a.cpuMsPerSecond - b.cpuMsPerSecond);
    return costs[Math.floor(costs.length / 2)]!;
  }

  /** Lets nodes crash, at random times, and returns how long it took until all observers knew, the shortest time first. */
  async #crashes(): Promise<number[]> {
    const victims = this.#modelled.slice(0, CRASHES);
    const waiting = new Map(victims.map(({ session }) => [session, { crashedMs: 0, left: this.#observers.length }]));
    const took: number[] = [];
    for (const { node } of this.#observers) {
      node.on("node", ({ change, node: { session } }) => {
        const crash = waiting.get(session);
        if (change === "gone" && crash !== undefined && --crash.left === 0) took.push(Math.round(this.#clock.nowMs() - crash.crashedMs));
      });
    }
    for (const victim of victims) {
      await this.#clock.advance(Math.random() * START_MS);
      waiting.get(victim.session)!.crashedMs = this.#clock.nowMs();
      victim.crash();
    }
    await this.#until(() => took.length === CRASHES);
    return took.sort((a, b) => a - b);
  }

  async #newcomer(others: number): Promise<{ newcomerNodesMs: number; newcomerChannelsMs: number }> {
    const newcomer = this.#observe("newcomer");
    const newcomerNodesMs = await this.#until(() => newcomer.known === others);
    return { newcomerNodesMs, newcomerChannelsMs: newcomerNodesMs + (await this.#until(() => knowsAll(newcomer, others))) };
  }
}

/** Runs a simulation. */
export async function simulatePresence(plan: PresencePlan): Promise<PresenceFigures> {
  const { random } = Math;
  Math.random = seededRandom(SEED);
  try {
    return await new Simulation(plan).run();
  } finally {
    Math.random = random;
  }
}

function knowsAll(observer: Observer, others: number): boolean {
  return observer.known === others && observer.knownChannels === others * CHANNELS;
}

/** Returns the name of a modelled node. */
export function nameOf(index: number): string {
  return `robot-${String(index).padStart(5, "0")}`;
}

/** Returns the names of the channels of a node. */
export function channelsOf(name: string): string[] {
  return Array.from({ length: CHANNELS }, (_, index) => `site/${name}/sensor-${index}`);
}
