// Readers of /proc and /sys: what they make of good files, and what they answer to absent, cut, strange and hostile ones.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type HostFiles, hostFiles, type Reading } from "../../../packages/diagnosis/src/host-files.js";
import { readAddresses6 } from "../../../packages/diagnosis/src/kernel/addresses6.js";
import { readCounters, readInterfaceCounters } from "../../../packages/diagnosis/src/kernel/counters.js";
import { readReceivedPackets } from "../../../packages/diagnosis/src/kernel/interface-traffic.js";
import { readLink, readLinkSettings, readNumber } from "../../../packages/diagnosis/src/kernel/links.js";
import { readMemberships } from "../../../packages/diagnosis/src/kernel/memberships.js";
import { findSocketOwners } from "../../../packages/diagnosis/src/kernel/processes.js";
import { readMulticastRoutes } from "../../../packages/diagnosis/src/kernel/routes.js";
import { takeSnapshot } from "../../../packages/diagnosis/src/kernel/snapshot.js";
import { readSourceFilters } from "../../../packages/diagnosis/src/kernel/source-filters.js";
import { readSurroundings } from "../../../packages/diagnosis/src/kernel/surroundings.js";
import { readUDPSockets } from "../../../packages/diagnosis/src/kernel/udp-sockets.js";
import { hostOf } from "./host-folder.js";
import { PROC } from "./kernel-files.js";

/** Reader → the file that it reads. */
const READERS: readonly { readonly path: string; readonly read: (files: HostFiles) => Reading<unknown> }[] = [
  { path: "/proc/self/net/igmp", read: (files) => readMemberships(files, 4) },
  { path: "/proc/self/net/igmp6", read: (files) => readMemberships(files, 6) },
  { path: "/proc/self/net/udp", read: (files) => readUDPSockets(files, 4) },
  { path: "/proc/self/net/udp6", read: (files) => readUDPSockets(files, 6) },
  { path: "/proc/self/net/snmp", read: (files) => readCounters(files, 4) },
  { path: "/proc/self/net/netstat", read: (files) => readCounters(files, 4) },
  { path: "/proc/self/net/snmp6", read: (files) => readCounters(files, 6) },
  { path: "/proc/self/net/dev_snmp6/eth0", read: (files) => readInterfaceCounters(files, "eth0") },
  { path: "/proc/self/net/dev", read: (files) => readReceivedPackets(files, "eth10") },
  { path: "/proc/self/net/mcfilter", read: (files) => readSourceFilters(files, 4) },
  { path: "/proc/self/net/mcfilter6", read: (files) => readSourceFilters(files, 6) },
  { path: "/proc/self/net/if_inet6", read: readAddresses6 },
  { path: "/proc/self/net/route", read: (files) => readMulticastRoutes(files, 4) },
  { path: "/proc/self/net/ipv6_route", read: (files) => readMulticastRoutes(files, 6) },
  { path: "/proc/sys/net/ipv4/igmp_max_memberships", read: (files) => readNumber(files, "/proc/sys/net/ipv4/igmp_max_memberships") },
];

/** Files without a folder, where a test reads hundreds of them. */
function inMemory(files: Readonly<Record<string, string>>): HostFiles {
  const absent = (path: string) => ({ path, reason: "it does not exist" });
  return { read: (path) => (path in files ? { value: files[path]! } : absent(path)), list: absent, link: absent };
}

