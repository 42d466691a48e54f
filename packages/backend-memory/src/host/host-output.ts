/** Path of a packet that leaves a socket of a Linux host: `ip_mc_output`, `ip_output`, `ip6_finish_output2`, arp(7). */
import type { Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { type IpAddress, staysOnHost } from "../address/ip-address.js";
import { NEIGHBOUR_TIMEOUT_MS } from "../address/ip-numbers.js";
import type { Wire } from "../clock/wire.js";
import { type Packet, payloadBytes } from "../network/packet.js";
import type { PacketLog } from "../network/packet-log.js";
import type { HostInterface } from "./host-interface.js";
import type { IcmpReports } from "./icmp-reports.js";
import type { OutputRoute } from "./route.js";

/** A socket, as far as sent packets are concerned. */
export interface SendingSocket {
  readonly options: { readonly values: Readonly<Record<"multicastLoopback" | "receiveErrors" | "sendBufferBytes", number>> };
  readonly sendBuffer: LinkCredit;
}

/** Room for datagrams that a link has not sent yet. */
export interface LinkCredit {
  /** Whether `limitBytes` are used up at `nowMs`. */
  isFull(nowMs: number, limitBytes: number): boolean;
  /** Counts a datagram until `untilMs`. */
  charge(payload: number, untilMs: number, nowMs: number): void;
}

/** Parts of a host and its network that sent packets reach. */
export interface HostOutputParts {
  readonly loopback: HostInterface;
  readonly reports: IcmpReports;
  readonly wire: Wire;
  readonly log: PacketLog;
}

export class HostOutput {
  readonly #loopback: HostInterface;
  readonly #reports: IcmpReports;
  readonly #wire: Wire;
  readonly #log: PacketLog;

  constructor({ loopback, reports, wire, log }: HostOutputParts) {
    this.#loopback = loopback;
    this.#reports = reports;
    this.#wire = wire;
    this.#log = log;
  }

  /** Returns EAGAIN if the socket has to wait until the link has sent what it was given, otherwise 0. */
  admission({ egress }: OutputRoute, { options, sendBuffer }: SendingSocket): Outcome {
    if (egress.cable?.up?.isPaced !== true) return 0;
    return sendBuffer.isFull(this.#wire.nowMs(), options.values.sendBufferBytes) ? ERRNO.EAGAIN : 0;
  }

  /** Sends a packet, which arrives later. Returns 0 or an errno. */
  send(packet: Packet, route: OutputRoute, socket?: SendingSocket): Outcome {
    const { kind, egress, nextHop } = route;
    if (kind === "local" || egress.isLoopback) return this.#sendToSelf(packet, egress);
    if (kind === "multicast") return this.#sendToGroup(packet, egress, socket);
    if (kind === "broadcast") this.#loop(packet, egress);
    return this.#transmit(packet, egress, nextHop, socket);
  }

  #sendToSelf(packet: Packet, egress: HostInterface): Outcome {
    if (this.#log.isRecording) this.#log.note("sent", packet, this.#loopback);
    this.#loop(packet, egress);
    return 0;
  }

  /**
   * Sends the host's own copy, and the one for the link. TTL 0 holds the second back only where the kernel takes the path that makes
   * the first: IPv4, if anybody on the host is a member on that interface; IPv6, if the copy is made. Otherwise it leaks.
   */
  #sendToGroup(packet: Packet, egress: HostInterface, socket: SendingSocket | undefined): Outcome {
    const { destination, source, hops } = packet;
    const isMember = egress.accepts(destination, source);
    const isLooped = isMember && socket?.options.values.multicastLoopback === 1;
    if (isLooped) this.#loop(packet, egress);
    const isHeldBack = hops === 0 && (destination.family === 4 ? isMember : isLooped);
    if (!isHeldBack && !staysOnHost(destination)) return this.#transmit(packet, egress, undefined, socket);
    if (this.#log.isRecording && isLooped) this.#log.note("sent", packet, this.#loopback);
    this.#log.noteDrop(packet, egress, isHeldBack ? "TTL 0" : "interface-local scope");
    return 0;
  }

  /** Sends a copy to this host; on an interface that is down it is lost on the way (enqueue_to_backlog of net/core/dev.c). */
  #loop(packet: Packet, egress: HostInterface): void {
    if (!egress.isUp && packet.destination.kind === "multicast") return;
    this.#wire.carry(0, egress.looped, packet);
  }

  #transmit(packet: Packet, egress: HostInterface, nextHop: IpAddress | undefined, socket: SendingSocket | undefined): Outcome {
    const { cable, segment } = egress;
    if (cable === undefined || segment === undefined) {
      this.#log.noteDrop(packet, egress, "no carrier");
      return 0;
    }
    if (nextHop !== undefined && segment.neighbour(nextHop) === undefined) {
      this.#log.noteDrop(packet, egress, "no such neighbour");
      this.#wire.call(NEIGHBOUR_TIMEOUT_MS, () => this.#reports.reportOwn(packet, { kind: "host unreachable", about: packet }, egress));
      return 0;
    }
    if (!segment.transmit({ packet, sender: egress, nextHop }, "sent")) {
      return socket?.options.values.receiveErrors === 1 ? ERRNO.ENOBUFS : 0; // net_xmit_errno; udp_send_skb keeps it from others
    }
    if (cable.up?.isPaced === true) socket?.sendBuffer.charge(payloadBytes(packet), cable.up.busyUntilMs, this.#wire.nowMs());
    return 0;
  }
}
