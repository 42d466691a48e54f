// Proves that the lab tells the truth, with plain sockets: what the tests of the framework see on a cable was there, and what
// they do not see was not.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { Avahi } from "../support/lab/avahi.js";
import { compileProgram } from "../support/lab/compile-program.js";
import type { HostInterface } from "../support/lab/host.js";
import { Lab } from "../support/lab/lab.js";
import { saysJoin, saysLeave } from "../support/lab/membership-message.js";
import { namespaceNames } from "../support/lab/namespace.js";
import type { Packet } from "../support/lab/packet.js";
import { scenario } from "../support/lab/scenario.js";
import { cabled, routed, switched } from "../support/lab/topologies.js";
import { canRunLab, hasCommand, skipUnless } from "../support/probe.js";

const GROUP = "239.255.7.1";
const GROUP_V6 = "ff15::7:1";
const OTHER_GROUP = "239.255.7.2";
const FLOODED_GROUP = "224.0.0.200"; // 224.0.0.0/24 is never pruned, RFC 4541 2.1.2
const PORT = 5000;
const START_DEADLINE_MS = 10_000;
const ABANDONED_LAB = fileURLToPath(new URL("programs/abandoned-lab.ts", import.meta.url));
const SEGMENTING_SENDER = `
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(17, 103, 100)  # SOL_UDP, UDP_SEGMENT: the kernel cuts into datagrams of 100 bytes
sender.sendto(b"x" * 250, ("10.77.1.2", 5000))
`;

type Three = readonly [HostInterface, HostInterface, HostInterface];

beforeEach((context) => skipUnless(context, canRunLab));

