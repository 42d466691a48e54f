import { MemoryNetwork } from "@groupcast/backend-memory";
import { HostSource, Monitor } from "@groupcast/monitor";
import { Reactor } from "groupcast";
import { expect, test } from "vitest";
import { readInterfaceTraffic } from "../../../packages/diagnosis/src/kernel/interface-traffic.js";
import { hostOf } from "../diagnosis/host-folder.js";
import { IGMP, PROC, SNMP, UDP } from "../diagnosis/kernel-files.js";

const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
  eth0:1000 20 1 3 0 0 0 5 2000 30 2 4 0 0 0 0
`;
const FILES: Readonly<Record<string, string>> = {
  ...PROC,
  "/proc/self/net/dev": DEV,
  "/proc/77/comm": "camera\n",
  "/proc/77/fd/placeholder": "",
};

function sourceOn(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}) {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  let current = hostOf(files, links);
  const door = {
    read: (path: string) => current.read(path),
    list: (path: string) => current.list(path),
    link: (path: string) => current.link(path),
  };
  const source = new HostSource({ network: reactor.network, clock: reactor.clock, files: door, channelPort: 4999 });
  const become = (next: Readonly<Record<string, string>>) => {
    current = hostOf(next, links);
  };
  return { source, become, clock: network.clock, reactor };
}

test("readInterfaceTraffic() reads counters, also where a number touches the colon", () => {
  expect(readInterfaceTraffic(hostOf({ "/proc/self/net/dev": DEV }))).toEqual({
    value: [
      {
        name: "lo",
        receivedBytes: 100,
        received: 2,
        multicast: 0,
        receiveErrors: 0,
        receiveDrops: 0,
        sentBytes: 100,
        sent: 2,
        sendErrors: 0,
        sendDrops: 0,
      },
      {
        name: "eth0",
        receivedBytes: 1000,
        received: 20,
        multicast: 5,
        receiveErrors: 1,
        receiveDrops: 3,
        sentBytes: 2000,
        sent: 30,
        sendErrors: 2,
        sendDrops: 4,
      },
    ],
  });
});

test.each([
  ["no colon", "a\nb\n eth0 1 2 3\n", /names no interface/],
  ["too few numbers", "a\nb\n eth0: 1 2 3\n", /does not have the 16 expected fields/],
  ["a number that is none", `a\nb\n eth0: x ${"1 ".repeat(15)}\n`, /is not a number/],
  ["an end that is cut off", "a\nb\n eth0: 1", /cut off/],
])("readInterfaceTraffic() gives a reason for %s", (_, text, reason) => {
  expect(readInterfaceTraffic(hostOf({ "/proc/self/net/dev": text }))).toMatchObject({ reason: expect.stringMatching(reason) });
});

test("HostSource reads ports with queue and drops, groups without the kernel's, and their programs", () => {
  const { source } = sourceOn(FILES, { "/proc/77/fd/3": "socket:[4711]" });
  const { ports, groups, relays, limits } = source.read(0);
  expect(ports).toHaveLength(4);
  expect(ports?.find(({ port }) => port === 5000)).toEqual({
    id: "socket 4711 0.0.0.0 5000",
    address: "0.0.0.0",
    port: 5000,
    uid: 1000,
    pid: 77,
    program: "camera",
    groups: ["239.1.2.5", "224.0.0.251"],
    groupCount: 2,
    isMember: false,
    queuedBytes: 1024,
    drops: 17,
    dropsPerSecond: 0,
  });
  expect(groups).toEqual([
    { group: "239.1.2.5", interface: "eth0", users: 2 },
    { group: "224.0.0.251", interface: "eth0", users: 1 },
    { group: "ff15::5", interface: "eth0", users: 3 },
  ]);
  expect(relays).toEqual([{ id: "socket 4711 0.0.0.0 5000", name: "port 5000", program: "camera", pid: 77 }]);
  expect(limits).toEqual([]);
});

test("HostSource leaves the ports of a process out, and still takes them for members", () => {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  const bound = { ...FILES, "/proc/self/net/udp": UDP.replace("0100007F:0035", "050201EF:1389") };
  const files = hostOf(bound, { "/proc/77/fd/3": "socket:[4712]" });
  const ofAll = new HostSource({ network: reactor.network, clock: reactor.clock, files }).read(0);
  const ofOthers = new HostSource({ network: reactor.network, clock: reactor.clock, files, hiddenPid: 77 }).read(0);
  expect([ofAll.ports?.length, ofOthers.ports?.length]).toEqual([4, 3]);
  expect(ofOthers.ports).toEqual(ofAll.ports?.filter(({ pid }) => pid !== 77));
});

test("HostSource counts rates between two readings", () => {
  const { source, become } = sourceOn(FILES);
  source.read(0);
  become({
    ...FILES,
    "/proc/self/net/udp": UDP.replace(" 17 ", " 27 "),
    "/proc/self/net/snmp": SNMP.replace("Udp: 50 1 2 60 2", "Udp: 150 4 2 80 3"),
  });
  const { ports, totals } = source.read(2000);
  expect(ports?.find(({ port }) => port === 5000)?.dropsPerSecond).toBe(5);
  expect(totals).toEqual({ receivedPerSecond: 50, sentPerSecond: 10, lostPerSecond: 0.5, unwantedPerSecond: 1.5 });
});

test("HostSource knows a socket bound to a group as its member, and takes that member from those of others", () => {
  const bound = UDP.replace("0100007F:0035", "050201EF:1389");
  const { source } = sourceOn({
    ...FILES,
    "/proc/self/net/udp": bound,
    "/proc/self/net/igmp": IGMP.replace("050201EF     2", "050201EF     1"),
  });
  const { ports } = source.read(0);
  expect(ports?.find(({ port }) => port === 5001)).toMatchObject({ groups: ["239.1.2.5"], groupCount: 1, isMember: true });
  expect(ports?.find(({ port }) => port === 5000)).toMatchObject({ groups: ["224.0.0.251"], groupCount: 1, isMember: false });
});

test("HostSource says which files it could not read, and goes on with the others", () => {
  const { "/proc/self/net/udp": _, ...rest } = FILES;
  const { source } = sourceOn({ ...rest, "/proc/self/net/igmp": "nonsense\nmore nonsense\n" });
  const { ports, groups, limits } = source.read(0);
  expect([ports?.length, groups?.length]).toEqual([2, 1]);
  expect(limits).toEqual([
    "Not read: /proc/self/net/udp: it does not exist.",
    expect.stringMatching(/^Not read: \/proc\/self\/net\/igmp: .*names no interface\.$/),
  ]);
});

test("HostSource searches for processes only when there is a socket that it has not looked for", () => {
  const { source, become, reactor } = sourceOn(FILES, { "/proc/77/fd/3": "socket:[4711]" });
  const monitor = new Monitor({ title: "host", sources: [source], clock: reactor.clock });
  expect(monitor.sample().ports.find(({ port }) => port === 5000)?.program).toBe("camera");
  become({ ...FILES, "/proc/77/comm": "renamed\n" });
  expect(monitor.sample().ports.find(({ port }) => port === 5000)?.program).toBe("camera");
  become({ ...FILES, "/proc/78/comm": "late\n", "/proc/self/net/udp": UDP.replace("4711", "4799") });
  const programs = monitor.sample().ports.filter(({ port }) => port === 5000);
  expect(programs.map(({ id, program }) => [id, program])).toEqual([
    ["socket 4711 0.0.0.0 5000", "camera"],
    ["socket 4799 0.0.0.0 5000", undefined],
  ]);
});

test("HostSource keeps a port that is missing from the table once, and lets it go the second time", () => {
  const { source, become, reactor } = sourceOn(FILES);
  const monitor = new Monitor({ title: "host", sources: [source], clock: reactor.clock });
  const has = () => monitor.sample().ports.some(({ port }) => port === 5000);
  expect(has()).toBe(true);
  become({ ...FILES, "/proc/self/net/udp": `${UDP.split("\n")[0]}\n` });
  expect(has()).toBe(true);
  become(FILES);
  expect([has(), monitor.history.events]).toEqual([true, []]);
  become({ ...FILES, "/proc/self/net/udp": `${UDP.split("\n")[0]}\n` });
  expect([has(), has()]).toEqual([true, false]);
  expect(monitor.history.events).toContainEqual(expect.objectContaining({ kind: "port-closed", subject: "0.0.0.0:5000" }));
});

test("HostSource shows interfaces with rates, and leaves out those that have no counters", () => {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  const [first] = reactor.network.interfaces();
  const dev = (received: number) => DEV.replace("eth0:1000 20 1 3", `${first!.name}:1000 ${received} 1 3`).replace("    lo:", "  gone:");
  const at = (received: number) => hostOf({ ...FILES, "/proc/self/net/dev": dev(received) });
  let files = at(20);
  const door = {
    read: (path: string) => files.read(path),
    list: (path: string) => files.list(path),
    link: (path: string) => files.link(path),
  };
  const source = new HostSource({ network: reactor.network, clock: reactor.clock, files: door });
  source.read(0);
  files = at(120);
  expect(source.read(500).interfaces).toEqual([
    expect.objectContaining({ name: first!.name, receivedPerSecond: 200, sentPerSecond: 0, errors: 3, drops: 7, dropsPerSecond: 0 }),
  ]);
});

test("HostSource looks into no process for a socket that it has looked for in vain", () => {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  const files = hostOf(FILES);
  let searches = 0;
  const list = (path: string) => {
    if (path === "/proc") searches++;
    return files.list(path);
  };
  const door = { list, read: (path: string) => files.read(path), link: (path: string) => files.link(path) };
  const source = new HostSource({ network: reactor.network, clock: reactor.clock, files: door });
  for (let round = 0; round < 3; round++) source.read(1000);
  expect(searches).toBe(1);
});
