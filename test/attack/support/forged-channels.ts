// Packets of channels as no node would send them: made by hand, and sent from an ordinary port.
import { multicastGroupForChannel } from "@groupcast/channels";
import type { Reactor, UDPPort } from "groupcast";
import { encodeHeartbeat, HEARTBEAT_CHANNEL, type Heartbeat } from "../../../packages/channels/src/presence/heartbeat.js";

const CHANNEL_PORT = 8765;
const MAGIC = "PULI";

/** Node names that would break a terminal, a page or a table, if they were shown as they are. */
export const HOSTILE_NAMES: readonly string[] = [
  "\x1b[2J\x1b]0;owned\x07",
  "<img src=x onerror=alert(1)>",
  "\u202eevil\u2066",
  "a\r\n\r\nevent: x\ndata: y",
  "x".repeat(255),
  "\u0301".repeat(120),
  "漢字".repeat(40),
  "__proto__",
  "constructor",
  "\u2028",
  "\x9b2J\x00",
];

/** Names that travel in heartbeats and packets, though no channel of a node can be called that. */
export const IMPOSSIBLE_CHANNELS: readonly string[] = ["", "/", "a//b", "/a/b", "a/b/", "a/../a/b", ".."];

/** Sends forged packets on the network of channels. */
export class Forger {
  readonly #port: UDPPort;
  #sequence = 0;

  constructor(reactor: Reactor) {
    this.#port = reactor.listenUDP(0, { datagramReceived() {} });
  }

  /** Sends a packet of `channel`, to the group of `group`. */
  send(channel: string, payload: Buffer, group: string = channel): void {
    const head = Buffer.concat([Buffer.from(MAGIC), Buffer.of(channel.length), Buffer.from(channel, "latin1"), Buffer.alloc(4)]);
    head.writeUInt32BE(this.#sequence++, head.length - 4);
    this.#port.write(Buffer.concat([head, payload]), { address: multicastGroupForChannel(group), port: CHANNEL_PORT });
  }

  /** Sends a heartbeat of node number `node`. */
  announce(node: number, name: string, channels: readonly string[], more: Partial<Heartbeat> = {}): void {
    const usages = channels.map((channel) => ({ name: channel, isPublished: true, isSubscribed: true }));
    const beat = { periodMs: 60_000, revision: 0, totalChannels: channels.length, channels: usages, isLeaving: false };
    const session = node.toString(16).padStart(16, "0");
    this.send(HEARTBEAT_CHANNEL, encodeHeartbeat({ session, name, ...beat, ...more }));
  }
}
