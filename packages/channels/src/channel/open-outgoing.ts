import type { ChannelLink } from "../challenge/channel-link.js";
import type { PacketSender } from "../contract/packet-sender.js";
import { Fragmenter } from "../fragments/fragmenter.js";
import type { ReliableChannel } from "../reliable/reliable-channel.js";
import type { SealedChannel } from "../seal/channel-seal.js";
import { maxPuliPayloadBytes } from "../udp/puli-datagram.js";
import type { ChannelCounters } from "./channel-message.js";
import type { ChannelOwner } from "./channel-owner.js";
import { OutgoingMessages } from "./outgoing-messages.js";

/** The parts of a channel that its outgoing messages use. */
export interface OutgoingParts {
  readonly isFragmented: boolean;
  readonly link: ChannelLink;
  readonly seal: SealedChannel | undefined;
  readonly reliable: ReliableChannel | undefined;
  readonly statistics: ChannelCounters;
}

/** Opens a channel for publishing. */
export function openOutgoing(channel: string, owner: ChannelOwner, parts: OutgoingParts): OutgoingMessages {
  const { clock, waitingRoom, report } = owner;
  const { isFragmented, link, seal, reliable, statistics } = parts;
  // A relay passes packets on as they are, so those of a channel with fragments are no longer than UDP carries.
  const portableBytes = isFragmented ? maxPuliPayloadBytes(channel) : Number.POSITIVE_INFINITY;
  const overheadBytes = seal?.overheadBytes ?? 0;
  const options = {
    channel,
    clock,
    statistics,
    maxPartBytes: () => Math.min(link.maxPayloadBytes(channel), portableBytes) - overheadBytes,
    seal,
    fragmenter: isFragmented ? new Fragmenter() : undefined,
    waitingRoom,
    lingerMs: reliable?.lingerMs ?? 0,
    report,
  };
  return new OutgoingMessages(reliable?.openSender() ?? plainSender(channel, reliable?.kept ?? link), options); // opened last
}

function plainSender(channel: string, link: Pick<ChannelLink, "openSender">): PacketSender {
  const sender = link.openSender(channel);
  return { send: (packet) => sender.send(packet), close: () => sender.close() };
}
