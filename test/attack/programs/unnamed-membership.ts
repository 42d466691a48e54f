// Joins a group where the kernel chooses the interface, changes the route or the interfaces meanwhile, and leaves it again, on dgram, in a
// network namespace of its own. Prints for each case the interfaces that have the group after each step. Argument: the IP version.
import { execFileSync } from "node:child_process";
import { chooseBackend, type MulticastPort, Reactor } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { SILENT } from "../support/silent.js";
import { until } from "../support/until.js";

const IS_IPV4 = process.argv[2] === "4";
const GROUP = IS_IPV4 ? "239.255.78.3" : "ff15::4e:3";

interface Case {
  readonly reactor: Reactor;
  readonly port: MulticastPort;
}

/** Steps of each case: what they do, and what then has the group is noted. */
const CASES: Readonly<Record<string, readonly ((c: Case) => unknown)[]>> = {
  "the route goes elsewhere": [join(), () => routeVia("vb"), leave(), join(), leave()],
  "the route is gone": [join(), () => routeVia(undefined), leave(), () => routeVia("va"), join(), leave()],
  "beside a named interface": [join(), join("vb"), leave(), leave("vb")],
  "the route goes to a named interface": [join(), join("vb"), () => routeVia("vb"), leave(), leave("vb")],
  "the interface is named, too, and the one without is left": [join(), join("va"), leave(), leave("va")],
  "the interface is named, too, and left": [join(), join("va"), leave("va"), leave()],
  "the interface is down": [join(), (c) => setLink(c, "down"), leave(), (c) => setLink(c, "up")],
  "a new interface takes the route": [join(), (c) => addInterface(c, "vc", 3), leave()],
  "a new interface takes the route, beside a named one": [join(), join("vb"), (c) => addInterface(c, "vd", 4), leave(), leave("vb")],
};

await attackProcess(async () => {
  ip("link set lo up", ...interfaceLines("va", 1), ...interfaceLines("vb", 2));
  const outcomes: Record<string, string[]> = {};
  for (const [name, steps] of Object.entries(CASES)) {
    routeVia("va");
    await using reactor = new Reactor({ backend: chooseBackend("dgram"), logger: SILENT });
    const port = reactor.listenMulticast(0, {}, { interface: IS_IPV4 ? "0.0.0.0" : "::" });
    const noted: string[] = [];
    for (const step of steps) {
      await step({ reactor, port });
      noted.push(members());
    }
    outcomes[name] = noted;
  }
  return { outcomes };
});

function join(on?: string): (c: Case) => void {
  return ({ port }) => port.joinGroup(GROUP, on);
}

function leave(on?: string): (c: Case) => void {
  return ({ port }) => port.leaveGroup(GROUP, on);
}

/** The interface goes down, or up again; dgram hears of it later. */
async function setLink({ reactor }: Case, state: "up" | "down"): Promise<void> {
  ip(`link set va ${state}`);
  if (state === "up") return routeVia("va");
  await until("the interface is gone", () => !reactor.network.interfaces().some(({ name }) => name === "va"));
}

/** An interface appears that has the route. */
async function addInterface({ reactor }: Case, name: string, subnet: number): Promise<void> {
  const isHeard = new Promise((resolve) => reactor.network.once("change", resolve));
  ip(...interfaceLines(name, subnet));
  routeVia(name); // the event loop is blocked until here
  await isHeard;
  await new Promise(setImmediate); // the port hears of it, too
}

function interfaceLines(name: string, subnet: number): string[] {
  return [
    `link add ${name} type veth peer name ${name}p`,
    `link set ${name}p up`,
    `addr add 10.78.${subnet}.1/24 dev ${name}`,
    `addr add fd78:0:0:${subnet}::1/64 dev ${name} nodad`,
    `link set ${name} up`,
  ];
}

/** Makes the kernel choose this interface for the group. */
function routeVia(name: string | undefined): void {
  const route = IS_IPV4 ? ["-4", "route"] : ["-6", "route"];
  const subject = IS_IPV4 ? ["239.255.0.0/16"] : ["multicast", "ff15::/16", "table", "local"];
  try {
    execFileSync("ip", [...route, "del", ...subject], { stdio: "ignore" });
  } catch {} // there was none
  if (name !== undefined) execFileSync("ip", [...route, "add", ...subject, "dev", name]);
  else if (!IS_IPV4) execFileSync("ip", [...route, "add", "unreachable", "ff15::/16", "table", "local"]);
}

function members(): string {
  const interfaces = JSON.parse(execFileSync("ip", ["-json", "maddr"], { encoding: "utf8" })) as {
    readonly ifname: string;
    readonly maddr: readonly { readonly address?: string; readonly users?: number }[];
  }[];
  return interfaces
    .filter(({ maddr }) => maddr.some(({ address }) => address === GROUP))
    .map(({ ifname }) => ifname)
    .join();
}

function ip(...lines: string[]): void {
  execFileSync("ip", ["-batch", "-"], { input: lines.join("\n") });
}
