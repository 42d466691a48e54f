// What `groupcast interfaces` knows: links, routes, groups with the programs that may have joined them, and the default.

import { type HostFiles, reportInterfaces } from "@groupcast/diagnosis";
import type { Network } from "@groupcast/reactor";
import { expect, test } from "vitest";
import { ETH0 } from "./examination.js";
import { hostOf } from "./host-folder.js";
import { PROC } from "./kernel-files.js";

const CANNOT_ASK = (): never => {
  throw new Error("dgram cannot ask for routes");
};

function report(files: HostFiles, routeTo: Network["routeTo"]): ReturnType<typeof reportInterfaces> {
  return reportInterfaces({ interfaces: () => [ETH0], routeTo } as unknown as Network, files);
}

test("reportInterfaces() names programs whose sockets may have joined a group, and the kernel for its own", () => {
  const links = { "/proc/17/fd/3": "socket:[4711]" };
  const { interfaces, hiddenProcesses } = report(
    hostOf({ ...PROC, "/proc/17/comm": "player\n", "/proc/5/comm": "x\n" }, links),
    CANNOT_ASK,
  );
  const groups = new Map(interfaces[0]!.groups.map((group) => [group.group, group]));
  expect(groups.get("239.1.2.5")).toEqual({
    group: "239.1.2.5",
    users: 2,
    igmpVersion: "V2",
    isKernels: false,
    possibleMembers: [
      { pid: 17, name: "player", uid: 1000, port: 5000 },
      { pid: undefined, name: undefined, uid: 33, port: 5353 }, // on "::", which receives IPv4, too
    ],
  });
  expect(groups.get("ff15::5")!.possibleMembers).toEqual([{ pid: undefined, name: undefined, uid: 33, port: 5353 }]);
  for (const own of ["224.0.0.1", "ff02::1:ff00:2"]) expect(groups.get(own)).toMatchObject({ isKernels: true, possibleMembers: [] });
  expect(hiddenProcesses).toBe(1);
});

test("reportInterfaces() says which interface is the default, and by which route", () => {
  const { defaults } = report(hostOf(PROC), () => ({ interface: ETH0, source: "192.0.2.10" }));
  expect(defaults[0]).toEqual({ family: 4, interface: "eth0", source: "192.0.2.10", reason: "the default route leads there (metric 100)" });
  expect(defaults[1]).toMatchObject({ family: 6, interface: "eth0", reason: "the route to ff00::/8 leads there (metric 256)" });
});

test("reportInterfaces() asks the tables where the backend cannot ask for routes", () => {
  const { defaults } = report(hostOf(PROC), CANNOT_ASK);
  expect(defaults[0]).toEqual({
    family: 4,
    interface: "eth1",
    source: undefined,
    reason: "the route to 224.0.0.0/4 leads there (metric 0)",
  });
});

test("reportInterfaces() says that there is no default", () => {
  const { defaults } = report(hostOf(PROC), () => undefined);
  expect(defaults.map((one) => one.interface)).toEqual([undefined, undefined]);
  expect(defaults[0]!.reason).toContain("ENODEV");
});

test("reportInterfaces() reports the files that it could not read, and what it knows without them", () => {
  const { interfaces, unread } = report(hostOf({}), () => undefined);
  expect(interfaces).toMatchObject([{ interface: ETH0, kind: "other", routes: [], groups: [] }]);
  expect(unread.map(({ path }) => path)).toEqual(
    ["igmp", "igmp6", "route", "ipv6_route", "udp", "udp6"].map((name) => `/proc/self/net/${name}`),
  );
});
