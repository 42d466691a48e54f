// What passes an interface, as tcpdump(8) sees it: the witness of every promise about the wire.
import { Arrivals } from "./arrivals.js";
import { beaconText } from "./beacon.js";
import { InsideProcess } from "./inside-process.js";
import type { NetworkCard } from "./network-card.js";
import { describePacket, type Packet, readPacket } from "./packet.js";
import { describePattern, matches, type Pattern } from "./pattern.js";
import { PcapReader } from "./pcap-reader.js";
import type { Deadline } from "./program.js";
import { tcpdump } from "./tcpdump.js";
import { until } from "./until.js";

const KERNEL_BUFFER_KIB = 8192; // what a burst on two cores may leave unread for a moment
const READY_LINE = /listening on /;
const DROPPED_LINE = /(\d+) packets? dropped by (?:kernel|interface)/g;

/** What to capture. */
export interface CaptureOptions {
  /**
   * `in`: what has come through the cable; `out`: what this host sends into it. Default: `in`. On loopback everything is seen
   * once in each direction.
   */
  readonly direction?: "in" | "out";
}

/** A datagram that is sent after the one that must not be seen, the same way, and that must be seen. */
export interface Fence {
  /** Sends it. */
  send(): unknown;
  readonly pattern: Pattern<Packet>;
}

export class Capture implements AsyncDisposable {
  readonly #place: string;
  readonly #process: InsideProcess;
  readonly #reader = new PcapReader();
  readonly #packets = new Arrivals<Packet>(describePacket);
  readonly #beacons = new Set<string>();

  private constructor(at: NetworkCard, place: string, direction: "in" | "out") {
    this.#place = place;
    // -U: packet by packet; -Z: as root, as there is nothing to write that another user owns
    const output = ["-U", "--immediate-mode", "-B", String(KERNEL_BUFFER_KIB), "-Z", "root", "-n", "-w", "-"];
    this.#process = new InsideProcess(at.namespace, tcpdump(["-i", at.name, "-Q", direction, ...output]));
    this.#process.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
    void this.#process.closed.then((exit) => this.#packets.end(this.#process.describeExit(exit)));
  }

  /**
   * Starts to capture. Returns when a beacon through the cable has been captured: whatever is sent from then on is seen.
   *
   * The interface must be up.
   */
  static async start(at: NetworkCard, host: string, { direction = "in" }: CaptureOptions): Promise<Capture> {
    const capture = new Capture(at, `${host}/${at.name}`, direction);
    try {
      await until(() => READY_LINE.test(capture.#process.stderr) || capture.#process.hasEnded, {
        what: `${capture.#place} is listened to`,
      });
      await capture.#whenBeaconSeen(at, direction);
      return capture;
    } catch (error) {
      await capture.#process.stop();
      throw new Error(`Cannot capture at ${capture.#place}: ${capture.#process.stderr.trim()}`, { cause: error });
    }
  }

  /** Everything captured so far, in the order of capture, without the lab's own beacons. */
  get packets(): readonly Packet[] {
    return this.#packets.items;
  }

  /** Whether a beacon has been captured. */
  sawBeacon(text: string): boolean {
    return this.#beacons.has(text);
  }

  /** How many packets so far match. */
  count(pattern: Pattern<Packet>): number {
    return this.packets.filter((packet) => matches(packet, pattern)).length;
  }

  /**
   * Waits for a packet, which may also have been captured before.
   *
   * @throws Error with all that was captured, when the deadline passes first.
   */
  async saw(pattern: Pattern<Packet>, { deadlineMs }: Deadline = {}): Promise<Packet> {
    const isWanted = (packet: Packet): boolean => matches(packet, pattern);
    const what = `Not seen at ${this.#place}: ${describePattern(pattern)}`;
    return (await this.#packets.find({ isWanted, what, deadlineMs })).item;
  }

  /**
   * Makes sure that a packet was not captured since the start, nor until a fence is: sends the fence, which overtakes nothing,
   * and waits until it is captured.
   *
   * @throws Error that shows the packet, or that the fence did not come, which proves nothing.
   */
  async didNotSee(pattern: Pattern<Packet>, fence: Fence, { deadlineMs }: Deadline = {}): Promise<void> {
    const start = this.packets.length;
    await fence.send();
    const isWanted = (packet: Packet): boolean => matches(packet, fence.pattern);
    const what = `Fence not seen at ${this.#place}: ${describePattern(fence.pattern)}`;
    const { position } = await this.#packets.find({ isWanted, what, deadlineMs, start });
    const seen = this.packets.slice(0, position).filter((packet) => matches(packet, pattern));
    if (seen.length > 0) throw new Error(`Seen at ${this.#place}, where it must not be:\n${seen.map(describePacket).join("\n")}`);
  }

  /** Ends the capture. @throws Error when packets were lost on the way to it, as its testimony is worth nothing then. */
  async stop(): Promise<void> {
    if (this.#process.hasEnded) return;
    await this.#process.stop();
    const dropped = [...this.#process.stderr.matchAll(DROPPED_LINE)].reduce((sum, [, count]) => sum + Number(count), 0);
    if (dropped > 0) throw new Error(`The capture at ${this.#place} lost ${dropped} packets`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #whenBeaconSeen(at: NetworkCard, direction: "in" | "out"): Promise<void> {
    const text = `before the capture at ${this.#place}`;
    const sender = direction === "in" ? (at.cable?.farEndOf(at) ?? at) : at;
    await sender.beacon(text);
    await until(() => this.sawBeacon(text), { what: `a beacon is seen at ${this.#place}` });
  }

  #read(chunk: Buffer): void {
    for (const frame of this.#reader.read(chunk)) {
      const packet = readPacket(frame, this.#place);
      const beacon = beaconText(packet.payload);
      if (beacon === undefined) this.#packets.add(packet);
      else this.#beacons.add(beacon);
    }
  }
}
