// One run of a program on a network in memory: what it said, and what happened to each datagram.
import { Reactor } from "@groupcast/reactor";
import { DrawnNetwork } from "./drawn-network.mjs";

const AFTERWARDS_MS = 1000; // of the network's time, for what is under way when the program has ended

/** @typedef {(scene: Scene) => void | Promise<void>} Program */

export class Scene {
  /** @type {string[]} */
  said = [];
  /** @type {string | undefined} */
  error;

  /** @param {number} seed The same one gives the same losses. */
  constructor(seed) {
    this.network = new DrawnNetwork({ seed, trace: true });
  }

  /** @param {import("@groupcast/backend-memory").MemoryHost} host */
  reactorOn = (host) => new Reactor({ backend: host, clock: this.network.clock });

  /** @param {string} text */
  say = (text) => {
    this.said.push(text);
  };

  /** Runs a program and what it causes. What it throws is kept in `error`. @param {Program} program */
  async play(program) {
    try {
      await program(this);
      await this.network.clock.advance(AFTERWARDS_MS);
    } catch (error) {
      this.error = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
    return this;
  }

  /** What happened, a line each, as the trace has it. */
  get lines() {
    return String(this.network.trace).trimEnd().split("\n");
  }
}
