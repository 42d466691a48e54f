/** Path of a packet that comes in to a Linux host: `ip_rcv`, `__udp4_lib_rcv`, `icmp_rcv` and their IPv6 twins. */
import { formatEndpoint } from "@groupcast/backend";
import { staysOnHost } from "../address/ip-address.js";
import type { Packet } from "../network/packet.js";
import type { DropReason, PacketLog } from "../network/packet-log.js";
import type { HostInterface, PacketIntake } from "./host-interface.js";
import type { IcmpReplies } from "./icmp-replies.js";
import type { IcmpReports } from "./icmp-reports.js";
import type { InterfaceTable } from "./interface-table.js";
import type { PortTable } from "./port-table.js";
import type { ReceivingSocket } from "./receiving-socket.js";

/** Parts of a host that received packets reach. */
export interface HostInputParts {
  readonly interfaces: InterfaceTable;
  readonly ports: PortTable<ReceivingSocket>;
  readonly reports: IcmpReports;
  readonly replies: IcmpReplies;
  readonly log: PacketLog;
}

export class HostInput implements PacketIntake {
  readonly #interfaces: InterfaceTable;
  readonly #ports: PortTable<ReceivingSocket>;
  readonly #reports: IcmpReports;
  readonly #replies: IcmpReplies;
  readonly #log: PacketLog;

  constructor({ interfaces, ports, reports, replies, log }: HostInputParts) {
    this.#interfaces = interfaces;
    this.#ports = ports;
    this.#reports = reports;
    this.#replies = replies;
    this.#log = log;
  }

  /** Takes a packet from a switch, unless Linux would reject its addresses or it cannot exist. */
  acceptFromWire(packet: Packet, ingress: HostInterface): void {
    const reason = this.#rejection(packet, ingress);
    if (reason === undefined) this.#accept(packet, ingress, false);
    else this.#drop(packet, ingress, reason);
  }

  acceptOwn(packet: Packet, ingress: HostInterface): void {
    this.#accept(packet, ingress, true);
  }

  #accept(packet: Packet, ingress: HostInterface, isOwn: boolean): void {
    const { destination, icmp } = packet;
    if (icmp !== undefined && isOwn) this.#reports.reportOwn(packet, icmp, ingress);
    else if (icmp !== undefined) this.#reports.report(packet, icmp, ingress);
    else if (destination.kind === "multicast") this.#acceptForGroup(packet, ingress, isOwn);
    else if (this.#interfaces.owner(destination) !== undefined || (isOwn && ingress.isLoopback)) this.#acceptForOne(packet, ingress);
    else if (ingress.isBroadcast(destination)) this.#acceptForAll(packet, ingress);
    else this.#drop(packet, ingress, "not for this host");
  }

  #rejection({ source, destination }: Packet, ingress: HostInterface): DropReason | undefined {
    if (!ingress.isUp) return "interface down";
    if (source.kind === "loopback") return "loopback source";
    // __fib_validate_source with accept_local 0; IPv6 does not ask.
    if (source.family === 4 && this.#interfaces.owner(source) !== undefined) return "own address as source";
    return staysOnHost(destination) ? "interface-local scope" : undefined;
  }

  #acceptForGroup(packet: Packet, ingress: HostInterface, isOwn: boolean): void {
    const { destination, source } = packet;
    // Over the loopback interface Linux delivers no IPv6 group of a wider scope (measured; ff01::/16 and ff11::/16 pass).
    const isTooWide = ingress.isLoopback && isOwn && destination.family === 6 && !staysOnHost(destination);
    const isForged = isOwn && source.kind === "loopback" && !ingress.isLoopback; // ip6_rcv_core
    if (isForged) this.#drop(packet, ingress, "loopback source");
    else if (isTooWide || !ingress.accepts(destination, source)) this.#drop(packet, ingress, "not a member");
    else this.#acceptForAll(packet, ingress);
  }

  /** Hands a copy to each socket that matches. */
  #acceptForAll(packet: Packet, ingress: HostInterface): void {
    let isWanted = false;
    for (const socket of this.#ports.holders(packet.destinationPort)) {
      if (!socket.endpoint.wantsCopy(packet, ingress.index)) continue;
      isWanted = true;
      this.#hand(packet, ingress, socket);
    }
    if (!isWanted) this.#drop(packet, ingress, "no socket");
  }

  #acceptForOne(packet: Packet, ingress: HostInterface): void {
    const socket = this.#ports.unicast(packet, ingress.index);
    if (socket !== undefined) {
      this.#hand(packet, ingress, socket);
      return;
    }
    this.#drop(packet, ingress, "no socket");
    this.#replies.send({ kind: "port unreachable", about: packet }, ingress);
  }

  #hand(packet: Packet, ingress: HostInterface, socket: ReceivingSocket): void {
    if (!socket.receive(packet, ingress)) this.#drop(packet, ingress, "receive buffer full");
    else if (this.#log.isRecording) {
      const { local, port } = socket.endpoint;
      this.#log.note("delivered", packet, ingress, formatEndpoint({ address: local.text, port }));
    }
  }

  #drop(packet: Packet, ingress: HostInterface, reason: DropReason): void {
    this.#log.noteDrop(packet, ingress, reason);
  }
}
