// Judgement of causes at their bounds. That each is found on a real host is in test/lab/doctor.test.ts.
import { expect, test } from "vitest";
import { judgeCauses } from "../../../packages/diagnosis/src/causes/judge-causes.js";
import { CAUSES } from "../../../packages/diagnosis/src/verdict/cause-id.js";
import { ARRIVAL, ETH0, examinationOf, found, judge, type Parts } from "./examination.js";
import { DEV, IGMP, MCFILTER, NETSTAT, SNMP, SNMP6, UDP, UDP6 } from "./kernel-files.js";

const ARRIVES = { observations: { arrivals: { value: [ARRIVAL] } } } as const;
const netstat = (from: string, to: string) => ({ "/proc/self/net/netstat": NETSTAT.replace(from, to) });
const snmp = (from: string, to: string) => ({ "/proc/self/net/snmp": SNMP.replace(from, to) });
/** Packets of groups that IP counted, and nothing above it. */
const dropped = (count: number) => ({ ...netstat("200 100", `${200 + count} 100`), ...snmp("100 0 90", `${100 + count} 0 90`) });
const COUNTED = SNMP.replace("100 0 90", "110 0 90").replace("50 1 2 60 2 0 0 7", "53 2 5 60 2 0 0 8");
const rpFilter = (value: number) => ({ "/proc/sys/net/ipv4/conf/eth0/rp_filter": `${value}\n` });
const WITHOUT_FILTER = { "/proc/self/net/mcfilter": "Idx Device        MCA        SRC    INC    EXC\n" };
const UNJOINED = { ...WITHOUT_FILTER, "/proc/self/net/igmp": IGMP.replace("050201EF", "060201EF") };
/** No group is joined but the one of the target, and that of all hosts. */
const ALONE = { files: { "/proc/self/net/igmp": IGMP.replace(/.*FB0000E0.*\n/, "") } };
const ONE_SOURCE = { "/proc/self/net/igmp": IGMP.replace("050201EF     2", "050201EF     1") };
const inOrOut = (included: number, excluded: number) => ({
  "/proc/self/net/mcfilter": MCFILTER.replace("      1      0", `      ${included}      ${excluded}`),
});
const socket = (address: string) => ({ "/proc/self/net/udp": UDP.replace("00000000:1388", `${address}:1388`) });
const IPV6 = { family: 6, address: "ff15::5", port: 5353 } as const;
const snmp6 = (values: Readonly<Record<string, number>>) => ({
  "/proc/self/net/snmp6": Object.entries(values).reduce(
    (text, [name, value]) => text.replace(new RegExp(`^(${name}\\s+)\\d+`, "m"), `$1${value}`),
    SNMP6,
  ),
});
const RECEIVER = { address: "198.51.100.7", gateway: undefined };
/** Packets that IP counted, and neither passed on nor looked up members for. */
const missed = (count: number) => snmp("100 0 90", `${100 + count} 0 90`);
const from = (source: string) => ({ observations: { arrivals: { value: [{ ...ARRIVAL, source }] } } }) as const;

