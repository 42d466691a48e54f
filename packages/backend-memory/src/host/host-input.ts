/** What a Linux host does with a packet that comes in: `ip_rcv`, `__udp4_lib_rcv`, `icmp_rcv` and their IPv6 twins. */

import { formatEndpoint } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { SCOPE_INTERFACE } from "../address/ip-address.js";
import type { IcmpError, IcmpKind, Packet } from "../network/packet.js";
import type { DropReason } from "../trace/trace.js";
import type { Flow } from "./endpoint.js";
import type { HostInterface } from "./host-interface.js";
import type { HostStack } from "./host-stack.js";
import type { PortHolder } from "./port-table.js";

/** What an ICMP error means to a socket (`icmp_err_convert` of net/ipv4/icmp.c); fatal ones reach connected sockets unasked. */
const ICMP_MEANINGS: Readonly<Record<IcmpKind, { readonly errno: number; readonly isFatal: boolean }>> = {
  "port unreachable": { errno: ERRNO.ECONNREFUSED, isFatal: true },
  "host unreachable": { errno: ERRNO.EHOSTUNREACH, isFatal: false },
  "network unreachable": { errno: ERRNO.ENETUNREACH, isFatal: false },
  "time exceeded": { errno: ERRNO.EHOSTUNREACH, isFatal: false },
};

/** A datagram that did not get where it should. */
export interface Loss {
  readonly errno: number;
  readonly isFatal: boolean;
  readonly answer: Flow; // what would have come back; its source is whom the datagram was for
  readonly on: HostInterface; // where the news came in
}

/** A socket, as far as what comes in is concerned. */
export interface ReceivingSocket extends PortHolder {
  /** False when the receive buffer is full. */
  receive(packet: Packet, on: HostInterface): boolean;
  /** A datagram is known to be lost; false when the socket does not want to know. */
  refuse(loss: Loss): boolean;
}

export class HostInput {
  readonly #stack: HostStack;

  constructor(stack: HostStack) {
    this.#stack = stack;
  }

  /** From a switch: what Linux would not believe, or cannot be, ends here. */
  acceptFromWire(packet: Packet, on: HostInterface): void {
    const reason = this.#rejection(packet, on);
    if (reason === undefined) this.accept(packet, on, false);
    else this.#drop(packet, on, reason);
  }

  /** @param isOwn - Whether the host sent it to itself. */
  accept(packet: Packet, on: HostInterface, isOwn: boolean): void {
    const { destination } = packet;
    if (packet.icmp !== undefined) this.#report(packet, packet.icmp, isOwn ? this.#ownErrorsFrom(packet, on) : on);
    else if (destination.kind === "multicast") this.#acceptForGroup(packet, on, isOwn);
    else if (this.#stack.owner(destination) !== undefined || (isOwn && on.isLoopback)) this.#acceptForOne(packet, on);
    else if (on.isBroadcast(destination)) this.#acceptForAll(packet, on);
    else this.#drop(packet, on, "not for this host");
  }

  /** An ICMP error that the host itself finds out. */
  reportLocally(icmp: IcmpError, on: HostInterface): void {
    this.#report(icmp.about, icmp, this.#ownErrorsFrom(icmp.about, on));
  }

  #rejection({ source, destination }: Packet, on: HostInterface): DropReason | undefined {
    if (!on.isUp) return "interface down";
    if (source.kind === "loopback") return "loopback source";
    // __fib_validate_source with accept_local 0; IPv6 does not ask.
    if (source.family === 4 && this.#stack.owner(source) !== undefined) return "own address as source";
    const isInterfaceLocal = destination.family === 6 && destination.kind === "multicast" && destination.scope <= SCOPE_INTERFACE;
    return isInterfaceLocal ? "interface-local scope" : undefined;
  }

  #acceptForGroup(packet: Packet, on: HostInterface, isOwn: boolean): void {
    const { destination, source } = packet;
    // Over the loopback interface Linux hands on no IPv6 group of a wider scope (measured; ff01::/16 and ff11::/16 pass).
    const isTooWide = on.isLoopback && isOwn && destination.family === 6 && destination.scope > SCOPE_INTERFACE;
    if (isOwn && source.kind === "loopback" && !on.isLoopback)
      this.#drop(packet, on, "loopback source"); // ip6_rcv_core
    else if (isTooWide || !on.accepts(destination, source)) this.#drop(packet, on, "not a member");
    else this.#acceptForAll(packet, on);
  }

  /** A copy for each socket that matches. */
  #acceptForAll(packet: Packet, on: HostInterface): void {
    let isWanted = false;
    for (const socket of this.#stack.ports.on(packet.destinationPort)) {
      if (!socket.endpoint.wantsCopy(packet, on.index)) continue;
      isWanted = true;
      this.#hand(packet, on, socket);
    }
    if (!isWanted) this.#drop(packet, on, "no socket");
  }

  #acceptForOne(packet: Packet, on: HostInterface): void {
    const socket = this.#stack.ports.unicast(packet, on.index);
    if (socket !== undefined) {
      this.#hand(packet, on, socket);
      return;
    }
    this.#drop(packet, on, "no socket");
    this.#stack.output.sendError({ kind: "port unreachable", about: packet }, on);
  }

  #hand(packet: Packet, on: HostInterface, socket: ReceivingSocket): void {
    if (!socket.receive(packet, on)) this.#drop(packet, on, "receive buffer full");
    else if (this.#stack.fabric.trace.isRecording) {
      const { local, port } = socket.endpoint;
      this.#stack.fabric.trace.note("delivered", packet, on, formatEndpoint({ address: local.text, port }));
    }
  }

  /** What the host itself says of IPv4 comes from the loopback interface, to sockets that are bound to another one never. */
  #ownErrorsFrom({ source }: Packet, on: HostInterface): HostInterface {
    return source.family === 4 ? this.#stack.loopback : on;
  }

  /** Tells the socket that sent the datagram the error is about (`__udp4_lib_err`). */
  #report(packet: Packet, { kind, about }: IcmpError, on: HostInterface): void {
    const { errno, isFatal } = ICMP_MEANINGS[kind];
    const answer: Flow = {
      source: about.destination,
      sourcePort: about.destinationPort,
      destination: about.source,
      destinationPort: about.sourcePort,
    };
    const socket = this.#stack.ports.unicast(answer, on.index);
    if (socket?.refuse({ errno, isFatal, answer, on }) !== true) this.#drop(packet, on, "nobody to tell");
  }

  #drop(packet: Packet, on: HostInterface, reason: DropReason): void {
    this.#stack.fabric.trace.noteDrop(packet, on, reason);
  }
}
