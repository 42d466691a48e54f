// More groups on one port than one socket of the kernel holds.
import { describe, expect, test } from "vitest";
import type { BackendName } from "../support/backends.js";
import type { HostInterface } from "../support/lab/host.js";
import { scenario } from "../support/lab/scenario.js";
import { cabled } from "../support/lab/topologies.js";
import { until } from "../support/lab/until.js";
import { FAMILIES, type FamilyRow } from "./support/families.js";
import { type RemotePort, RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const MAX_MEMBERSHIPS = 20; // net.ipv4.igmp_max_memberships, the kernel's default
const OPTION_MEMORY_BYTES = 1_200; // net.core.optmem_max, of which an IPv6 membership takes 56 (struct ipv6_mc_socklist): some 20 fit
const RECEIVE_BUFFER_BYTES = 65_536;

interface Net {
  readonly a: HostInterface;
  readonly b: HostInterface;
  readonly sending: RemoteReactor;
  readonly receiving: RemoteReactor;
  /** Another program on the receiving host. */
  readonly other: RemoteReactor;
}

let numbers = 5000;

function manyLab(backend: BackendName): () => Net {
  return sharedLab(backend, async (lab) => {
    const { a, b } = await cabled(lab);
    await b.host.sysctl({ "net.ipv4.igmp_max_memberships": MAX_MEMBERSHIPS, "net.core.optmem_max": OPTION_MEMORY_BYTES });
    const [sending, receiving, other] = await Promise.all([
      RemoteReactor.start(a.host, backend),
      RemoteReactor.start(b.host, backend),
      RemoteReactor.start(b.host, "dgram"),
    ]);
    return { a, b, sending, receiving, other };
  });
}

function groupsOf({ group }: FamilyRow, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => group(n + 1));
}

/** Opens a port that has joined all of the groups. */
async function openMember({ receiving, b }: Net, { any }: FamilyRow, groups: readonly string[]): Promise<RemotePort> {
  numbers += 1;
  const member = await receiving.listenMulticast(numbers, { ...any, receiveBufferBytes: RECEIVE_BUFFER_BYTES, arrival: true });
  await member.each(
    "joinGroup",
    groups.map((group) => [group, b.name]),
  );
  return member;
}

/** Sends to each of the groups its own name. */
async function sendToEach({ sending, a }: Net, { any }: FamilyRow, groups: readonly string[], port: number): Promise<void> {
  const sender = await sending.listenMulticast(0, { ...any, outgoingInterface: a.name });
  await sender.each(
    "write",
    groups.map((group) => [group, { address: group, port }]),
  );
  await sender.do.stopListening();
}

/** What the kernel knows of each socket of a number. */
async function socketsOf({ b }: Net, port: number): Promise<readonly string[]> {
  const lines = await b.host.exec("ss", ["-H", "-u", "-a", "-n", "-m", "-O", "sport", "=", `:${port}`]);
  return lines.split("\n").filter(Boolean);
}