const ROWS: readonly (Parts & { readonly what: string; readonly finds: readonly string[] })[] = [
  { what: "nothing arrives, and nothing is wrong", finds: [] },
  { what: "datagrams arrive", ...ARRIVES, finds: [] },
  { what: "the interface is down", interface: { flags: { ...ETH0.flags, up: false } }, finds: ["interface-down certain"] },
  { what: "the interface has no link", interface: { flags: { ...ETH0.flags, running: false } }, finds: ["no-carrier certain"] },
  {
    what: "no MULTICAST, and not joined",
    files: UNJOINED,
    interface: { flags: { ...ETH0.flags, multicast: false } },
    finds: ["no-multicast-flag likely", "not-joined certain"],
  },
  {
    what: "no MULTICAST, datagrams arrive, and the program has not joined",
    ...ARRIVES,
    files: UNJOINED,
    interface: { flags: { ...ETH0.flags, multicast: false } },
    finds: ["no-multicast-flag likely", "not-joined certain"],
  },
  {
    what: "no MULTICAST, datagrams arrive, and nobody listens",
    ...ARRIVES,
    files: UNJOINED,
    target: { port: 5999 },
    interface: { flags: { ...ETH0.flags, multicast: false } },
    finds: [],
  },
  { what: "no MULTICAST, and a member all the same", interface: { flags: { ...ETH0.flags, multicast: false } }, finds: [] },
  { what: "no address", interface: { addresses: [] }, finds: ["no-address certain"] },
  { what: "an unknown interface", target: { asked: "eth9", interface: undefined }, finds: ["interface-missing certain"] },
  { what: "no route, and a member who receives nothing", target: { routed: { value: undefined } }, finds: ["no-route possible"] },
  {
    what: "no route, and no member",
    files: UNJOINED,
    target: { routed: { value: undefined }, port: 5999 },
    finds: ["no-route certain", "nobody-listens possible"],
  },
  { what: "no route, and a member who receives", ...ARRIVES, target: { routed: { value: undefined } }, finds: [] },
  { what: "no route, and the interface is named", target: { routed: { value: undefined }, asked: "eth0" }, finds: [] },
  { what: "reverse paths, 3 dropped", files: rpFilter(1), after: netstat("0 5", "0 8"), finds: ["rp-filter certain"] },
  { what: "reverse paths, 2 dropped", files: rpFilter(2), after: netstat("0 5", "0 7"), finds: ["rp-filter likely"] },
  { what: "reverse paths, none dropped", files: rpFilter(1), finds: [] },
  { what: "reverse paths dropped, and no filter here", after: netstat("0 5", "0 8"), finds: [] },
  { what: "reverse paths dropped, and datagrams arrive", ...ARRIVES, files: rpFilter(1), after: netstat("0 5", "0 8"), finds: [] },
  { what: "3 packets that reached no socket, and no other group is joined", ...ALONE, after: dropped(3), finds: ["firewall likely"] },
  { what: "3 packets that reached no socket, and another group is joined", after: dropped(3), finds: ["firewall possible"] },
  { what: "2 packets that reached no socket", after: dropped(2), finds: [] },
  { what: "3 packets that reached another protocol, such as VRRP", after: { ...dropped(3), ...snmp("100 0 90", "103 0 93") }, finds: [] },
  { what: "3 packets that were passed on", after: { ...dropped(3), ...snmp("100 0 90", "103 3 90") }, finds: [] },
  { what: "3 packets that IP dropped before it looked for members", after: missed(3), finds: ["firewall possible"] },
  { what: "2 packets that IP dropped before it looked for members", after: missed(2), finds: [] },
  { what: "3 packets that IP dropped early, and datagrams arrive", ...ARRIVES, after: missed(3), finds: [] },
  {
    what: "3 packets that IP dropped early, and datagrams come in elsewhere",
    files: WITHOUT_FILTER,
    observations: { arrivals: { value: [{ ...ARRIVAL, interface: "eth1" }] } },
    after: missed(3),
    finds: ["wrong-interface certain"],
  },
  {
    what: "3 packets that IP dropped early, by the reverse path filter",
    files: rpFilter(1),
    after: { ...missed(3), ...netstat("0 5", "0 8") },
    finds: ["rp-filter certain"],
  },
  { what: "6 fragments of 2 datagrams", after: snmp("100 0 90 0 0", "106 0 92 6 2"), finds: [] },
  {
    what: "3 packets of IPv6 that IP dropped before it looked for members",
    target: IPV6,
    after: snmp6({ Ip6InReceives: 13 }),
    finds: ["firewall possible"],
  },
  {
    what: "3 packets to groups of IPv6 that this host has not joined",
    target: IPV6,
    after: snmp6({ Ip6InReceives: 13, Ip6InMcastPkts: 7 }),
    finds: [],
  },
  {
    what: "packets that UDP counted, and others that IP dropped before it looked for members",
    after: { ...netstat("200 100", "210 100"), "/proc/self/net/snmp": COUNTED },
    finds: ["firewall possible"],
  },
  {
    what: "packets that UDP counted",
    after: { ...netstat("200 100", "210 100"), "/proc/self/net/snmp": COUNTED.replace("110 0 90", "110 0 100") },
    finds: [],
  },
  {
    what: "packets that wait in a socket",
    after: { ...dropped(10), "/proc/self/net/udp": UDP.replace("00000400", "00000800") },
    finds: [],
  },
  {
    what: "packets that wait in a socket of both IP versions",
    after: { ...dropped(10), "/proc/self/net/udp6": UDP6.replace("00000000:00000000 00:", "00000000:00000800 00:") },
    finds: [],
  },
  {
    what: "the probe's own are lost, and reached IP",
    observations: { selfTest: { value: { sent: 3, arrived: 0, refusal: undefined } } },
    after: netstat("200 100", "203 100"),
    finds: ["firewall certain"],
  },
  {
    what: "the probe's own are lost before IP",
    observations: { selfTest: { value: { sent: 3, arrived: 0, refusal: undefined } } },
    finds: ["firewall likely"],
  },
  {
    what: "one of the probe's own comes back",
    observations: { selfTest: { value: { sent: 3, arrived: 1, refusal: undefined } } },
    finds: [],
  },
  {
    what: "the probe's own are refused with EPERM",
    observations: { selfTest: { value: { sent: 0, arrived: 0, refusal: "EPERM" } } },
    after: netstat("200 100", "203 100"),
    finds: ["send-refused certain"],
  },
  { what: "3 fragments, nothing whole", after: snmp("90 0 0", "90 3 0"), finds: ["fragments certain"] },
  { what: "2 fragments, nothing whole", after: snmp("90 0 0", "90 2 0"), finds: [] },
  { what: "fragments, one datagram whole", after: snmp("90 0 0", "90 3 1"), finds: [] },
  { what: "drops of the socket grow", after: { "/proc/self/net/udp": UDP.replace(" 17 ", " 18 ") }, finds: ["receive-buffer certain"] },
  { what: "drops of another socket grow", after: { "/proc/self/net/udp": UDP.replace(/ 0 {9}\n$/, " 9         \n") }, finds: [] },
  {
    what: "drops of a socket that is gone",
    after: { "/proc/self/net/udp": UDP.replace("4711", "4799").replace(" 17 ", " 99 ") },
    finds: [],
  },
  { what: "bound to a unicast address", files: socket("0A0200C0"), finds: ["bound-to-unicast certain"] },
  { what: "bound to another group", files: socket("060201EF"), finds: ["bound-to-unicast certain"] },
  { what: "bound to the group", files: socket("050201EF"), finds: [] },
  { what: "not joined", files: UNJOINED, finds: ["not-joined certain"] },
  { what: "not joined, and nobody on the port", files: UNJOINED, target: { port: 5999 }, finds: ["nobody-listens possible"] },
  { what: "nobody on the port, and datagrams arrive", ...ARRIVES, target: { port: 5999 }, finds: [] },
  { what: "nobody on the port, and another host is to receive", target: { port: 5999, receiver: RECEIVER }, finds: [] },
  { what: "nobody on the port but a program bound to a unicast address", files: socket("0A0200C0"), finds: ["bound-to-unicast certain"] },
  { what: "not joined, and no port named", files: UNJOINED, target: { port: undefined }, finds: [] },
  {
    what: "not joined, and two groups are the limit",
    files: UNJOINED,
    rest: { membershipLimit: { value: 3 } },
    finds: ["membership-limit likely", "not-joined certain"],
  },
  {
    what: "not joined, and four groups are the limit",
    files: UNJOINED,
    rest: { membershipLimit: { value: 4 } },
    finds: ["not-joined certain"],
  },
  {
    what: "by another interface than the member's",
    files: WITHOUT_FILTER,
    observations: { arrivals: { value: [{ ...ARRIVAL, interface: "eth1" }] } },
    finds: ["wrong-interface certain"],
  },
  {
    what: "sent by this host by another interface than the member's",
    files: WITHOUT_FILTER,
    observations: { arrivals: { value: [{ ...ARRIVAL, isThisHost: true, interface: "eth1" }] } },
    finds: ["wrong-interface likely"],
  },
  {
    what: "sent by this host by another interface than the route's, and nobody has joined",
    files: UNJOINED,
    target: { port: 5999 },
    observations: { arrivals: { value: [{ ...ARRIVAL, isThisHost: true, interface: "eth1" }] } },
    finds: ["nobody-listens possible"],
  },
  {
    what: "sent by this host by another interface than the member's, and from elsewhere by the member's",
    files: WITHOUT_FILTER,
    observations: { arrivals: { value: [{ ...ARRIVAL, isThisHost: true, interface: "eth1" }, ARRIVAL] } },
    finds: [],
  },
  {
    what: "by another interface than the route's",
    files: UNJOINED,
    target: { port: 5999 },
    observations: { arrivals: { value: [{ ...ARRIVAL, interface: "eth1" }] } },
    finds: ["wrong-interface likely", "nobody-listens possible"],
  },
  {
    what: "by the member's interface and by another",
    files: WITHOUT_FILTER,
    observations: { arrivals: { value: [{ ...ARRIVAL, interface: "eth1" }, ARRIVAL] } },
    finds: [],
  },
  { what: "one member, for another source", files: ONE_SOURCE, ...from("192.0.2.8"), finds: ["source-filter certain"] },
  { what: "one member, for this source", files: ONE_SOURCE, ...from("192.0.2.7"), finds: [] },
  { what: "two members, one of them for any source", ...from("192.0.2.8"), finds: [] },
  { what: "two members, both shut it out", files: inOrOut(0, 2), ...from("192.0.2.7"), finds: ["source-filter certain"] },
  { what: "two members, one shuts it out", files: inOrOut(0, 1), ...from("192.0.2.7"), finds: [] },
  { what: "3 datagrams to other ports", after: snmp("0 0 7 0", "0 0 10 0"), finds: ["other-port likely"] },
  { what: "2 datagrams to other ports", after: snmp("0 0 7 0", "0 0 9 0"), finds: [] },
  { what: "3 datagrams to other ports, and some arrive", ...ARRIVES, after: snmp("0 0 7 0", "0 0 10 0"), finds: [] },
  {
    what: "TTL 0 of this host",
    observations: { arrivals: { value: [{ ...ARRIVAL, isThisHost: true, ttl: 0 }] } },
    finds: ["ttl-zero certain"],
  },
  { what: "TTL 0 of another host", observations: { arrivals: { value: [{ ...ARRIVAL, ttl: 0 }] } }, finds: [] },
  { what: "9 packets out, 3 memberships", after: netstat("200 100", "200 109"), finds: ["loopback-off possible"] },
  {
    what: "9 packets out, 3 of them come back",
    after: { ...netstat("200 100", "203 109"), ...snmp("50 1 2 60 2 0 0 7", "53 1 2 60 2 0 0 7") },
    finds: [],
  },
  {
    what: "a counter that was reset",
    files: netstat("0 5", "0 900"),
    after: { ...netstat("0 5", "0 1"), ...snmp("50 1", "0 0") },
    finds: [],
  },
  {
    what: "TTL 1, and a receiver behind a router",
    target: { receiver: { address: "198.51.100.7", gateway: "192.0.2.1" } },
    observations: { arrivals: { value: [{ ...ARRIVAL, isThisHost: true, ttl: 1 }] } },
    finds: ["ttl-too-small certain"],
  },
  {
    what: "TTL 1, and a receiver on the link",
    target: { receiver: { address: "192.0.2.7", gateway: undefined } },
    observations: { arrivals: { value: [{ ...ARRIVAL, isThisHost: true, ttl: 1 }] } },
    finds: [],
  },
  { what: "8 packets out, 3 memberships", after: netstat("200 100", "200 108"), finds: [] },
  { what: "a forced version", files: { "/proc/sys/net/ipv4/conf/all/force_igmp_version": "2\n" }, finds: ["forced-version possible"] },
  {
    what: "a container, and a program bound to a unicast address that is no member: what is possible comes last",
    files: { ...UNJOINED, ...socket("0A0200C0") },
    rest: { surroundings: { container: { name: "Docker", path: "/.dockerenv" }, cloud: undefined } },
    finds: ["bound-to-unicast certain", "not-joined certain", "container possible"],
  },
  {
    what: "a container",
    rest: { surroundings: { container: { name: "Docker", path: "/.dockerenv" }, cloud: undefined } },
    finds: ["container possible"],
  },
  {
    what: "a source filter, and datagrams of more senders than are told apart",
    files: ONE_SOURCE,
    ...from("others"),
    finds: [],
  },
  {
    what: "a container that receives",
    ...ARRIVES,
    rest: { surroundings: { container: { name: "Docker", path: "/.dockerenv" }, cloud: { name: "x", path: "/y" } } },
    finds: [],
  },
];

