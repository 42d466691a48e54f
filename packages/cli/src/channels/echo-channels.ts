import type { SealOptions } from "@groupcast/channels";
import type { Reactor } from "groupcast";
import { wallClockNs } from "../wall-clock.js";
import type { ChannelPacket } from "./channel-packet.js";
import { MessageDecoder, type UndecodedPackets } from "./message-decoder.js";
import { SenderNames } from "./sender-names.js";
import { ChannelWatch, type ChannelWatchPlan, type ChannelWatchReport } from "./watch-channels.js";

/** A message, as it arrived. */
export interface EchoedMessage {
  /** Full name of the channel. */
  readonly channel: string;
  /** Sender, as its network identifies it: address and port on UDP, 16 hexadecimal digits or `"unknown"` on NATS. */
  readonly source: string;
  /** Name of the sender's node, if only one fits: one node publishes the channel, and it has one sender. */
  readonly node: string | undefined;
  /** The sender's number for the packet, the last one of a message in fragments; undefined: it does not count. */
  readonly number: number | undefined;
  /** Number of messages that are missing right before it. */
  readonly lost: number;
  /** Distance from the newest message of its sender: 1 is in order, 0 a repeat, less is late. */
  readonly lead: number;
  /** Time of its arrival, from the kernel if it reports one, else from this program; in nanoseconds since 1970. */
  readonly timeNs: bigint;
  /** Contents. */
  readonly data: Buffer;
}

/** Plan of {@link echoChannels}. */
export interface EchoPlan extends Omit<ChannelWatchPlan, "count"> {
  /** Number of messages after which the echo ends. Default: no limit. */
  readonly count?: number | undefined;
  /** Key of sealed channels. */
  readonly seal?: SealOptions | undefined;
  /** Called with each message. If it throws, the echo ends and the promise rejects. */
  readonly onMessage: (message: EchoedMessage) => void;
}

/** Counts of an echo. */
export interface EchoReport extends ChannelWatchReport, UndecodedPackets {
  /** Number of messages. */
  readonly messages: number;
  /** Number of messages that are missing in gaps. */
  readonly lost: number;
}

/**
 * Receives the messages of channels: of named ones, and of those that match a pattern, as soon as heartbeats announce them. Opens sealed
 * ones with a key, and puts fragments together.
 *
 * @throws (rejects) InvalidArgumentError for a name, a pattern or a key that is none; what opening the network throws; what `onMessage` throws.
 */
export async function echoChannels(reactor: Reactor, plan: EchoPlan): Promise<EchoReport> {
  const { seal, onMessage, count = Number.POSITIVE_INFINITY, signal } = plan;
  const names = new SenderNames();
  const counted = { messages: 0, lost: 0 };
  const end = new AbortController();
  let current: ChannelPacket | undefined;
  let nodes: ChannelWatch["nodes"] = [];
  const decoder = await MessageDecoder.open(reactor, seal, (data, { channel, lead, lost }) => {
    if (current === undefined || counted.messages >= count) return;
    const { source, sequence: number, kernelNs } = current;
    counted.messages++;
    counted.lost += lost;
    thrown.catch(() =>
      onMessage({ channel, source, node: names.nodeOf(channel, nodes), number, lost, lead, timeNs: kernelNs ?? wallClockNs(), data }),
    );
    if (counted.messages === count) end.abort();
  });
  const thrown = new FirstError();
  try {
    const signals = signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]);
    const report = await ChannelWatch.run(
      reactor,
      { ...plan, count: undefined, signal: signals },
      {
        take(packet, watch) {
          nodes = watch.nodes;
          current = packet;
          names.note(packet);
          decoder.take(packet);
          thrown.rethrow();
        },
      },
    );
    return { ...report, ...counted, ...decoder.undecoded() };
  } finally {
    await decoder.close();
  }
}

/** Error of a subscriber: the channel would keep it to itself. */
class FirstError {
  #error: unknown;
  #hasThrown = false;

  catch(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#error = error;
      this.#hasThrown = true;
    }
  }

  rethrow(): void {
    if (this.#hasThrown) throw this.#error;
  }
}