describe("good files", () => {
  test("readMemberships() returns group, interface, users and version of IGMP", () => {
    const eth0 = { interface: "eth0", interfaceIndex: 4, igmpVersion: "V2" };
    expect(readMemberships(hostOf(PROC), 4)).toEqual({
      value: [
        { interface: "lo", interfaceIndex: 1, igmpVersion: "V3", group: "224.0.0.1", users: 1 },
        { ...eth0, group: "239.1.2.5", users: 2 },
        { ...eth0, group: "224.0.0.251", users: 1 },
        { ...eth0, group: "224.0.0.1", users: 1 },
      ],
    });
    expect(readMemberships(hostOf(PROC), 6)).toEqual({
      value: [
        { interface: "lo", interfaceIndex: 1, group: "ff02::1", users: 1 },
        { interface: "eth0", interfaceIndex: 4, group: "ff15::5", users: 3 },
        { interface: "eth0", interfaceIndex: 4, group: "ff02::1:ff00:2", users: 1 },
      ],
    });
  });

  test("readUDPSockets() returns address, port, queue, drops and inode", () => {
    expect(readUDPSockets(hostOf(PROC), 4)).toEqual({
      value: [
        { address: "0.0.0.0", port: 5000, uid: 1000, inode: 4711, queuedBytes: 1024, drops: 17 },
        { address: "127.0.0.1", port: 53, uid: 0, inode: 4712, queuedBytes: 0, drops: 0 },
      ],
    });
    expect(readUDPSockets(hostOf(PROC), 6)).toMatchObject({
      value: [
        { address: "::", port: 5353, uid: 33, inode: 4713 },
        { address: "fe80::2fc:ff:0:1", port: 5353, inode: 4714 },
      ],
    });
  });

  test("readCounters() names counters by their table, and leaves out what is negative", () => {
    const { value } = readCounters(hostOf(PROC), 4) as { value: ReadonlyMap<string, unknown> };
    expect(value.get("Udp.IgnoredMulti")).toEqual({ path: "/proc/self/net/snmp", value: 7 });
    expect(value.get("IpExt.InMcastPkts")).toEqual({ path: "/proc/self/net/netstat", value: 200 });
    expect(value.get("TcpExt.IPReversePathFilter")).toEqual({ path: "/proc/self/net/netstat", value: 5 });
    expect([value.has("Tcp.RtoAlgorithm"), value.has("Tcp.MaxConn")]).toEqual([true, false]);
    const six = readCounters(hostOf(PROC), 6) as { value: ReadonlyMap<string, unknown> };
    expect(six.value.get("Udp6IgnoredMulti")).toEqual({ path: "/proc/self/net/snmp6", value: 1 });
  });

  test("readSourceFilters() returns who lets in a source, and who shuts it out", () => {
    const four = { interfaceIndex: 4, group: "239.1.2.5", source: "192.0.2.7", includedBy: 1, excludedBy: 0 };
    expect(readSourceFilters(hostOf(PROC), 4)).toEqual({ value: [four] });
    const six = { interfaceIndex: 4, group: "ff15::5", source: "2001:db8::7", includedBy: 0, excludedBy: 2 };
    expect(readSourceFilters(hostOf(PROC), 6)).toEqual({ value: [six] });
  });

  test("readAddresses6() tells tentative and duplicate addresses", () => {
    expect(readAddresses6(hostOf(PROC))).toEqual({
      value: [
        { address: "fe80::2fc:ff:fe00:1", interface: "eth0", isTentative: false, isDuplicate: false },
        { address: "fd00::2", interface: "eth0", isTentative: true, isDuplicate: true },
        { address: "::1", interface: "lo", isTentative: false, isDuplicate: false },
      ],
    });
  });

  test("readMulticastRoutes() returns routes to groups, the most specific first, without those that refuse", () => {
    expect(readMulticastRoutes(hostOf(PROC), 4)).toEqual({
      value: [
        { destination: "224.0.0.0/4", interface: "eth1", metric: 0 },
        { destination: "0.0.0.0/0", interface: "eth0", metric: 100 },
      ],
    });
    expect(readMulticastRoutes(hostOf(PROC), 6)).toEqual({
      value: [
        { destination: "ff00::/8", interface: "eth0", metric: 256 },
        { destination: "::/0", interface: "eth0", metric: 1024 },
      ],
    });
  });

  test("readLinkSettings() takes the larger of the interface's value and that of all", () => {
    const conf = "/proc/sys/net/ipv4/conf";
    const values = { [`${conf}/all/rp_filter`]: "1\n", [`${conf}/eth0/rp_filter`]: "0\n", [`${conf}/eth1/rp_filter`]: "2\n" };
    const files = hostOf({ ...values, [`${conf}/all/force_igmp_version`]: "0\n", [`${conf}/eth0/force_igmp_version`]: "3\n" });
    expect(readLinkSettings(files, "eth0")).toMatchObject({ rpFilter: { value: 1 }, forcedIGMP: { value: 3 } });
    expect(readLinkSettings(files, "eth1").rpFilter).toEqual({ value: 2 });
    expect(readLinkSettings(files, "eth1").forcedIGMP).toEqual({ path: `${conf}/eth1/force_igmp_version`, reason: "it does not exist" });
  });

  test.each([
    { kind: "loopback", files: { type: "772\n" } },
    { kind: "wifi", files: { type: "1\n", uevent: "DEVTYPE=wlan\nINTERFACE=x\n" } },
    { kind: "wifi", files: { "wireless/status": "0" } },
    { kind: "vxlan", files: { uevent: "DEVTYPE=vxlan\n" } },
    { kind: "tunnel", files: { tun_flags: "0x1002\n" } },
    { kind: "bridge", files: { "bridge/multicast_snooping": "1\n", "bridge/multicast_querier": "0\n" } },
    { kind: "other", files: { type: "1\n", uevent: "DEVTYPE=__proto__\n" } },
    { kind: "other", files: {} },
  ])("readLink() finds a link of kind $kind by $files", ({ kind, files }) => {
    const inFolder = Object.entries(files).map(([name, text]) => [`/sys/class/net/x/${name}`, text]);
    expect(readLink(hostOf(Object.fromEntries(inFolder)), "x").kind).toBe(kind);
  });

  test("readLink() tells whether a bridge prunes, and asks", () => {
    const files = { "/sys/class/net/br0/bridge/multicast_snooping": "1\n", "/sys/class/net/br0/bridge/multicast_querier": "0\n" };
    expect(readLink(hostOf(files), "br0")).toMatchObject({ snooping: true, querier: false, operstate: undefined });
  });

  test.each([
    { name: "eth0", value: 100 },
    { name: "eth10", value: 7 },
  ])("readReceivedPackets() reads $value of $name", ({ name, value }) => {
    expect(readReceivedPackets(hostOf(PROC), name)).toEqual({ value });
  });

  test("readReceivedPackets() says that an interface is not in the table", () => {
    expect(readReceivedPackets(hostOf(PROC), "eth1")).toEqual({ path: "/proc/self/net/dev", reason: "it has no interface eth1" });
  });

  test("findSocketOwners() follows descriptors to sockets, and counts processes that are hidden", () => {
    const links = { "/proc/17/fd/3": "socket:[4711]", "/proc/17/fd/4": "/dev/null", "/proc/9/fd/0": "socket:[1]", "/proc/self": "17" };
    const files = hostOf({ "/proc/17/comm": "player\n", "/proc/9/comm": "x\n", "/proc/5/comm": "no fd\n", "/proc/meminfo": "" }, links);
    const { byInode, hidden } = findSocketOwners(files, new Set([4711, 4999]));
    expect([...byInode]).toEqual([[4711, { pid: 17, name: "player" }]]);
    expect(hidden).toBe(1);
  });

  test.each([
    { files: { "/.dockerenv": "" }, found: { container: { name: "Docker", path: "/.dockerenv" }, cloud: undefined } },
    {
      files: { "/sys/class/dmi/id/sys_vendor": "Amazon EC2\n" },
      found: { container: undefined, cloud: { name: "Amazon EC2", path: "/sys/class/dmi/id/sys_vendor" } },
    },
    {
      files: { "/sys/class/dmi/id/chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77\n" },
      found: { container: undefined, cloud: { name: "Microsoft Azure", path: "/sys/class/dmi/id/chassis_asset_tag" } },
    },
    { files: { "/sys/class/dmi/id/sys_vendor": "LENOVO\n" }, found: { container: undefined, cloud: undefined } },
  ])("readSurroundings() of $files is $found", ({ files, found }) => {
    expect(readSurroundings(hostOf(files as unknown as Record<string, string>))).toEqual(found);
  });
});