describe.each(FAMILIES)("on native, $family", (family) => {
  const net = manyLab("native");

  test.each([25, 1_000])("joinGroup() of %i groups delivers each datagram exactly once", async (count) => {
    const groups = groupsOf(family, count);
    const promise = `${count} groups on one port, ${family.family}: each datagram exactly once`;
    await scenario(
      {
        promise,
        keptBy: "native",
        sent: `a datagram to each of ${count} groups`,
        seenAt: ["the member, once"],
        mustNotBeSeenAt: ["the member, twice"],
      },
      async (notes) => {
        const member = await openMember(net(), family, groups);
        await sendToEach(net(), family, groups, member.port);
        await until(() => member.texts.length >= count, { what: `all ${count} arrive` });
        expect(member.texts.toSorted()).toEqual(groups.toSorted());
        expect(member.all("datagram").filter(({ text, arrival }) => text !== arrival.destination)).toEqual([]);
        const sockets = await socketsOf(net(), member.port);
        notes.measured(`${sockets.length} sockets`);
        expect(sockets.length).toBeGreaterThan(1);
        const granted = sockets.map((line) => /rb(\d+)/.exec(line)?.[1]);
        expect(new Set(granted)).toEqual(new Set([String(2 * RECEIVE_BUFFER_BYTES)])); // for each socket; doubled by the kernel
        await member.do.stopListening();
        expect(await socketsOf(net(), member.port)).toEqual([]);
      },
    );
  });

  test("port: its number stays closed to other programs, however many sockets it has", async () => {
    const promise = `A port of many groups keeps its number to itself, ${family.family}`;
    const row = { promise, keptBy: "native", sent: "bind(2) by another program", seenAt: ["EADDRINUSE"], mustNotBeSeenAt: [] };
    await scenario(row, async () => {
      const member = await openMember(net(), family, groupsOf(family, 100));
      const refusal = { name: "CannotListenError", code: "ERR_LISTEN", errnoName: "EADDRINUSE" };
      for (const listenMultiple of [false, true]) {
        await expect(net().other.listenMulticast(member.port, { ...family.any, listenMultiple })).rejects.toMatchObject(refusal);
      }
      await member.do.stopListening();
    });
  });

  test("pauseReading() and resumeReading() hold and release the datagrams of all groups", async () => {
    const groups = groupsOf(family, 100);
    const member = await openMember(net(), family, groups);
    const witness = await net().other.listenMulticast(0, family.any);
    await witness.do.joinGroup(groups[0]!, "eth0");
    await member.do.pauseReading();
    await sendToEach(net(), family, groups, member.port);
    await sendToEach(net(), family, groups.slice(0, 1), witness.port);
    await witness.received({ text: groups[0]! }); // so the others have come as well
    expect(member.texts).toEqual([]);
    await member.do.resumeReading();
    await until(() => member.texts.length >= groups.length, { what: "all arrive" });
    expect(member.texts.toSorted()).toEqual(groups.toSorted());
    await Promise.all([member.do.stopListening(), witness.do.stopListening()]);
  });

  test("port: receives unicast once, and sends by the same options, when it has many sockets", async () => {
    const { a, sending, b } = net();
    const member = await openMember(net(), family, groupsOf(family, 100));
    await member.do.setTTL(7);
    const peer = await sending.listenMulticast(0, { ...family.any, arrival: true });
    await peer.send("unicast", { address: family.address(b), port: member.port });
    await member.received({ text: "unicast" });
    await peer.do.joinGroup(family.group(2_000), a.name);
    await member.do.setOutgoingInterface(b.name);
    await member.send("to a group", { address: family.group(2_000), port: peer.port });
    expect(await peer.received({ text: "to a group" })).toMatchObject({ arrival: { ttl: 7 }, from: { port: member.port } });
    expect(member.texts).toEqual(["unicast"]);
    await Promise.all([member.do.stopListening(), peer.do.stopListening()]);
  });

  test("leaveGroup() makes room, which joinGroup() takes before it opens another socket", async () => {
    const groups = groupsOf(family, 100);
    const member = await openMember(net(), family, groups);
    const before = (await socketsOf(net(), member.port)).length;
    await member.each(
      "leaveGroup",
      groups.slice(0, 15).map((group) => [group, "eth0"]),
    );
    await member.each(
      "joinGroup",
      groupsOf(family, 315)
        .slice(300)
        .map((group) => [group, "eth0"]),
    );
    expect(await socketsOf(net(), member.port)).toHaveLength(before);
    await member.do.stopListening();
  });
});

describe("on dgram", () => {
  const net = manyLab("dgram");

  test.each([
    ["for itself", {}],
    ["with others", { listenMultiple: true }],
  ])("joinGroup() names the sysctl and its value, when a socket that has its number %s is full", async (how, options) => {
    numbers += 1;
    const promise = `A full socket is refused with the sysctl that limits it, number ${how}`;
    const row = {
      promise,
      keptBy: "dgram",
      sent: `${MAX_MEMBERSHIPS} groups, then one more`,
      seenAt: ["ENOBUFS, with advice"],
      mustNotBeSeenAt: [],
    };
    await scenario(row, async () => {
      const member = await net().receiving.listenMulticast(numbers, options);
      const groups = groupsOf(FAMILIES[0]!, MAX_MEMBERSHIPS);
      await member.each(
        "joinGroup",
        groups.map((group) => [group, "eth0"]),
      );
      const refusal = { name: "MulticastJoinError", code: "ERR_JOIN", errnoName: "ENOBUFS", group: "239.255.99.99" };
      const advice = { message: expect.stringContaining(`net.ipv4.igmp_max_memberships (now ${MAX_MEMBERSHIPS})`) };
      await expect(member.do.joinGroup("239.255.99.99", "eth0")).rejects.toMatchObject({ ...refusal, ...advice });
      await sendToEach(net(), FAMILIES[0]!, groups, member.port);
      await until(() => member.texts.length >= groups.length, { what: "all arrive" });
      expect(member.texts.toSorted()).toEqual(groups.toSorted());
      await member.do.stopListening();
    });
  });
});