describe("cables", () => {
  test("Lab.plug() connects two hosts, so that a datagram arrives and is captured", async () => {
    await using lab = await Lab.create("cable");
    const { a, b } = await cabled(lab);
    const wire = await b.capture();
    const receiver = await b.host.socket({ address: b.ipv4, port: PORT });
    const sender = await a.host.socket({ address: a.ipv4 });
    await sender.send("there", { address: b.ipv4, port: PORT });
    const { from } = await receiver.received({ text: "there" });
    await receiver.send("and back", from);
    await sender.received({ text: "and back" });
    const there = { interface: "b/eth0", kind: "udp", source: a.ipv4, destination: b.ipv4, ttl: 64, destinationPort: PORT } as const;
    await expect(wire.saw({ payload: "there" })).resolves.toMatchObject(there);
  });

  test("Lab.plug() connects IPv6, with usable addresses at once", async () => {
    await using lab = await Lab.create("cable, IPv6");
    const { a, b } = await cabled(lab);
    const wire = await b.capture();
    const receiver = await b.host.socket({ family: "IPv6", address: b.ipv6, port: PORT });
    const sender = await a.host.socket({ family: "IPv6", address: a.ipv6, ttl: 7, multicastInterface: "::%eth0" });
    await sender.send("unicast", { address: b.ipv6, port: PORT });
    await receiver.received({ text: "unicast" });
    await sender.send("multicast", { address: GROUP_V6, port: PORT });
    await expect(wire.saw({ payload: "multicast" })).resolves.toMatchObject({ source: a.ipv6, destination: GROUP_V6, ttl: 7 });
  });

  test("Capture.saw() shows what a network card would cut up as it is on a real cable", async (context) => {
    await skipUnless(context, hasCommand("python3", "python3"));
    await using lab = await Lab.create("segmentation offload");
    const { a, b } = await cabled(lab);
    const wire = await b.capture();
    await a.host.exec("python3", ["-c", SEGMENTING_SENDER]);
    await wire.saw(({ payload }) => payload.length === 50);
    expect(wire.packets.filter(({ kind }) => kind === "udp").map(({ payload }) => payload.length)).toEqual([100, 100, 50]);
  });

  test("HostInterface.up() brings addresses, routes and traffic back after down()", async () => {
    await using lab = await Lab.create("down and up");
    const { a, b } = await cabled(lab);
    const receiver = await b.host.socket({ family: "IPv6", address: "::", port: PORT });
    const sender = await a.host.socket({ family: "IPv6" });
    await b.down();
    await expect(b.host.exec("ip", ["-6", "route", "get", a.ipv6])).rejects.toThrow();
    await b.up();
    await sender.send("again", { address: b.ipv6, port: PORT });
    await receiver.received({ text: "again" });
  });

  test("Cable.unplug() deletes the interface; plug() makes a new one of the same name", async () => {
    await using lab = await Lab.create("unplug and plug");
    const { a, b } = await cabled(lab);
    const before = await b.index();
    await b.cable?.unplug();
    await expect(b.index()).rejects.toThrow();
    await b.cable?.plug();
    expect(await b.index()).not.toBe(before);
    const receiver = await b.host.socket({ address: b.ipv4, port: PORT });
    const sender = await a.host.socket();
    await sender.send("again", { address: b.ipv4, port: PORT });
    await receiver.received({ text: "again" });
  });

  test("HostInterface.rename() keeps number, addresses and traffic", async () => {
    await using lab = await Lab.create("rename");
    const { a, b } = await cabled(lab);
    const before = await b.index();
    await b.rename("lan0");
    expect(await b.index()).toBe(before);
    const wire = await b.capture();
    const sender = await a.host.socket();
    await sender.send("renamed", { address: b.ipv4, port: PORT });
    await expect(wire.saw({ payload: "renamed" })).resolves.toMatchObject({ interface: "b/lan0" });
  });

  test("HostInterface.addAddress() and removeAddress() change what answers", async () => {
    await using lab = await Lab.create("addresses");
    const { a, b } = await cabled(lab);
    await b.addAddress("10.77.1.99/24");
    const receiver = await b.host.socket({ address: "10.77.1.99", port: PORT });
    const sender = await a.host.socket();
    await sender.send("second address", { address: "10.77.1.99", port: PORT });
    await receiver.received({ text: "second address" });
    await b.removeAddress("10.77.1.99/24");
    await expect(b.host.exec("ip", ["address", "show", "to", "10.77.1.99"])).resolves.toBe("");
  });

  test("HostInterface.addRoute() on loopback keeps multicast in the host", async () => {
    await using lab = await Lab.create("route to loopback");
    const { a, b } = await cabled(lab);
    await a.host.loopback.addRoute("239.255.7.0/24");
    const [wire, loopback] = [await b.capture(), await a.host.loopback.capture()];
    const sender = await a.host.socket();
    await sender.send("inside", { address: GROUP, port: PORT });
    await loopback.saw({ payload: "inside", destination: GROUP });
    await wire.didNotSee({ payload: "inside" }, sender.fence({ address: b.ipv4, port: PORT }));
  });
});

