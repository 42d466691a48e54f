// Two hosts with a cable for each interface: contracts are tried on one, the other holds the far ends.
import type { Host } from "../../support/lab/host.js";
import { Lab } from "../../support/lab/lab.js";
import { allOf, canMakeNamespaces, hasCommand, isRoot, type Probe } from "../../support/probe.js";
import { INTERFACES } from "./interfaces.js";

/** Everything that a lab for contracts needs. */
export const canIsolate: Probe = allOf(isRoot, hasCommand("ip", "iproute2"), hasCommand("tc", "iproute2"), canMakeNamespaces);

const SYSCTLS = {
  // Switching an interface off leaves it its IPv6 addresses, as it leaves it those of IPv4.
  "net.ipv6.conf.all.keep_addr_on_down": 1,
  "net.ipv6.conf.default.keep_addr_on_down": 1,
  // Every refusal is told, however many there are in a second: ip-sysctl of the kernel's documentation.
  "net.ipv4.icmp_ratelimit": 0,
  "net.ipv4.icmp_msgs_per_sec": 1_000_000,
  "net.ipv4.icmp_msgs_burst": 1_000_000,
  "net.ipv6.icmp.ratelimit": 0,
};

export async function makeContractLab(): Promise<Lab> {
  const lab = await Lab.create("contracts");
  const near = await lab.addHost("near");
  const far = await lab.addHost("far");
  await near.sysctl(SYSCTLS);
  for (const [name, addresses] of Object.entries(INTERFACES)) await lab.plug(near.interface(name, addresses), far.interface(name));
  return lab;
}

/** The host that contracts are tried on. */
export function nearSideOf(lab: Lab): Host {
  return lab.host("near");
}

/** Name of the namespace with the far ends. */
export function farSideOf(lab: Lab): string {
  return lab.host("far").namespace.name;
}