test.each(ROWS)("judgeCauses() finds $finds: $what", ({ finds, ...parts }) => {
  expect(found(parts)).toEqual(finds);
});

test("judgeCauses() says of each cause whether it is found, cleared or not checked", () => {
  const { findings, cleared, unchecked } = judge({});
  const hosts = ["port-shared"];
  const named = [...findings, ...cleared, ...unchecked].map(({ cause }) => cause);
  expect(named.toSorted()).toEqual(
    Object.keys(CAUSES)
      .filter((cause) => !hosts.includes(cause))
      .toSorted(),
  );
});

test("judgeCauses() says which file it could not read, and that root may", () => {
  const { unchecked } = judge({
    rest: { addresses6: { path: "/proc/self/net/if_inet6", reason: "this user may not read it" } },
    target: { family: 6 },
  });
  expect(unchecked.find(({ cause }) => cause === "no-link-local")).toMatchObject({
    reason: "/proc/self/net/if_inet6 could not be read: this user may not read it",
    remedy: "run it as root",
  });
});

test.each([
  { received: 103, isUnchecked: true },
  { received: 102, isUnchecked: false },
])("judgeCauses() excludes no rule at ingress where the interface received $received packets, 100 before", ({ received, isUnchecked }) => {
  const { cleared, unchecked } = judge({ after: { "/proc/self/net/dev": DEV.replace(" 100 ", ` ${received} `) } });
  expect(cleared.some(({ cause }) => cause === "firewall")).toBe(!isUnchecked);
  const firewall = unchecked.find(({ cause }) => cause === "firewall");
  if (!isUnchecked) return expect(firewall).toBeUndefined();
  expect(firewall).toMatchObject({
    reason: expect.stringContaining("eth0 received 3 packets"),
    remedy: expect.stringContaining("tcpdump -ni eth0 host 239.1.2.5"),
  });
});