describe("captures", () => {
  test("Capture.didNotSee() refuses when the packet was seen, and when the fence was not", async () => {
    await using lab = await Lab.create("false testimony");
    const { a, b } = await cabled(lab);
    const wire = await b.capture();
    const sender = await a.host.socket();
    const fence = sender.fence({ address: b.ipv4, port: PORT });
    await sender.send("forbidden", { address: GROUP, port: PORT });
    await expect(wire.didNotSee({ payload: "forbidden" }, fence)).rejects.toThrow(/forbidden/);
    const lost = { ...fence, send: () => sender.send("lost", { address: "127.0.0.1", port: PORT }) };
    await expect(wire.didNotSee({ payload: "absent" }, lost, { deadlineMs: 100 })).rejects.toThrow(/Fence/);
  });

  test("Capture.saw() finds IGMP joins and leaves, of any source and of one", async () => {
    await using lab = await Lab.create("IGMP");
    const { a, b } = await cabled(lab);
    const wire = await a.capture();
    const member = await b.host.socket({ port: PORT });
    await member.join(GROUP, { interface: b.ipv4 });
    await member.join(OTHER_GROUP, { interface: b.ipv4, source: a.ipv4 });
    await wire.saw(igmp((packet) => saysJoin(packet.membership, GROUP)));
    const { membership } = await wire.saw(igmp((packet) => saysJoin(packet.membership, OTHER_GROUP)));
    expect(membership?.groups).toContainEqual({ group: OTHER_GROUP, record: "allow", sources: [a.ipv4] });
    await member.leave(GROUP, { interface: b.ipv4 });
    await member.leave(OTHER_GROUP, { interface: b.ipv4, source: a.ipv4 });
    await wire.saw(igmp((packet) => saysLeave(packet.membership, GROUP)));
    await wire.saw(igmp((packet) => saysLeave(packet.membership, OTHER_GROUP)));
  });

  test("Capture.saw() finds the IGMPv2 messages of a host that is forced to speak it", async () => {
    await using lab = await Lab.create("IGMPv2");
    const { a, b } = await cabled(lab);
    await b.host.forceMembershipVersions({ igmp: 2, mld: 1 });
    const wire = await a.capture();
    const member = await b.host.socket({ port: PORT });
    await member.join(GROUP, { interface: b.ipv4 });
    await wire.saw({ kind: "igmp", destination: GROUP, membership: { type: "report", version: 2 } });
    await member.leave(GROUP, { interface: b.ipv4 });
    await wire.saw({ kind: "igmp", destination: "224.0.0.2", membership: { type: "leave", version: 2 } });
  });

  test("Capture.saw() finds MLD joins and leaves, of any source and of one", async () => {
    await using lab = await Lab.create("MLD");
    const { a, b } = await cabled(lab);
    const wire = await a.capture();
    const member = await b.host.socket({ family: "IPv6", port: PORT });
    await member.join(GROUP_V6, { interface: "eth0" });
    await wire.saw(({ kind, membership }) => kind === "mld" && saysJoin(membership, GROUP_V6));
    await member.join("ff35::7", { interface: "eth0", source: a.ipv6 });
    await wire.saw(({ membership }) => saysJoin(membership, "ff35::7"));
    await member.leave(GROUP_V6, { interface: "eth0" });
    await wire.saw(({ kind, membership }) => kind === "mld" && saysLeave(membership, GROUP_V6));
  });

  test("Capture.saw() finds the pieces of a datagram that is longer than a frame", async () => {
    await using lab = await Lab.create("fragments");
    const { a, b } = await cabled(lab);
    const wire = await b.capture();
    const sender = await a.host.socket();
    await sender.send("x".repeat(4000), { address: b.ipv4, port: PORT });
    await expect(wire.saw({ kind: "udp", destinationPort: PORT })).resolves.toHaveProperty("payload.length", 1472);
    await wire.saw(() => wire.count({ kind: "fragment", destination: b.ipv4 }) === 2);
  });
});

