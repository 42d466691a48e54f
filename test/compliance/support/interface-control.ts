// Changes the interfaces of the namespace that this process was started in, and waits until the kernel has done all that it does later.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import type { InterfaceControl, RouteControl } from "@groupcast/backend-compliance";

const run = promisify(execFile);
const IFF_UP = 1;
const RTF_LOCAL = 0x8000_0000; // linux/ipv6_route.h
const NAME_FIELD = 5; // of /proc/net/if_inet6: proc(5)
const ROUTE_NAME_FIELD = 9; // of /proc/net/ipv6_route
const ROUTE_FLAGS_FIELD = 8;

/**
 * The ends of a cable must have different numbers: linkwatch_urgent_event of net/core/link_watch.c takes one whose peer has its own
 * number for a device of no consequence, and tells of its carrier up to a second later.
 */
let nextIndex = 1_000;

/** @param farSide - Name of the namespace that the other ends of cables go to. */
export function interfaceControl(farSide: string): InterfaceControl {
  return {
    async add(name, addresses) {
      const index = String(nextIndex++);
      await run("ip", ["link", "add", name, "index", index, "type", "veth", "peer", "name", name, "netns", farSide]);
      await run("ip", ["-n", farSide, "link", "set", "dev", name, "up"]);
      for (const address of addresses)
        await run("ip", ["address", "add", address, "dev", name, ...(address.includes(":") ? ["nodad"] : [])]);
      await setUp(name, true);
    },
    async remove(name) {
      await run("ip", ["link", "delete", "dev", name]);
    },
    setUp,
    async throttle(name, bytesPerSecond) {
      const rate = ["rate", `${8 * bytesPerSecond}bit`, "burst", "1600", "limit", "1000000"];
      await run("tc", ["qdisc", "add", "dev", name, "root", "tbf", ...rate]);
    },
  };
}

/** Sets routes. IPv6 looks for groups in the table `local` first, where each interface has a route to ff00::/8. */
export const routeControl: RouteControl = {
  async add(kind, destination) {
    await run("ip", [...familyOf(destination), "route", "add", kind, destination, ...tableOf(destination)]);
  },
  async remove(kind, destination) {
    await run("ip", [...familyOf(destination), "route", "delete", kind, destination, ...tableOf(destination)]);
  },
};

function familyOf(destination: string): string[] {
  return [destination.includes(":") ? "-6" : "-4"];
}

function tableOf(destination: string): string[] {
  return destination.includes(":") ? ["table", "local"] : [];
}

/** Through sysfs: a program for each change would take as long as a hundred of the random programs that change interfaces. */
async function setUp(name: string, isUp: boolean): Promise<void> {
  const file = `/sys/class/net/${name}/flags`;
  const flags = Number(readFileSync(file, "utf8"));
  writeFileSync(file, `0x${(isUp ? flags | IFF_UP : flags & ~IFF_UP).toString(16)}`);
  while (isUp && !isReady(name)) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether an address of link scope has come, every address of IPv6 can be reached, and groups can: addrconf_dad_work comes later. */
function isReady(name: string): boolean {
  const addresses = linesOf("/proc/net/if_inet6").flatMap(([address = "", ...rest]) => (rest[NAME_FIELD - 1] === name ? [address] : []));
  const routes = linesOf("/proc/net/ipv6_route").filter((fields) => fields[ROUTE_NAME_FIELD] === name);
  const isLocal = (fields: readonly string[]): boolean => (Number(`0x${fields[ROUTE_FLAGS_FIELD]}`) & RTF_LOCAL) !== 0;
  const own = new Set(routes.filter(isLocal).map(([address]) => address));
  const hasGroups = routes.some(([destination = ""]) => destination.startsWith("ff"));
  return hasGroups && addresses.some((address) => address.startsWith("fe80")) && addresses.every((address) => own.has(address));
}

function linesOf(file: string): string[][] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => line.trim().split(/\s+/));
}
