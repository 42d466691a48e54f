// Ends of a sealed channel without a network, on a time of day of the test's own.
import { createHash } from "node:crypto";
import type { SealOptions, WornKey } from "@groupcast/channels";
import { zeroChannelCounters } from "../../../packages/channels/src/channel/channel-message.js";
import { SealedChannel } from "../../../packages/channels/src/seal/channel-seal.js";
import { resolveSeal } from "../../../packages/channels/src/seal/seal-options.js";
import type { UnsealedPacket } from "../../../packages/channels/src/seal/unsealer.js";

/** Keys that look random and are the same in every run. */
export const KEYS = { 1: keyFrom("one"), 2: keyFrom("two"), 3: keyFrom("three") } as const;

/** 32 bytes that follow from a word. */
export function keyFrom(word: string): Buffer {
  return createHash("sha256").update(word).digest();
}

/** Time of day that passes when a test says so. */
export class TestTime {
  ms = 1_800_000_000_000;
  readonly now = (): number => this.ms;
}

/** One end of a sealed channel: it seals, and opens what others sealed. */
export class SealedEnd {
  readonly counters = zeroChannelCounters();
  readonly worn: WornKey[] = [];
  readonly seal: SealedChannel;

  constructor(options: Partial<SealOptions> = {}, channel = "c") {
    const resolved = resolveSeal("channel", { keys: { 1: KEYS[1] }, current: 1, ...options });
    this.seal = new SealedChannel(channel, resolved, this.counters, (worn) => this.worn.push(worn));
  }

  /** Seals texts. */
  packets(...texts: string[]): Buffer[] {
    return texts.map((text) => this.seal.seal(Buffer.from(text)));
  }

  /** Seals one text. */
  packet(text = "text"): Buffer {
    return this.packets(text)[0]!;
  }

  open(packet: Buffer): UnsealedPacket | undefined {
    return this.seal.unseal(packet);
  }

  /** Opens packets, and returns the texts of those that were not refused. */
  texts(...packets: readonly Buffer[]): string[] {
    return packets.flatMap((packet) => this.open(packet)?.payload.toString() ?? []);
  }
}