test.each([
  { what: "datagrams arrive", parts: ARRIVES, remedy: "start the program, and run this again" },
  { what: "another host is to receive", parts: { target: { receiver: RECEIVER } }, remedy: "run it there" },
])("judgeCauses() does not clear nobody-listens where nobody does: $what", ({ parts, remedy }: { parts: Parts; remedy: string }) => {
  const { unchecked } = judge({ ...parts, target: { ...parts.target, port: 5999 } });
  expect(unchecked.find(({ cause }) => cause === "nobody-listens")).toMatchObject({ remedy });
});

test("judgeCauses() takes a port that is examined for a program that listens", () => {
  const port = { missingMemberships: [], ttl: 1, loopback: true, kernelDrops: [0, 0] } as const;
  expect(found({ target: { port: 5999 }, rest: { port } })).toEqual([]);
});

test("judgeCauses() says that this kernel does not count what it needs", () => {
  const { unchecked } = judge({ files: { "/proc/self/net/netstat": "IpExt: InMcastPkts\nIpExt: 1\n", ...rpFilter(1) } });
  const reasons = Object.fromEntries(unchecked.map(({ cause, reason }) => [cause, reason]));
  expect(reasons["rp-filter"]).toBe("this kernel does not count TcpExt.IPReversePathFilter");
});