describe("what a plain socket does", () => {
  for (const family of ["IPv4", "IPv6"] as const) {
    const group = family === "IPv4" ? GROUP : GROUP_V6;

    test(`Capture sees TTL 0 leak onto the cable when nobody on the host has joined, ${family}`, async () => {
      await using lab = await Lab.create("leak");
      const { a, b } = await cabled(lab);
      const wire = await b.capture();
      const sender = await a.host.socket({ family, ttl: 0, multicastInterface: family === "IPv4" ? a.ipv4 : "::%eth0" });
      const promise = `A plain socket leaks TTL 0 when nobody has joined, ${family}`;
      const sent = `"leak" to ${group}, TTL 0, nobody joined`;
      await scenario({ promise, keptBy: "lab", sent, seenAt: ["b/eth0"], mustNotBeSeenAt: [] }, async () => {
        await sender.send("leak", { address: group, port: PORT });
        await expect(wire.saw({ payload: "leak" })).resolves.toMatchObject({ destination: group, ttl: 0 });
      });
    });

    test(`Capture does not see TTL 0 when the sender has joined on the outgoing interface, ${family}`, async () => {
      await using lab = await Lab.create("no leak");
      const { a, b } = await cabled(lab);
      const wire = await b.capture();
      const sender = await a.host.socket({ family, ttl: 0, multicastInterface: family === "IPv4" ? a.ipv4 : "::%eth0" });
      await sender.join(group, { interface: family === "IPv4" ? a.ipv4 : "eth0" });
      const promise = `A plain socket that has joined on its outgoing interface keeps TTL 0 in the host, ${family}`;
      const sent = `"no leak" to ${group}, TTL 0, sender joined`;
      await scenario({ promise, keptBy: "lab", sent, seenAt: [], mustNotBeSeenAt: ["b/eth0"] }, async () => {
        await sender.send("no leak", { address: group, port: PORT });
        const elsewhere = { address: family === "IPv4" ? b.ipv4 : b.ipv6, port: PORT };
        await wire.didNotSee({ payload: "no leak" }, sender.fence(elsewhere));
      });
    });
  }
});

describe("hosts that lose or refuse", () => {
  test("Host.sysctl() limits the memberships of a socket", async () => {
    await using lab = await Lab.create("limit");
    const { b } = await cabled(lab);
    await b.host.sysctl({ "net.ipv4.igmp_max_memberships": 1 });
    const member = await b.host.socket();
    await member.join(GROUP, { interface: b.ipv4 });
    await expect(member.join(OTHER_GROUP, { interface: b.ipv4 })).rejects.toMatchObject({ code: "ENOBUFS" });
  });

  test("Host.lose() loses each second datagram, after the cable and before the socket", async () => {
    await using lab = await Lab.create("loss");
    const { a, b } = await cabled(lab);
    const loss = await b.host.lose({ every: 2, matching: `udp dport ${PORT}` });
    const wire = await b.capture();
    const receiver = await b.host.socket({ address: b.ipv4, port: PORT });
    const sender = await a.host.socket();
    const sent = ["1", "2", "3", "4", "5", "6"];
    for (const text of sent) await sender.send(text, { address: b.ipv4, port: PORT });
    await receiver.received({ text: "6" });
    expect(receiver.texts).toEqual(["2", "4", "6"]);
    expect(await loss.lost()).toBe(3);
    expect(wire.count({ destinationPort: PORT })).toBe(sent.length);
    await loss.stop();
    for (const text of ["7", "8"]) await sender.send(text, { address: b.ipv4, port: PORT });
    await receiver.received({ text: "8" });
    expect(receiver.texts).toEqual(["2", "4", "6", "7", "8"]);
  });

  test("Host.lose() loses everything at 100 percent, IPv6", async () => {
    await using lab = await Lab.create("total loss");
    const { a, b } = await cabled(lab);
    const loss = await b.host.lose({ percent: 100, matching: `udp dport ${PORT}` });
    const wire = await b.capture();
    const receiver = await b.host.socket({ family: "IPv6", address: b.ipv6, port: PORT });
    const fenceReceiver = await b.host.socket({ family: "IPv6", address: b.ipv6, port: PORT + 1 });
    const sender = await a.host.socket({ family: "IPv6" });
    await sender.send("lost", { address: b.ipv6, port: PORT });
    await sender.send("fence", { address: b.ipv6, port: PORT + 1 });
    await fenceReceiver.received({ text: "fence" });
    await wire.saw({ payload: "lost" });
    expect(receiver.texts).toEqual([]);
    expect(await loss.lost()).toBe(1);
  });
});

