import type { SealOptions } from "@groupcast/channels";
import type { Reactor } from "groupcast";
import { wallClockNs } from "../wall-clock.js";
import type { ChannelPacket } from "./channel-packet.js";
import { MessageDecoder, type UndecodedPackets } from "./message-decoder.js";
import { sendingTimeMs } from "./sending-time.js";
import { Spread, type SpreadReport } from "./spread.js";
import { ChannelWatch, type ChannelWatchPlan, type ChannelWatchReport } from "./watch-channels.js";

/** Measurements of one channel. */
export interface ChannelMeasurement {
  /** Full name. */
  readonly channel: string;
  /** Number of packets; a message in fragments counts as several. */
  readonly packets: number;
  /** Time from the first to the last, in milliseconds. */
  readonly spanMs: number;
  /** Packets a second between the first and the last; undefined with fewer than two. */
  readonly perSecond: number | undefined;
  /** Time between packets, in milliseconds; undefined with fewer than two. */
  readonly gapMs: SpreadReport | undefined;
  /** Bytes a second between the first and the last, without headers; undefined with fewer than two packets. */
  readonly bytesPerSecond: number | undefined;
  /** Bytes of a packet, without headers. */
  readonly sizeBytes: SpreadReport | undefined;
  /** Delay, in milliseconds: from the time in the message to this host, or from the kernel to this program. Absent: not measured. */
  readonly delayMs: SpreadReport | undefined;
  /** Number of packets, or of messages, that carry no time. */
  readonly untimed: number;
}

/** Plan of {@link measureChannels}. */
export interface MeasurePlan extends ChannelWatchPlan {
  /**
   * Field of JSON messages with the sending time, such as `"header.stamp"`: the delay starts there, by the clocks of both hosts. Absent:
   * with a key, it starts when the message was sealed; without, it is that from the kernel to this program, if the kernel reports the time.
   */
  readonly timeField?: string | undefined;
  /** Key of sealed channels. */
  readonly seal?: SealOptions | undefined;
  /** Called twice a second. */
  readonly onProgress?: ((report: MeasureReport) => void) | undefined;
  /** Returns the wall clock in nanoseconds since 1970. Default: that of the system. */
  readonly nowNs?: (() => bigint) | undefined;
}

/** Measurements of all channels. */
export interface MeasureReport extends Omit<ChannelWatchReport, "channels">, UndecodedPackets {
  /** Measurements, one row for each received channel. */
  readonly channels: readonly ChannelMeasurement[];
}

/**
 * Measures rate, size and delay of the packets of channels.
 *
 * @throws (rejects) InvalidArgumentError for a name, a pattern or a key that is none; what opening the network throws.
 */
export async function measureChannels(reactor: Reactor, plan: MeasurePlan): Promise<MeasureReport> {
  const { timeField, seal, onProgress, nowNs = wallClockNs } = plan;
  const meters = new Map<string, ChannelMeter>();
  const meterOf = (channel: string): ChannelMeter => {
    const meter = meters.get(channel) ?? new ChannelMeter(channel);
    meters.set(channel, meter);
    return meter;
  };
  let arrivalNs = 0n;
  const decoder =
    timeField === undefined && seal === undefined
      ? undefined
      : await MessageDecoder.open(reactor, seal, (data, { channel, sentAt }) => {
          const sentMs = timeField === undefined ? sentAt : sendingTimeMs(data, timeField);
          meterOf(channel).noteDelay(sentMs === undefined ? undefined : Number(arrivalNs) / NS_PER_MS - sentMs);
        });
  const take = (packet: ChannelPacket): void => {
    const now = nowNs();
    const { kernelNs } = packet;
    arrivalNs = kernelNs ?? now;
    const meter = meterOf(packet.channel);
    meter.note(arrivalNs, packet.payload.length);
    if (decoder === undefined) meter.noteDelay(kernelNs === undefined ? undefined : Math.max(0, Number(now - kernelNs)) / NS_PER_MS);
    else decoder.take(packet);
  };
  const report = (watched: ChannelWatchReport): MeasureReport => {
    const channels = watched.channels.map((channel) => meterOf(channel).report());
    return { ...watched, channels, ...(decoder?.undecoded() ?? NONE) };
  };
  try {
    const progress = onProgress && ((watch: ChannelWatch) => onProgress(report(watch.report())));
    return report(await ChannelWatch.run(reactor, plan, progress === undefined ? { take } : { take, progress }));
  } finally {
    await decoder?.close();
  }
}

const NS_PER_MS = 1e6;
const NONE: UndecodedPackets = { unopened: 0, replayed: 0, stale: 0, incomplete: 0 };

/** Measures one channel. */
class ChannelMeter {
  readonly #channel: string;
  readonly #gaps = new Spread();
  readonly #sizes = new Spread();
  readonly #delays = new Spread();
  #untimed = 0;
  #bytes = 0; // after the first packet, which begins the time
  #firstNs = 0n;
  #lastNs: bigint | undefined;

  constructor(channel: string) {
    this.#channel = channel;
  }

  /** Takes a packet. */
  note(arrivalNs: bigint, bytes: number): void {
    this.#sizes.note(bytes);
    if (this.#lastNs === undefined) this.#firstNs = arrivalNs;
    else {
      this.#gaps.note(Number(arrivalNs - this.#lastNs) / NS_PER_MS);
      this.#bytes += bytes;
    }
    this.#lastNs = arrivalNs;
  }

  /** Takes a delay in milliseconds; undefined: there was no time to measure it from. */
  noteDelay(delayMs: number | undefined): void {
    if (delayMs === undefined) this.#untimed++;
    else this.#delays.note(delayMs);
  }

  report(): ChannelMeasurement {
    const gapMs = this.#gaps.report();
    const spanMs = Number((this.#lastNs ?? 0n) - this.#firstNs) / NS_PER_MS;
    const perSecond = (count: number): number | undefined => (spanMs > 0 ? (count * 1000) / spanMs : undefined);
    const sizeBytes = this.#sizes.report();
    return {
      channel: this.#channel,
      packets: sizeBytes?.count ?? 0,
      spanMs,
      perSecond: perSecond(gapMs?.count ?? 0),
      gapMs,
      bytesPerSecond: perSecond(this.#bytes),
      sizeBytes,
      delayMs: this.#delays.report(),
      untimed: this.#untimed,
    };
  }
}
