// Further networks that promises are proven on.
import type { Host, HostInterface } from "../../support/lab/host.js";
import type { Lab } from "../../support/lab/lab.js";

/** A host on two cables, with a host at the end of each. */
export interface DualHomed {
  readonly host: Host;
  readonly eth0: HostInterface;
  readonly eth1: HostInterface;
  /** At the other end of eth0. */
  readonly a: HostInterface;
  /** At the other end of eth1. */
  readonly b: HostInterface;
}

/**
 * a – eth0 host eth1 – b. Everybody's default route is the first cable.
 *
 * @param suffix - Ends the names of its hosts, for a lab that has more than one such network.
 */
export async function dualHomed(lab: Lab, suffix = ""): Promise<DualHomed> {
  const host = await lab.addHost(`host${suffix}`);
  const eth0 = host.interface("eth0", ["10.78.0.1/24", "fd78::1/64"]);
  const eth1 = host.interface("eth1", ["10.78.1.1/24", "fd78:0:0:1::1/64"]);
  const a = (await lab.addHost(`a${suffix}`)).interface("eth0", ["10.78.0.2/24", "fd78::2/64"]);
  const b = (await lab.addHost(`b${suffix}`)).interface("eth0", ["10.78.1.2/24", "fd78:0:0:1::2/64"]);
  await lab.plug(eth0, a);
  await lab.plug(eth1, b);
  for (const end of [eth0, a, b]) for (const everything of ["0.0.0.0/0", "::/0"]) await end.addRoute(everything);
  return { host, eth0, eth1, a, b };
}