describe("switches", () => {
  test("Switch floods when it does not snoop", async () => {
    await using lab = await Lab.create("no snooping");
    const { interfaces } = await switched(lab, ["a", "b", "c"], { snooping: false, querier: false });
    await expectFlooding("A switch that does not snoop floods", interfaces);
  });

  test("Switch floods when it snoops but no querier is on the link", async () => {
    await using lab = await Lab.create("no querier");
    const { interfaces } = await switched(lab, ["a", "b", "c"], { querier: false });
    await expectFlooding("A snooping switch floods when nobody asks for members", interfaces);
  });

  for (const family of ["IPv4", "IPv6"] as const) {
    test(`Switch sends to members only when it snoops and asks, ${family}`, async () => {
      await using lab = await Lab.create("pruning");
      const { uplink, interfaces } = await switched(lab, ["a", "b", "c"]);
      const [a, b, c] = interfaces as Three;
      const [group, at] = family === "IPv4" ? [GROUP, b.ipv4] : [GROUP_V6, b.name];
      const [atB, atC] = [await b.capture(), await c.capture()];
      const member = await b.host.socket({ family, port: PORT });
      const sender = await a.host.socket({ family, multicastInterface: family === "IPv4" ? a.ipv4 : "::%eth0" });
      const fence = () => sender.fence({ address: family === "IPv4" ? FLOODED_GROUP : "ff02::1%eth0", port: PORT });
      const promise = `A switch that snoops and asks sends to members only, ${family}`;
      await scenario(
        { promise, keptBy: "lab", sent: `"joined" to ${group}`, seenAt: ["b/eth0"], mustNotBeSeenAt: ["c/eth0"] },
        async () => {
          await member.join(group, { interface: at });
          await uplink.whenMembers(group, ["b"]);
          await sender.send("joined", { address: group, port: PORT });
          await atB.saw({ payload: "joined" });
          await atC.didNotSee({ payload: "joined" }, fence());
        },
      );
      const afterwards = `A switch that snoops and asks sends no more to who has left, ${family}`;
      await scenario(
        { promise: afterwards, keptBy: "lab", sent: `"left" to ${group}`, seenAt: [], mustNotBeSeenAt: ["b/eth0"] },
        async (notes) => {
          await member.leave(group, { interface: at });
          const leftMs = performance.now();
          await uplink.whenMembers(group, []);
          notes.measured(`pruned ${Math.round(performance.now() - leftMs)} ms after the leave`);
          await sender.send("left", { address: group, port: PORT });
          await atB.didNotSee({ payload: "left" }, fence());
        },
      );
    });
  }
});

describe("routers", () => {
  for (const [family, group] of [["IPv4", GROUP] as const, ["IPv6", GROUP_V6] as const]) {
    test(`Host.routeMulticast() passes TTL 2 on and stops TTL 1, ${family}`, async () => {
      await using lab = await Lab.create("router");
      const { a, b, toA } = await routed(lab, [group]);
      const [onLink, beyond] = [await toA.capture(), await b.capture()];
      const sender = await a.host.socket({ family, ttl: 1, multicastInterface: family === "IPv4" ? a.ipv4 : "::%eth0" });
      const promise = `A multicast router stops TTL 1 and passes TTL 2 on, ${family}`;
      const sent = `"one" to ${group} with TTL 1, then a fence with TTL 2`;
      await scenario({ promise, keptBy: "lab", sent, seenAt: ["router/to-a"], mustNotBeSeenAt: ["b/eth0"] }, async () => {
        await sender.send("one", { address: group, port: PORT });
        await onLink.saw({ payload: "one", ttl: 1 });
        await sender.set({ ttl: 2 });
        await beyond.didNotSee({ payload: "one" }, sender.fence({ address: group, port: PORT }));
        await expect(beyond.saw({ destination: group })).resolves.toMatchObject({ ttl: 1, source: family === "IPv4" ? a.ipv4 : a.ipv6 });
      });
    });
  }

  test("Host.routeMulticast() passes unicast on as well", async () => {
    await using lab = await Lab.create("unicast across the router");
    const { a, b } = await routed(lab, [GROUP]);
    const receiver = await b.host.socket({ family: "IPv6", address: b.ipv6, port: PORT });
    const sender = await a.host.socket({ family: "IPv6" });
    await sender.send("across", { address: b.ipv6, port: PORT });
    await receiver.received({ text: "across" });
  });
});

