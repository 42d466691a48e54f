// The networks that most promises are proven on.
import type { Host, HostInterface } from "./host.js";
import type { Lab } from "./lab.js";
import type { MulticastRoute } from "./multicast-router.js";
import type { Switch, SwitchOptions } from "./switch.js";

/** Two hosts on a cable. */
export interface Cabled {
  readonly a: HostInterface;
  readonly b: HostInterface;
}

/** Hosts on a switch. */
export interface Switched {
  readonly uplink: Switch;
  /** `eth0` of each host, in the order of their names. */
  readonly interfaces: readonly HostInterface[];
}

/** Two hosts with a multicast router between them. */
export interface Routed {
  readonly a: HostInterface;
  readonly b: HostInterface;
  readonly router: Host;
  /** The router's interfaces, on the cable to a and on the cable to b. */
  readonly toA: HostInterface;
  readonly toB: HostInterface;
}

/** Addresses in the subnet of the n-th cable or switch. Hosts are numbered from 1. */
function addressesOf(subnet: number, host: number): readonly string[] {
  return [`10.77.${subnet}.${host}/24`, `fd77:0:0:${subnet}::${host}/64`];
}

/** a – b. Both have default routes, as hosts in the wild have them: into the cable, where nobody passes anything on. */
export async function cabled(lab: Lab): Promise<Cabled> {
  const a = (await lab.addHost("a")).interface("eth0", addressesOf(1, 1));
  const b = (await lab.addHost("b")).interface("eth0", addressesOf(1, 2));
  await lab.plug(a, b);
  for (const end of [a, b]) await addDefaultRoutes(end);
  return { a, b };
}

/**
 * Hosts with the given names on one switch. The port of each on the switch has the host's name.
 *
 * A switch that prunes (snooping and a querier, as by default) does so when this returns.
 */
export async function switched(lab: Lab, names: readonly string[], options: SwitchOptions = {}): Promise<Switched> {
  const uplink = await lab.addSwitch("switch", options);
  const interfaces: HostInterface[] = [];
  for (const [index, name] of names.entries()) {
    const end = (await lab.addHost(name)).interface("eth0", addressesOf(1, index + 1));
    await lab.plug(end, uplink.port(name));
    await addDefaultRoutes(end);
    interfaces.push(end);
  }
  if (options.snooping !== false && options.querier !== false) await whenPruning(uplink, interfaces);
  return { uplink, interfaces };
}

async function addDefaultRoutes(end: HostInterface): Promise<void> {
  for (const everything of ["0.0.0.0/0", "::/0"]) await end.addRoute(everything);
}

async function whenPruning(uplink: Switch, [one, other]: readonly HostInterface[]): Promise<void> {
  if (one === undefined || other === undefined) throw new RangeError("It takes two hosts to see whether a switch prunes");
  const bystander = await other.capture();
  await uplink.whenPruning(one, bystander);
  await bystander.stop();
}

/** a – router – b. The router passes the groups on from a's cable to b's. */
export async function routed(lab: Lab, groups: readonly string[]): Promise<Routed> {
  const router = await lab.addHost("router");
  const toA = router.interface("to-a", addressesOf(1, 254));
  const toB = router.interface("to-b", addressesOf(2, 254));
  const a = (await lab.addHost("a")).interface("eth0", addressesOf(1, 1));
  const b = (await lab.addHost("b")).interface("eth0", addressesOf(2, 1));
  await lab.plug(a, toA);
  await lab.plug(b, toB);
  for (const [end, gateway] of [[a, toA] as const, [b, toB] as const]) {
    await end.addRoute(`default via ${gateway.ipv4}`);
    await end.addRoute(`default via ${gateway.ipv6}`);
  }
  await router.routeMulticast(groups.map((group): MulticastRoute => ({ from: toA.name, group, to: [toB.name] })));
  return { a, b, router, toA, toB };
}
