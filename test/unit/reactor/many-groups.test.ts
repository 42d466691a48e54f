import { readFileSync } from "node:fs";
import { anyAddress, socketAddress } from "@groupcast/backend";
import { expect, test, vi } from "vitest";
import { ETH0, type FakeSocket, fakeInterface, LOOPBACK } from "../../support/fake-backend.js";
import { Notes, Stage, turn } from "./stage.js";

const LIMIT = 20;

function groupNumber(index: number): string {
  return `239.255.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}

function joinMany({ port }: { readonly port: { joinGroup(group: string, on: string): void } }, count: number): void {
  for (let index = 0; index < count; index++) port.joinGroup(groupNumber(index), "eth0");
}

/** The socket that holds a membership. */
function holderOf(sockets: readonly FakeSocket[], group: string): FakeSocket {
  return sockets.find(({ memberships }) => memberships.includes(`${group} eth0 -`))!;
}

function toGroup(group: string, interfaceIndex = 2): { bytes: string; arrival: { destination: string; interfaceIndex: number } } {
  return { bytes: group, arrival: { destination: group, interfaceIndex } };
}

test("joinGroup() of 1,000 groups opens as many sockets as the limit asks for, all on the one number", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, 1000);
  const { sockets } = stage.backend;
  expect(sockets).toHaveLength(1000 / LIMIT);
  expect(new Set(sockets.map(({ boundTo }) => `${boundTo?.address}:${boundTo?.port}`))).toEqual(new Set(["0.0.0.0:9999"]));
  expect(sockets.flatMap(({ memberships }) => memberships)).toHaveLength(1000);
  expect(new Set(sockets.flatMap(({ memberships }) => memberships))).toHaveLength(1000);
  expect(listening.port.memberships).toHaveLength(1000);
});

test("each of 1,000 groups is delivered exactly once, by the socket that joined it", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, 1000);
  for (let index = 0; index < 1000; index++) {
    // The kernel filters the first socket; the others may see what only their siblings joined, and must keep it out.
    const group = groupNumber(index);
    const holder = holderOf(stage.backend.sockets, group);
    holder.deliver(toGroup(group));
    const other = stage.backend.sockets.find((socket) => socket !== holder && socket !== listening.socket)!;
    other.deliver(toGroup(group));
  }
  expect(listening.protocol.texts).toEqual(Array.from({ length: 1000 }, (_, index) => groupNumber(index)));
  // What another socket of the port delivers is not foreign. Those of the first socket, which the kernel filters, are not known to the others.
  expect(listening.port.statistics()).toMatchObject({ received: 1000, foreign: LIMIT });
});

test.each(["EINVAL", "ENOBUFS"])(
  "a further socket whose own join is refused with %s is closed, and the others stay as they were",
  (errno) => {
    const stage = new Stage();
    const { port, socket } = stage.listen();
    port.joinGroup(groupNumber(0), "eth0");
    stage.backend.refuse("join", "ENOBUFS", errno); // the socket has no room, and the further one is refused
    expect(() => port.joinGroup(groupNumber(1), "eth0")).toThrow(expect.objectContaining({ code: "ERR_JOIN", errnoName: errno }));
    expect(stage.backend.sockets).toHaveLength(2);
    expect(stage.backend.openSockets).toEqual([socket]);
    expect(port.memberships).toHaveLength(1);
    port.joinGroup(groupNumber(1), "eth0");
    expect(port.memberships).toHaveLength(2);
  },
);

test("an interface that goes and comes back makes the host list its interfaces a few times, not once for each of 1,000 groups", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, 1000);
  const { network } = stage.backend;
  const list = vi.spyOn(network, "interfaces");
  network.change([LOOPBACK]);
  expect(list.mock.calls.length).toBeLessThan(10);
  expect(stage.backend.sockets.flatMap(({ memberships }) => memberships)).toEqual([]);
  network.change([LOOPBACK, fakeInterface(ETH0.name, 9)]);
  expect(list.mock.calls.length).toBeLessThan(20);
  expect(stage.backend.sockets.flatMap(({ memberships }) => memberships)).toHaveLength(1000);
});

test("an interface that comes without its news is joined by a later joinGroup(), though a pass had not found it", () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.joinGroup(groupNumber(0), "wlan0");
  stage.backend.network.change([LOOPBACK]); // the pass asks for wlan0, and its answer must not outlive it
  stage.backend.network.change([LOOPBACK, fakeInterface("wlan0", 3)], false);
  port.joinGroup(groupNumber(1), "wlan0");
  expect(socket.memberships).toEqual([`${groupNumber(1)} wlan0 -`]);
});

test("a socket that is full is not asked again until a membership of it is left", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  joinMany({ port }, LIMIT + 1);
  stage.backend.calls.length = 0;
  port.joinGroup("239.255.9.1", "eth0");
  expect(stage.backend.calls.filter((call) => call === "join")).toHaveLength(1);
  port.leaveGroup(groupNumber(0), "eth0");
  port.joinGroup("239.255.9.2", "eth0");
  expect(stage.backend.sockets.map(({ memberships }) => memberships.length)).toEqual([LIMIT, 2]);
});

test("a further socket shares the number for the moment it is bound, and leaves it closed to others afterwards", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, 2 * LIMIT);
  stage.backend.calls.length = 0;
  listening.port.joinGroup("239.255.9.9", "eth0");
  const names = stage.backend.calls.filter((call) => /reuse|bind|openSocket/.test(call));
  const set = Array.from({ length: 3 }, () => "set reuseAddress");
  expect(names).toEqual(["openSocket", ...set, "bind", ...set]);
  expect(stage.backend.sockets.map((socket) => socket.option("reuseAddress"))).toEqual([0, 0, 0]);
  expect(() => stage.reactor.listenUDP(9999, new Notes(), { reuseAddress: true })).toThrow(
    expect.objectContaining({ code: "ERR_LISTEN", errnoName: "EADDRINUSE" }),
  );
});

test("a further socket of a port that shares its number goes on sharing it", () => {
  const stage = new Stage();
  const listening = stage.listenMulticast({ listenMultiple: true });
  joinMany(listening, LIMIT + 1);
  expect(stage.backend.sockets.map((socket) => socket.option("reuseAddress"))).toEqual([1, 1]);
});

test("a further socket is opened with what the first was opened with", () => {
  const stage = new Stage();
  const listening = stage.listen({ reusePort: true, receiveBufferBytes: 4096, arrival: true });
  joinMany(listening, LIMIT + 1);
  const { last } = stage.backend;
  expect(last).not.toBe(listening.socket);
  for (const name of ["reusePort", "receiveBufferBytes", "receiveTtl", "multicastAll", "receiveErrors"] as const) {
    expect(last.option(name)).toBe(listening.socket.option(name));
  }
  expect(last.readLimits).toEqual(listening.socket.readLimits);
});

test("a further socket of an adopted one is bound as that was, and leaves its options as they were", () => {
  const stage = new Stage();
  const options = { reuseAddress: 1, ipv6Only: 1 };
  stage.backend.descriptors.set(3, { local: socketAddress("::", 4242), options });
  const protocol = new Notes();
  stage.reactor.adoptDatagramPort(3, protocol);
  for (let index = 0; index <= LIMIT; index++) protocol.transport.joinGroup(`ff15::${index + 1}`, "eth0");
  const { sockets } = stage.backend;
  expect(sockets.map(({ boundTo }) => boundTo)).toEqual([socketAddress(anyAddress(6), 4242), socketAddress(anyAddress(6), 4242)]);
  for (const socket of sockets) expect([socket.option("reuseAddress"), socket.option("ipv6Only")]).toEqual([1, 1]);
});

test("pausing, ref() and closing reach all sockets, those opened meanwhile too", async () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, LIMIT + 1);
  const isReading = (): boolean[] => stage.backend.sockets.map(({ readLimits }) => readLimits !== undefined);
  listening.port.pauseReading();
  listening.port.unref();
  for (let index = LIMIT + 1; index <= 2 * LIMIT; index++) listening.port.joinGroup(groupNumber(index), "eth0");
  expect(stage.backend.sockets).toHaveLength(3);
  expect(isReading()).toEqual([false, false, false]);
  expect(stage.backend.sockets.map(({ isReferenced }) => isReferenced)).toEqual([false, false, false]);
  listening.port.resumeReading();
  await turn();
  expect(isReading()).toEqual([true, true, true]);
  await listening.port.stopListening();
  expect(stage.backend.openSockets).toEqual([]);
});

test("kernelDrops counts those of all sockets", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, LIMIT + 1);
  for (const [index, socket] of stage.backend.sockets.entries()) socket.setOption("kernelDrops", 10 ** index);
  expect(listening.port.statistics().kernelDrops).toBe(11);
});

test("leaveGroup() frees room that the next joinGroup() uses", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, 2 * LIMIT);
  listening.port.leaveGroup(groupNumber(0), "eth0");
  listening.port.joinGroup("239.255.9.9", "eth0");
  expect(stage.backend.sockets).toHaveLength(2);
  expect(listening.socket.memberships).toContain("239.255.9.9 eth0 -");
});

test("leaveGroup() of a group on a further socket leaves there, and what still comes of it is foreign", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, LIMIT + 1);
  const group = groupNumber(LIMIT);
  const holder = holderOf(stage.backend.sockets, group);
  holder.deliver(toGroup(group));
  listening.port.leaveGroup(group, "eth0");
  expect(holder.memberships).toEqual([]);
  holder.deliver(toGroup(group));
  expect(listening.port.statistics()).toMatchObject({ received: 1, foreign: 1 });
});

test("a further socket that cannot be opened makes joinGroup() throw, with the sysctl and its value where there is one", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, LIMIT);
  const join = (): void => listening.port.joinGroup("239.255.9.9", "eth0");
  stage.backend.refuse("openSocket", "EMFILE", "EMFILE");
  expect(join).toThrow(expect.objectContaining({ code: "ERR_JOIN", errnoName: "ENOBUFS", group: "239.255.9.9", interface: "eth0" }));
  const value = readFileSync("/proc/sys/net/ipv4/igmp_max_memberships", "utf8").trim();
  expect(join).toThrow(`raise net.ipv4.igmp_max_memberships (now ${value})`);
  expect(stage.backend.openSockets).toHaveLength(1);
  join();
  expect(listening.port.memberships).toHaveLength(LIMIT + 1);
});

test.each(["bind", "set reuseAddress"])("a further socket that is refused %s is closed again, and the number left exclusive", (method) => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, LIMIT);
  stage.backend.refuse(method, "EADDRINUSE");
  expect(() => listening.port.joinGroup("239.255.9.9", "eth0")).toThrow(
    expect.objectContaining({ code: "ERR_JOIN", errnoName: "ENOBUFS" }),
  );
  expect(stage.backend.openSockets).toEqual([listening.socket]);
  expect(listening.socket.option("reuseAddress") ?? 0).toBe(0);
});

test("ENOMEM, the limit of IPv6, opens a further socket too", () => {
  const stage = new Stage();
  const { port, socket } = stage.listen({ interface: "::" });
  stage.backend.refuse("join", "ENOMEM");
  port.joinGroup("ff15::1", "eth0");
  expect(stage.backend.sockets).toHaveLength(2);
  expect(socket.memberships).toEqual([]);
  expect(stage.backend.last.memberships).toEqual(["ff15::1 eth0 -"]);
});

test("a broadcast is delivered once, though every socket of the number gets a copy", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, LIMIT + 1);
  const broadcasts = ["255.255.255.255", "192.0.2.255", "127.255.255.255", "192.0.2.0", "::ffff:192.0.2.255"];
  for (const destination of broadcasts) {
    for (const socket of stage.backend.sockets) socket.deliver({ bytes: destination, arrival: { destination, interfaceIndex: 2 } });
  }
  expect(listening.protocol.texts).toEqual(broadcasts);
  expect(listening.port.statistics().foreign).toBe(0);
});

test("a broadcast that multicastOnly keeps out is counted once, though every socket of the number gets a copy", () => {
  const stage = new Stage();
  const listening = stage.listenMulticast({ multicastOnly: true });
  joinMany(listening, LIMIT * 2 + 1);
  for (const socket of stage.backend.sockets) {
    socket.deliver({ bytes: "to all", arrival: { destination: "192.0.2.255", interfaceIndex: 2 } });
  }
  stage.backend.last.deliver({ bytes: "to us", arrival: { destination: "192.0.2.2", interfaceIndex: 2 } });
  expect([stage.backend.sockets.length, listening.protocol.texts]).toEqual([3, []]);
  expect(listening.port.statistics().foreign).toBe(2);
});

test("a group that two sockets joined on different interfaces is counted once where neither lets it in, and not where one does", () => {
  const stage = new Stage();
  stage.backend.maxMemberships = 1;
  const { port, protocol } = stage.listen({ interface: "::" });
  port.joinGroup("ff15::1", "eth0");
  port.joinGroup("ff15::1", "lo");
  for (const interfaceIndex of [2, 1, 3]) {
    for (const socket of stage.backend.sockets) {
      socket.deliver({ bytes: `on ${interfaceIndex}`, arrival: { destination: "ff15::1", interfaceIndex } });
    }
  }
  expect([stage.backend.sockets.length, protocol.texts]).toEqual([2, ["on 2", "on 1"]]);
  expect(port.statistics().foreign).toBe(1);
});

test("unicast is delivered by a further socket, which was bound last", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, LIMIT + 1);
  stage.backend.last.deliver({ bytes: "to us", arrival: { destination: "192.0.2.2", interfaceIndex: 2 } });
  expect(listening.protocol.texts).toEqual(["to us"]);
});

test("a further socket of a connected port lets in its peer alone", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, LIMIT + 1);
  listening.port.connect("192.0.2.7", 70);
  const unicast = { destination: "192.0.2.2", interfaceIndex: 2 };
  stage.backend.last.deliver(
    { bytes: "peer", from: socketAddress("192.0.2.7", 70), arrival: unicast },
    { bytes: "its other port", from: socketAddress("192.0.2.7", 71), arrival: unicast },
    { bytes: "stranger", from: socketAddress("192.0.2.8", 70), arrival: unicast },
  );
  expect(listening.protocol.texts).toEqual(["peer"]);
  expect(listening.port.statistics().foreign).toBe(2);
});

test("a further socket of a connected port keeps strangers out before packet info is there too", () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, LIMIT + 1);
  listening.port.connect("192.0.2.7", 70);
  stage.backend.last.deliver(
    { bytes: "stranger", from: socketAddress("192.0.2.8", 70) },
    { bytes: "peer", from: socketAddress("192.0.2.7", 70) },
  );
  expect(listening.protocol.texts).toEqual(["peer"]);
});

test("datagrams that the network does not take wait for the first socket, which sends for all", async () => {
  const stage = new Stage();
  const listening = stage.listen();
  joinMany(listening, LIMIT + 1);
  listening.port.write("x", { address: "192.0.2.1", port: 1 });
  await turn();
  expect(listening.socket.texts).toEqual(["x"]);
  expect(stage.backend.last.texts).toEqual([]);
});

test("reconcile() joins each group on the interface of its own selector, when both interfaces come back at once", () => {
  const stage = new Stage();
  stage.backend.network.change([LOOPBACK, ETH0, fakeInterface("wlan0", 3)]);
  const { port, socket } = stage.listen();
  port.joinGroup(groupNumber(0), "eth0");
  port.joinGroup(groupNumber(1), "wlan0");
  stage.backend.network.change([LOOPBACK]);
  expect(socket.memberships).toEqual([]);
  stage.backend.network.change([LOOPBACK, fakeInterface(ETH0.name, 9), fakeInterface("wlan0", 10)]);
  expect(socket.memberships).toEqual([`${groupNumber(0)} eth0 -`, `${groupNumber(1)} wlan0 -`]);
});

test("joinGroup() does not ask a full socket between one that refuses and one that has room", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  joinMany({ port }, 2 * LIMIT + 1);
  port.leaveGroup(groupNumber(0), "eth0");
  port.joinGroup("239.255.9.1", "eth0"); // takes the place that is free
  stage.backend.calls.length = 0;
  port.joinGroup("239.255.9.2", "eth0");
  expect(stage.backend.calls.filter((call) => call === "join")).toHaveLength(2);
  expect(stage.backend.sockets.map(({ memberships }) => memberships.length)).toEqual([LIMIT, LIMIT, 2]);
});

test("leaveGroup() leaves the other groups of a further socket let in", () => {
  const stage = new Stage();
  const { port, protocol } = stage.listen();
  joinMany({ port }, LIMIT + 2);
  port.leaveGroup(groupNumber(LIMIT), "eth0");
  const further = stage.backend.sockets[1]!;
  for (const index of [LIMIT, LIMIT + 1]) further.deliver(toGroup(groupNumber(index)));
  expect(protocol.texts).toEqual([groupNumber(LIMIT + 1)]);
});
