import { ERRNO } from "@groupcast/base";
import type { IcmpError, IcmpKind, Packet } from "../network/packet.js";
import type { PacketLog } from "../network/packet-log.js";
import type { Flow } from "./endpoint.js";
import type { HostInterface } from "./host-interface.js";
import type { PortTable } from "./port-table.js";
import type { ReceivingSocket } from "./receiving-socket.js";

/** Meaning of an ICMP error to a socket (`icmp_err_convert` of net/ipv4/icmp.c); fatal ones reach connected sockets unasked. */
const MEANINGS: Readonly<Record<IcmpKind, { readonly errno: number; readonly isFatal: boolean }>> = {
  "port unreachable": { errno: ERRNO.ECONNREFUSED, isFatal: true },
  "host unreachable": { errno: ERRNO.EHOSTUNREACH, isFatal: false },
  "network unreachable": { errno: ERRNO.ENETUNREACH, isFatal: false },
  "time exceeded": { errno: ERRNO.EHOSTUNREACH, isFatal: false },
};

/** Reports ICMP errors to the sockets that sent the datagrams they are about (`__udp4_lib_err`). */
export class IcmpReports {
  readonly #ports: PortTable<ReceivingSocket>;
  readonly #loopback: HostInterface;
  readonly #log: PacketLog;

  constructor(ports: PortTable<ReceivingSocket>, loopback: HostInterface, log: PacketLog) {
    this.#ports = ports;
    this.#loopback = loopback;
    this.#log = log;
  }

  /** Reports an error that came in from another node as `packet`. */
  report(packet: Packet, { kind, about }: IcmpError, ingress: HostInterface): void {
    const answer: Flow = {
      source: about.destination,
      sourcePort: about.destinationPort,
      destination: about.source,
      destinationPort: about.sourcePort,
    };
    const socket = this.#ports.unicast(answer, ingress.index);
    if (socket?.refuse({ ...MEANINGS[kind], answer, ingress }) !== true) this.#log.noteDrop(packet, ingress, "nobody to tell");
  }

  /**
   * Reports an error that the host itself has found; `packet` is the error, or the datagram if no error was sent.
   *
   * Errors of IPv4 come from the loopback interface then; sockets that are bound to another interface never get them.
   */
  reportOwn(packet: Packet, icmp: IcmpError, ingress: HostInterface): void {
    this.report(packet, icmp, packet.source.family === 4 ? this.#loopback : ingress);
  }
}
