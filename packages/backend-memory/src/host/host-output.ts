/** What a Linux host does with a packet that leaves a socket: `ip_mc_output`, `ip_output`, `ip6_finish_output2`, arp(7). */

import { type Outcome, socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { type IpAddress, needsZone, SCOPE_INTERFACE } from "../address/ip-address.js";
import { NEIGHBOUR_TIMEOUT_MS } from "../network/neighbour-timeout.js";
import { type IcmpError, type Packet, payloadBytes } from "../network/packet.js";
import type { SendBuffer } from "../socket/send-buffer.js";
import type { SocketOptions } from "../socket/socket-options.js";
import type { HostInterface } from "./host-interface.js";
import type { HostStack } from "./host-stack.js";
import type { OutputRoute } from "./routing-table.js";

const ICMP_HOPS = 64;

/** A socket, as far as sending is concerned. */
export interface SendingSocket {
  readonly options: SocketOptions;
  readonly sendBuffer: SendBuffer;
}

export class HostOutput {
  readonly #stack: HostStack;

  constructor(stack: HostStack) {
    this.#stack = stack;
  }

  /** Whether the socket has to wait until the link has sent what it was given: EAGAIN, or 0. */
  admission({ out }: OutputRoute, { options, sendBuffer }: SendingSocket): Outcome {
    if (out.cable?.up?.isPaced !== true) return 0;
    return sendBuffer.isFull(this.#stack.fabric.wire.nowMs(), options.values.sendBufferBytes) ? ERRNO.EAGAIN : 0;
  }

  /** Sends; what arrives, arrives later. */
  send(packet: Packet, route: OutputRoute, socket?: SendingSocket): Outcome {
    const { kind, out, nextHop } = route;
    if (kind === "local" || out.isLoopback) return this.#sendToSelf(packet, out);
    if (kind === "multicast") return this.#sendToGroup(packet, out, socket);
    if (kind === "broadcast") this.#loop(packet, out);
    return this.#transmit(packet, out, nextHop, socket);
  }

  /** Answers a packet with an ICMP error; errors about errors are not sent (RFC 1122 section 3.2.2). */
  sendError(icmp: IcmpError, on: HostInterface): void {
    const { about } = icmp;
    if (about.icmp !== undefined) return;
    const { destination: source, source: destination } = about;
    const route = this.#stack.route({ destination, source, interfaceIndex: needsZone(destination) ? on.index : 0 });
    if (typeof route === "number") return;
    const packet: Packet = {
      ...about,
      id: this.#stack.fabric.nextPacketId(),
      source,
      sourcePort: 0,
      destination,
      destinationPort: 0,
      hops: ICMP_HOPS,
      end: about.start,
      from: socketAddress(source.text, 0),
      origin: route.out.cable?.switch,
      icmp,
    };
    this.send(packet, route);
  }

  #sendToSelf(packet: Packet, out: HostInterface): Outcome {
    const { trace } = this.#stack.fabric;
    if (trace.isRecording) trace.note("sent", packet, this.#stack.loopback);
    this.#loop(packet, out);
    return 0;
  }

  /**
   * The host's own copy, and the one for the link. TTL 0 keeps the second back only where the kernel takes the way that makes the
   * first: IPv4, when anybody on the host is a member on that interface; IPv6, when the copy is made indeed. Otherwise it leaks.
   */
  #sendToGroup(packet: Packet, out: HostInterface, socket: SendingSocket | undefined): Outcome {
    const { destination, source, hops } = packet;
    const isMember = out.accepts(destination, source);
    const isLooped = isMember && socket?.options.values.multicastLoopback === 1;
    if (isLooped) this.#loop(packet, out);
    const staysHere = hops === 0 && (destination.family === 4 ? isMember : isLooped);
    const isInterfaceLocal = destination.family === 6 && destination.scope <= SCOPE_INTERFACE;
    if (!staysHere && !isInterfaceLocal) return this.#transmit(packet, out, undefined, socket);
    const { trace } = this.#stack.fabric;
    if (trace.isRecording && isLooped) trace.note("sent", packet, this.#stack.loopback);
    trace.noteDrop(packet, out, staysHere ? "TTL 0" : "interface-local scope");
    return 0;
  }

  /** A copy for this host; on an interface that is down it is lost on the way (enqueue_to_backlog of net/core/dev.c). */
  #loop(packet: Packet, out: HostInterface): void {
    if (!out.isUp && packet.destination.kind === "multicast") return;
    this.#stack.fabric.wire.carry(0, out.looped, packet);
  }

  #transmit(packet: Packet, out: HostInterface, nextHop: IpAddress | undefined, socket: SendingSocket | undefined): Outcome {
    const { cable } = out;
    const { wire, trace } = this.#stack.fabric;
    if (cable === undefined) {
      trace.noteDrop(packet, out, "no carrier");
      return 0;
    }
    if (nextHop !== undefined && cable.switch.neighbour(nextHop) === undefined) {
      trace.noteDrop(packet, out, "no such neighbour");
      wire.call(NEIGHBOUR_TIMEOUT_MS, () => this.#stack.input.reportLocally({ kind: "host unreachable", about: packet }, out));
      return 0;
    }
    if (!cable.switch.transmit({ packet, sender: out, nextHop }, "sent")) {
      return socket?.options.values.receiveErrors === 1 ? ERRNO.ENOBUFS : 0; // net_xmit_errno; udp_send_skb keeps it from others
    }
    if (cable.up?.isPaced === true) socket?.sendBuffer.charge(payloadBytes(packet), cable.up.busyUntilMs, wire.nowMs());
    return 0;
  }
}
