/** The kernel of a host: its interfaces, addresses, routes and ports. */

import type { NetworkInterface, Outcome } from "@groupcast/backend";
import { BASE_ERRORS, InvalidArgumentError } from "@groupcast/base";
import { type IpAddress, LOOPBACK_4, LOOPBACK_6 } from "../address/ip-address.js";
import { Prefix } from "../address/prefix.js";
import type { Sleeper, Wire } from "../clock/wire.js";
import type { Fabric } from "../network/fabric.js";
import type { LinkOptions } from "../network/link-model.js";
import type { PacketSwitch } from "../network/packet-switch.js";
import { HostInput, type ReceivingSocket } from "./host-input.js";
import { HostInterface } from "./host-interface.js";
import type { HostLimits } from "./host-limits.js";
import { HostOutput } from "./host-output.js";
import { routeIpv4 } from "./ipv4-routing.js";
import { routeIpv6 } from "./ipv6-routing.js";
import { PortTable } from "./port-table.js";
import { type OutputRoute, type RouteQuery, RoutingTable } from "./routing-table.js";

const LOOPBACK_MTU = 65_536; // Linux
const LOOPBACK_INDEX = 1;

/** An interface to be made. */
export interface NewInterface {
  readonly name: string;
  readonly prefixes: readonly Prefix[];
  readonly mtu: number;
  readonly to: PacketSwitch | undefined;
  readonly link: LinkOptions;
}

export class HostStack {
  readonly fabric: Fabric;
  readonly hostName: string;
  readonly number: number; // of the host in its network, from 1
  readonly limits: HostLimits;
  readonly ports: PortTable<ReceivingSocket>;
  readonly routes: RoutingTable = new RoutingTable(this);
  readonly input: HostInput = new HostInput(this);
  readonly output: HostOutput = new HostOutput(this);
  readonly loopback: HostInterface;
  readonly #watchers = new Set<Watcher>();
  readonly #owners = new Map<string, HostInterface>();
  #interfaces: readonly HostInterface[];
  #snapshots: readonly NetworkInterface[] | undefined;
  #timesUp = 0;
  #nextIndex: number = LOOPBACK_INDEX + 1; // an index is never given twice, as on Linux

  constructor(fabric: Fabric, hostName: string, number: number, limits: HostLimits) {
    this.fabric = fabric;
    this.hostName = hostName;
    this.number = number;
    this.limits = limits;
    this.ports = new PortTable(fabric.random.fork(`${hostName}/ports`), limits.ephemeralPorts);
    const fields = { name: "lo", index: LOOPBACK_INDEX, mtu: LOOPBACK_MTU, mac: undefined, isLoopback: true };
    this.loopback = new HostInterface(this, fields);
    this.loopback.prefixes = [new Prefix(LOOPBACK_4, 8), new Prefix(LOOPBACK_6, 128)];
    this.#interfaces = [this.loopback];
    this.#changed();
  }

  /** In the order of their indices. */
  get interfaces(): readonly HostInterface[] {
    return this.#interfaces;
  }

  get nextIndex(): number {
    return this.#nextIndex;
  }

  interfaceAt(index: number): HostInterface | undefined {
    return this.#interfaces.find((each) => each.index === index);
  }

  interfaceNamed(name: string): HostInterface | undefined {
    return this.#interfaces.find((each) => each.name === name);
  }

  /** The interface that an address of the host belongs to; all of 127.0.0.0/8 is the loopback interface's. */
  owner(address: IpAddress): HostInterface | undefined {
    return this.#owners.get(address.text) ?? (address.kind === "loopback" ? this.loopback : undefined);
  }

  /** The interfaces as the waist shows them; the same objects until something changes. */
  snapshots(): readonly NetworkInterface[] {
    this.#snapshots ??= Object.freeze(this.#interfaces.map((each) => each.snapshot()));
    return this.#snapshots;
  }

  route(query: RouteQuery): OutputRoute | Outcome {
    return query.destination.family === 4 ? routeIpv4(this, query) : routeIpv6(this, query);
  }

  /** Calls `changed` soon after every change, once for all that happen at one instant, until the returned function is called. */
  watch(changed: () => void): () => void {
    const watcher = new Watcher(changed);
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
      watcher.end();
    };
  }

  addInterface({ name, prefixes, mtu, to, link }: NewInterface): void {
    if (this.interfaceNamed(name) !== undefined) {
      throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, {
        operation: "addInterface",
        argument: "name",
        value: name,
        expected: `a name that host ${JSON.stringify(this.hostName)} has no interface of yet`,
      });
    }
    const index = this.#nextIndex++;
    const added = new HostInterface(this, { name, index, mtu, mac: macOf(this.number, index), isLoopback: false });
    added.upSince = ++this.#timesUp;
    this.#interfaces = [...this.#interfaces, added];
    if (to !== undefined) added.cable = to.attach(added, link);
    this.setPrefixes(added, prefixes);
  }

  /** Its memberships end; sockets that joined keep the old index, as on Linux, and can only leave there. */
  removeInterface(removed: HostInterface): void {
    removed.isUp = false;
    removed.cable?.switch.detach(removed);
    removed.cable = undefined;
    this.#interfaces = this.#interfaces.filter((each) => each !== removed);
    this.#changed();
  }

  setUp(which: HostInterface, isUp: boolean): void {
    which.isUp = isUp;
    if (isUp) which.upSince = ++this.#timesUp;
    this.#changed();
  }

  setPrefixes(which: HostInterface, prefixes: readonly Prefix[]): void {
    for (const { address } of which.prefixes) which.cable?.switch.removeNeighbour(address, which);
    which.prefixes = prefixes;
    for (const { address } of prefixes) which.cable?.switch.addNeighbour(address, which);
    this.#changed();
  }

  routesChanged(): void {
    this.#changed();
  }

  #changed(): void {
    this.#snapshots = undefined;
    this.#owners.clear();
    for (const each of this.#interfaces) {
      for (const { address } of each.prefixes) if (!this.#owners.has(address.text)) this.#owners.set(address.text, each);
    }
    this.fabric.topology.changed();
    for (const watcher of this.#watchers) watcher.notify(this.fabric.wire);
  }
}

/** Somebody who wants to know of changes. */
class Watcher implements Sleeper {
  #changed: (() => void) | undefined;
  #isWoken = false;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  notify(wire: Wire): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    wire.wakeSoon(this);
  }

  wake(): void {
    this.#isWoken = false;
    this.#changed?.();
  }

  end(): void {
    this.#changed = undefined;
  }
}

/** Locally administered (IEEE 802): 02:00, then host and interface. */
function macOf(hostNumber: number, index: number): string {
  const bytes = [2, 0, hostNumber >> 8, hostNumber & 0xff, index >> 8, index & 0xff];
  return bytes.map((byte) => (byte & 0xff).toString(16).padStart(2, "0")).join(":");
}