describe("foreign daemons", () => {
  test("Avahi.browse() finds the service that Avahi.publish() announces on another host, and sees it go", async (context) => {
    await skipUnless(
      context,
      hasCommand("avahi-daemon", "avahi-daemon"),
      hasCommand("avahi-browse", "avahi-utils"),
      hasCommand("dbus-daemon", "dbus"),
    );
    await using lab = await Lab.create("mDNS");
    const { a, b } = await cabled(lab);
    const [announcing, looking] = await Promise.all([Avahi.start(a), Avahi.start(b)]);
    const browser = looking.browse("_lab._udp");
    const service = await announcing.publish({ name: "one", type: "_lab._udp", port: 4711, texts: ["key=value"] });
    await browser.text(new RegExp(`^=;eth0;IPv4;one;_lab._udp;local;a.local;${a.ipv4};4711;"key=value"`));
    await service.stop();
    await browser.text(/^-;eth0;IPv4;one;/);
  });
});

describe("clean-up", () => {
  test("Lab ends its processes and deletes its namespaces and files when it goes out of scope", async () => {
    const lab = await Lab.create("clean-up");
    const { a } = await routed(lab, [GROUP]);
    const program = a.host.spawn("sh", ["-c", "sleep 600 & wait"]); // its child must not survive either
    await lab[Symbol.asyncDispose]();
    expect(existsSync(`/proc/${program.pid}`)).toBe(false);
    expect(leftOf(lab.prefix)).toEqual([]);
  });

  test("Lab reports a program that failed and that nobody looked at", async () => {
    const lab = await Lab.create("unnoticed failure");
    const host = await lab.addHost("a");
    const program = host.spawn("sh", ["-c", "echo why >&2; echo started; exit 3"]);
    await program.text(/started/);
    await expect(program.text(/never/)).rejects.toThrow(/exit code 3\nwhy/);
    await expect(lab[Symbol.asyncDispose]()).rejects.toThrow(/exit code 3\nwhy/);
    expect(leftOf(lab.prefix)).toEqual([]);
  });

  test("Lab.create() sweeps away what a killed process left behind", async () => {
    const abandoner = spawn(process.execPath, [compileProgram(ABANDONED_LAB)], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(createInterface(abandoner.stdout), "line", { signal: AbortSignal.timeout(START_DEADLINE_MS) })) as [string];
    const { prefix, pids } = JSON.parse(line) as { prefix: string; pids: readonly number[] };
    const exited = once(abandoner, "exit");
    abandoner.kill("SIGKILL");
    await exited;
    expect(leftOf(prefix)).not.toEqual([]);
    await using _ = await Lab.create("sweeping");
    expect(leftOf(prefix)).toEqual([]);
    expect(pids.filter((pid) => existsSync(`/proc/${pid}/ns/net`))).toEqual([]);
  });
});

function igmp(decides: (packet: Packet) => boolean): (packet: Packet) => boolean {
  return (packet) => packet.kind === "igmp" && decides(packet);
}

/** Namespaces and directories whose names begin like this. */
function leftOf(prefix: string): string[] {
  return [...namespaceNames(), ...readdirSync(tmpdir())].filter((name) => name.startsWith(prefix));
}

async function expectFlooding(promise: string, interfaces: readonly HostInterface[]): Promise<void> {
  const [a, , bystander] = interfaces as Three;
  const wire = await bystander.capture();
  const sender = await a.host.socket();
  await scenario({ promise, keptBy: "lab", sent: `"flooded" to ${GROUP}`, seenAt: ["c/eth0"], mustNotBeSeenAt: [] }, async () => {
    await sender.send("flooded", { address: GROUP, port: PORT });
    await wire.saw({ payload: "flooded", destination: GROUP });
  });
}