describe("files that are not as they should be", () => {
  test.each(READERS)("$path: its reader answers that it does not exist", ({ path, read }) => {
    const { [path]: _, ...others } = PROC;
    expect(read(hostOf(others))).toEqual({ path, reason: "it does not exist" });
  });

  test.each(READERS)("$path: its reader answers that it is a folder", ({ path, read }) => {
    const { [path]: _, ...others } = PROC;
    expect(read(hostOf({ ...others, [`${path}/x`]: "" }))).toEqual({ path, reason: "it is a folder" });
  });

  test.each(READERS)("$path: its reader answers with a reason to a file cut anywhere, or reads whole lines", ({ path, read }) => {
    const whole = PROC[path]!;
    for (let length = 1; length < whole.length; length += 7) {
      const cut = whole.slice(0, length);
      const answer = read(inMemory({ ...PROC, [path]: cut }));
      if (!cut.endsWith("\n")) expect(answer, JSON.stringify(cut)).toMatchObject({ path, reason: expect.any(String) });
    }
  });

  test.each(READERS)("$path: its reader never throws, whatever the file has", ({ path, read }) => {
    const hostile = [
      "",
      "\n",
      "\0\0\0\n",
      "x\n",
      "a b c d e f g h i j k l m n o p\n".repeat(3),
      `${"9".repeat(400)}\n`,
      "\u{1f4a9}: \n\u202e:\n",
    ];
    for (const text of hostile) expect(read(inMemory({ ...PROC, [path]: text }))).toBeTypeOf("object");
  });

  test("readMemberships() answers with a reason to a group before any interface, and to a group that is none", () => {
    const path = "/proc/self/net/igmp";
    const before = "Idx	Device\n				010000E0     1 0:00000000		0\n";
    expect(readMemberships(hostOf({ [path]: before }), 4)).toEqual({ path, reason: "a group stands before any interface" });
    const strange = PROC[path]!.replace("050201EF", "05020ZEF");
    expect(readMemberships(hostOf({ [path]: strange }), 4)).toEqual({ path, reason: '"05020ZEF" is not an address of 8 hex digits' });
  });

  test("readCounters() answers with a reason to names without values", () => {
    const path = "/proc/self/net/netstat";
    const [names] = PROC[path]!.split("\n");
    expect(readCounters(hostOf({ ...PROC, [path]: `${names}\n` }), 4)).toEqual({ path, reason: "a line of names has no line of values" });
    const short = `${names}\nTcpExt: 1\n`;
    expect(readCounters(hostOf({ ...PROC, [path]: short }), 4)).toMatchObject({ path, reason: expect.stringContaining("TcpExt") });
  });

  test("readCounters() reads tables and columns that it does not know", () => {
    const path = "/proc/self/net/snmp";
    const newer = `${PROC[path]}Quic: InDatagrams New\nQuic: 1 2\n`
      .replaceAll("Udp: InDatagrams", "Udp: Newest InDatagrams")
      .replace("Udp: 50", "Udp: 3 50");
    const { value } = readCounters(hostOf({ ...PROC, [path]: newer }), 4) as { value: ReadonlyMap<string, { value: number }> };
    expect([value.get("Udp.InDatagrams")?.value, value.get("Quic.New")?.value]).toEqual([50, 2]);
  });

  test("hostFiles() waits for no writer of a pipe in the place of a file", () => {
    const folder = execFileSync("mktemp", ["-d"], { encoding: "utf8" }).trim();
    execFileSync("mkfifo", [join(folder, "pipe")]);
    expect(hostFiles(folder).read("/pipe")).toEqual({ value: "" });
    execFileSync("rm", ["-r", folder]);
  });
});

test("takeSnapshot reads the counters of IP before the sockets, and all counters after them, UDP's first", () => {
  const host = hostOf(PROC);
  const paths: string[] = [];
  const read = (path: string) => {
    paths.push(path);
    return host.read(path);
  };
  takeSnapshot({ ...host, read }, 4, undefined);
  const [udp, lastSNMP, lastNETSTAT] = ["udp", "snmp", "netstat"].map((name) => paths.lastIndexOf(`/proc/self/net/${name}`)) as [
    number,
    number,
    number,
  ];
  expect(paths.indexOf("/proc/self/net/netstat")).toBeLessThan(udp);
  expect(udp).toBeLessThan(lastSNMP);
  expect(lastSNMP).toBeLessThan(lastNETSTAT);
});
