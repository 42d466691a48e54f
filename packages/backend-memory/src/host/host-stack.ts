/** The kernel of a host, put together: its interfaces, addresses, routes, ports, and the paths of packets. */
import type { Fabric } from "../network/fabric.js";
import { ChangeWatchers } from "./change-watchers.js";
import { HostInput } from "./host-input.js";
import type { PacketIntake } from "./host-interface.js";
import type { HostLimits } from "./host-limits.js";
import { HostNetwork } from "./host-network.js";
import { HostOutput } from "./host-output.js";
import { HostRouting } from "./host-routing.js";
import { IcmpReplies } from "./icmp-replies.js";
import { IcmpReports } from "./icmp-reports.js";
import { InterfaceTable } from "./interface-table.js";
import { PortTable } from "./port-table.js";
import type { ReceivingSocket } from "./receiving-socket.js";

/** Name, number and limits of a host. */
export interface HostIdentity {
  readonly hostName: string;
  readonly hostNumber: number; // in its network, from 1
  readonly limits: HostLimits;
}

export class HostStack {
  readonly hostName: string;
  readonly hostNumber: number;
  readonly limits: HostLimits;
  readonly fabric: Fabric;
  readonly interfaces: InterfaceTable;
  readonly routing: HostRouting;
  readonly ports: PortTable<ReceivingSocket>;
  readonly output: HostOutput;
  readonly network: HostNetwork;
  readonly #watchers: ChangeWatchers;

  constructor(fabric: Fabric, { hostName, hostNumber, limits }: HostIdentity) {
    const { wire, log, random, topology, addresses, nextPacketId } = fabric;
    this.fabric = fabric;
    this.hostName = hostName;
    this.hostNumber = hostNumber;
    this.limits = limits;
    this.#watchers = new ChangeWatchers(wire);
    this.ports = new PortTable(random.fork(`${hostName}/ports`), limits.ephemeralPorts);
    // The interfaces need the input, which needs the interfaces.
    const intake: PacketIntake = {
      acceptFromWire: (packet, ingress) => input.acceptFromWire(packet, ingress),
      acceptOwn: (packet, ingress) => input.acceptOwn(packet, ingress),
    };
    this.interfaces = new InterfaceTable({ hostName, hostNumber, intake, changed: () => this.routesChanged() });
    this.routing = new HostRouting(this.interfaces, topology);
    const { loopback } = this.interfaces;
    const reports = new IcmpReports(this.ports, loopback, log);
    this.output = new HostOutput({ loopback, reports, wire, log });
    const replies = new IcmpReplies(this.routing, this.output, nextPacketId);
    const input = new HostInput({ interfaces: this.interfaces, ports: this.ports, reports, replies, log });
    this.network = new HostNetwork({ interfaces: this.interfaces, routing: this.routing, watchers: this.#watchers, addresses });
  }

  /** Invalidates what was computed from interfaces and routes, and reports the change to the watchers. */
  routesChanged(): void {
    this.fabric.topology.invalidate();
    this.#watchers.notify();
  }
}