test("judgeCauses() finds nothing in a host that tells nothing", () => {
  const absent = Object.fromEntries(["igmp", "udp", "udp6", "snmp", "netstat", "mcfilter"].map((name) => [`/proc/self/net/${name}`, "?"]));
  const { findings, unchecked } = judge({ files: absent, after: absent });
  expect(findings).toEqual([]);
  expect(unchecked.map(({ cause }) => cause)).toEqual(
    expect.arrayContaining(["rp-filter", "firewall", "not-joined", "receive-buffer", "other-port"]),
  );
});

test("a packet that comes while the counters are read, one after another, is no packet that a firewall drops", () => {
  const examination = examinationOf({ after: dropped(3) });
  const { after, during } = examination;
  expect(judgeCauses(examination).findings).toMatchObject([{ cause: "firewall" }]);
  expect(judgeCauses({ ...examination, after: { ...after, countersBefore: during.counters } }).findings).toEqual([]);
});

test.each([
  { what: "another group", groups: ["FB0000E0"], told: "224.0.0.251" },
  {
    what: "five",
    groups: ["010000EF", "020000EF", "030000EF", "040000EF", "050000EF"],
    told: "239.0.0.1, 239.0.0.2, 239.0.0.3, 239.0.0.4 and 1 more",
  },
])("judgeCauses() names other groups that lost packets may be to: $what", ({ groups, told }) => {
  const lines = groups.map((group) => `\t\t\t\t${group}     1 0:00000000\t\t0\n`).join("");
  const files = { "/proc/self/net/igmp": IGMP.replace(/.*FB0000E0.*\n/, lines) };
  const [finding] = judge({ files, after: dropped(3) }).findings;
  expect(finding).toMatchObject({ cause: "firewall", likelihood: "possible", explanation: expect.stringContaining(`joined: ${told}.`) });
  expect(finding!.evidence.at(-1)).toMatchObject({ source: "/proc/self/net/igmp", value: told });
  expect(finding!.fixes[0]!.text).toContain("tcpdump -ni eth0 host 239.1.2.5");
});
