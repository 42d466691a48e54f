import { MAX_UDP_LENGTH_BYTES } from "@groupcast/backend";
import { outOfRange } from "@groupcast/base";
import type { ChannelPattern } from "@groupcast/channels";
import type { Destination } from "groupcast";
import { loadChannels } from "../channel-network/load-channels.js";
import { readChannelPacket } from "../payload/channel-format.js";

/** Channels of a recording to replay. */
export interface ChannelReplay {
  /** Name, or a pattern: `*` stands for one part, `**` at the end for one or more. */
  readonly channel: string;
  /** New name of the channel, which also decides its group; only for a name, not a pattern. Absent: the recorded name. */
  readonly as?: string | undefined;
}

/** A datagram to send. */
export interface Replayed {
  readonly to: Destination;
  readonly data: Buffer;
}

interface Rule {
  readonly pattern: ChannelPattern;
  readonly renamed: { readonly name: string; readonly group: string } | undefined;
}

const MAGIC = "PULI";
const FIXED_BYTES = 5; // magic, and the length of the name
const LONGEST_PAYLOAD_BYTES = MAX_UDP_LENGTH_BYTES - 28; // of IPv4 without options

/** Chooses the packets of channels in a recording, and gives them other names. */
export class ReplayChannels {
  readonly #rules: readonly Rule[];

  private constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  /** Makes it; undefined without channels. @throws (rejects) InvalidArgumentError for a name or a pattern that is none. */
  static async load(channels: readonly ChannelReplay[] | undefined): Promise<ReplayChannels | undefined> {
    if (channels === undefined || channels.length === 0) return undefined;
    const { ChannelPattern: Pattern, multicastGroupForChannel } = await loadChannels();
    const ruleOf = ({ channel, as }: ChannelReplay): Rule => {
      const pattern = new Pattern("replay", channel.replace(/^\//, ""));
      if (as === undefined) return { pattern, renamed: undefined };
      const { text: name, isName } = new Pattern("replay", as.replace(/^\//, ""));
      if (!pattern.isName || !isName)
        throw outOfRange("replay", "channels", `${channel}=${as}`, "OLD=NEW with the names of two channels; a pattern has no new name");
      return { pattern, renamed: { name, group: multicastGroupForChannel(name) } };
    };
    return new ReplayChannels(channels.map(ruleOf));
  }

  /** Returns what to send in the place of a datagram, or why it is passed over. */
  replayed(datagram: Replayed): Replayed | string {
    const packet = readChannelPacket(datagram.data);
    const rule = packet && this.#rules.find(({ pattern }) => pattern.matches(packet.channel));
    if (packet === undefined || rule === undefined) return "other channels";
    const { renamed } = rule;
    if (renamed === undefined) return datagram;
    const { name, group } = renamed;
    const rest = datagram.data.subarray(FIXED_BYTES + packet.channel.length);
    const data = Buffer.concat([Buffer.from(MAGIC), Buffer.of(name.length), Buffer.from(name, "latin1"), rest]);
    return data.length > LONGEST_PAYLOAD_BYTES ? "too long under its new name" : { to: { address: group, port: datagram.to.port }, data };
  }
}
