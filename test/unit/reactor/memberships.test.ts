import { describe, expect, test } from "vitest";
import { errnoOf } from "../../support/errno-of.js";
import { ETH0, fakeInterface, LOOPBACK } from "../../support/fake-backend.js";
import { Stage, turn } from "./stage.js";

const GROUP = "239.255.0.1";
const GROUP6 = "ff15::1";
const ETH0_6 = { address: "fe80::2", index: 2 } as const;

test.each([
  ["its name", "eth0"],
  ["its index", 2],
  ["one of its addresses", "192.0.2.2"],
  ["itself", ETH0],
  ["a zone", "::%eth0"],
  ["a zone with its index", "::%2"],
])("joinGroup() on an interface named by %s joins there, and leaveGroup() in the same words leaves", (_how, on) => {
  const { port, socket } = new Stage().listen();
  port.joinGroup(GROUP, on);
  expect(socket.memberships).toEqual([`${GROUP} eth0 -`]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "eth0", state: "joined" }]);
  port.leaveGroup(GROUP, on);
  expect(socket.memberships).toEqual([]);
  expect(port.memberships).toEqual([]);
});

test.each(["eth0", 2, ETH0_6.address, "::%eth0"])("joinGroup() of an IPv6 group on %o joins there", (on) => {
  const { port, socket } = new Stage().listen({ interface: "::" });
  port.joinGroup("FF15:0::1", on);
  expect(socket.memberships).toEqual([`${GROUP6} eth0 -`]);
  expect(port.memberships).toEqual([{ group: GROUP6, interface: "eth0", state: "joined" }]);
});

test("joinGroup() takes the zone of a group for the interface", () => {
  const { port, socket } = new Stage().listen({ interface: "::" });
  port.joinGroup("ff02::fb%eth0");
  port.joinGroup("ff02::fc%1");
  expect(socket.memberships).toEqual(["ff02::fb eth0 -", "ff02::fc lo -"]);
  port.leaveGroup("ff02::fb%2");
  expect(socket.memberships).toEqual(["ff02::fc lo -"]);
});

test("joinGroup() waits for the interface that a group's zone names", () => {
  const stage = new Stage();
  const { port, socket } = stage.listen({ interface: "::" });
  port.joinGroup("ff02::fb%wlan0");
  expect(port.memberships).toEqual([{ group: "ff02::fb", interface: "wlan0", state: "waiting" }]);
  stage.backend.network.change([LOOPBACK, ETH0, fakeInterface("wlan0", 3)]);
  expect(socket.memberships).toEqual(["ff02::fb wlan0 -"]);
});

test("joinGroup() refuses an interface beside a group's zone", () => {
  const { port } = new Stage().listen({ interface: "::" });
  expect(() => port.joinGroup("ff02::fb%eth0", "lo")).toThrow(
    expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument: "interface", value: "lo" }),
  );
});

test.each([undefined, "", "default", "0.0.0.0", "::"])("joinGroup() on %o joins on the interface of the route to the group", (on) => {
  const stage = new Stage({ interfaces: [LOOPBACK, ETH0, fakeInterface("eth1", 3)] });
  stage.backend.network.routes.set(GROUP, "eth1");
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP, on);
  expect(socket.memberships).toEqual([`${GROUP} eth1 -`]);
});

test("joinGroup() without an interface joins on the outgoing one when that was chosen", () => {
  const { port, socket } = new Stage().listenMulticast({ outgoingInterface: "lo" });
  port.joinGroup(GROUP);
  expect(socket.memberships).toEqual([`${GROUP} lo -`]);
});

test("joinGroup() without an interface or a route joins on the first that carries multicast, else on loopback", () => {
  const stage = new Stage();
  stage.backend.network.routes.clear();
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP);
  expect(socket.memberships).toEqual([`${GROUP} eth0 -`]);
  const alone = new Stage({ interfaces: [LOOPBACK] });
  const other = alone.listen();
  other.port.joinGroup(GROUP);
  expect(other.socket.memberships).toEqual([`${GROUP} lo -`]);
});

test("joinGroup() leaves the choice to the kernel where the backend knows no routes", () => {
  const { port, socket } = new Stage({ without: ["routes"] }).listen();
  port.joinGroup(GROUP);
  expect(socket.memberships).toEqual([`${GROUP} - -`]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "default", state: "joined" }]);
  port.leaveGroup(GROUP);
  expect(socket.memberships).toEqual([]);
});

test('joinGroup() on "all" joins on every interface that carries multicast, loopback included', () => {
  const tunnel = fakeInterface("tun0", 3, { flags: { ...ETH0.flags, multicast: false } });
  const { port, socket } = new Stage({ interfaces: [LOOPBACK, ETH0, tunnel] }).listen();
  port.joinGroup(GROUP, "all");
  expect(socket.memberships).toEqual([`${GROUP} lo -`, `${GROUP} eth0 -`]);
  port.leaveGroup(GROUP, "all");
  expect(socket.memberships).toEqual([]);
});

test('joinGroup() on "all" joins where it can, and tells where it cannot', async () => {
  const stage = new Stage();
  const { port, socket, events } = stage.listen();
  stage.backend.refuse("join", "ENODEV");
  port.joinGroup(GROUP, "all");
  await turn();
  expect(socket.memberships).toEqual([`${GROUP} eth0 -`]);
  expect(events).toMatchObject([
    ["membership", { membership: { interface: "eth0", state: "joined" } }],
    [
      "membership",
      { membership: { interface: "lo", state: "waiting" }, error: { code: "ERR_JOIN", errnoName: "ENODEV", interface: "lo" } },
    ],
  ]);
});

test('joinGroup() on "all" throws, and leaves what it had joined, when the OS allows no more memberships', () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  stage.backend.maxMemberships = 1;
  stage.backend.refuse("openSocket", "EMFILE");
  expect(() => port.joinGroup(GROUP, "all")).toThrow(
    expect.objectContaining({ code: "ERR_JOIN", errnoName: "ENOBUFS", interface: "eth0" }),
  );
  expect(socket.memberships).toEqual([]);
  expect(port.memberships).toEqual([]);
});

test("joinGroup() tells the membership from the loop, never inside the call", async () => {
  const { port, events } = new Stage().listen();
  port.joinGroup(GROUP, "eth0");
  expect(events).toEqual([]);
  await turn();
  expect(events).toEqual([["membership", { membership: { group: GROUP, interface: "eth0", state: "joined" } }]]);
});

test.each<[group: unknown, on: unknown, options: unknown, code: string, argument: string]>([
  ["192.0.2.1", "eth0", undefined, "ERR_NOT_MULTICAST", "group"],
  ["127.0.0.1", undefined, undefined, "ERR_NOT_MULTICAST", "group"],
  ["223.255.255.255", undefined, undefined, "ERR_NOT_MULTICAST", "group"],
  ["240.0.0.1", undefined, undefined, "ERR_NOT_MULTICAST", "group"],
  [GROUP6, "eth0", undefined, "ERR_FAMILY_MISMATCH", "group"],
  ["all-hosts", "eth0", undefined, "ERR_ADDRESS_NOT_IP", "group"],
  [undefined, "eth0", undefined, "ERR_ARGUMENT_TYPE", "group"],
  [GROUP, null, undefined, "ERR_ARGUMENT_TYPE", "interface"],
  [GROUP, {}, undefined, "ERR_ARGUMENT_TYPE", "interface"],
  [GROUP, 0, undefined, "ERR_ARGUMENT_RANGE", "interface"],
  [GROUP, -1, undefined, "ERR_ARGUMENT_RANGE", "interface"],
  [GROUP, 1.5, undefined, "ERR_ARGUMENT_RANGE", "interface"],
  [GROUP, "eth 0", undefined, "ERR_INTERFACE_UNKNOWN", "interface"],
  [GROUP, "a/b", undefined, "ERR_INTERFACE_UNKNOWN", "interface"],
  [GROUP, "eth0", null, "ERR_ARGUMENT_TYPE", "options"],
  [GROUP, "eth0", { sourc: "192.0.2.9" }, "ERR_OPTION_UNKNOWN", "option"],
  [GROUP, "eth0", { source: "me" }, "ERR_ADDRESS_NOT_IP", "source"],
  [GROUP, "eth0", { source: "::1" }, "ERR_FAMILY_MISMATCH", "source"],
  [GROUP, "eth0", { source: "239.255.0.2" }, "ERR_SOURCE_IS_MULTICAST", "source"],
])("joinGroup(%o, %o, %o) throws %s for %s before any call of the backend", (...[group, on, options, code, argument]) => {
  const stage = new Stage();
  const { port } = stage.listen();
  stage.backend.calls.length = 0;
  const join = (): void => port.joinGroup(group as string, on as string, options as object);
  expect(join).toThrow(expect.objectContaining({ name: "InvalidArgumentError", code, argument, operation: "joinGroup" }));
  expect(stage.backend.calls).toEqual([]);
  expect(port.memberships).toEqual([]);
});

test("joinGroup() with whenAvailable that is no boolean throws ERR_ARGUMENT_TYPE", () => {
  const { port } = new Stage().listen();
  expect(() => port.joinGroup(GROUP, "eth0", { whenAvailable: 0 as never })).toThrow(
    expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "whenAvailable", value: 0 }),
  );
});

test("joinGroup() waits for an interface that is not there, unless it is told not to", () => {
  const { port, socket } = new Stage().listen();
  port.joinGroup(GROUP, "wlan0");
  expect(port.memberships).toEqual([{ group: GROUP, interface: "wlan0", state: "waiting" }]);
  expect(socket.memberships).toEqual([]);
  expect(() => port.joinGroup(GROUP, "wlan1", { whenAvailable: false })).toThrow(
    expect.objectContaining({
      name: "MulticastJoinError",
      code: "ERR_JOIN",
      errnoName: "ENODEV",
      group: GROUP,
      interface: "wlan1",
      operation: "joinGroup",
    }),
  );
  expect(port.memberships).toHaveLength(1);
});

test("joinGroup() waits when the OS says ENODEV of an interface that has just gone", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  stage.backend.refuse("join", "ENODEV", "ENODEV");
  port.joinGroup(GROUP, "eth0");
  expect(port.memberships).toMatchObject([{ state: "waiting" }]);
  expect(() => port.joinGroup("239.255.0.2", "eth0", { whenAvailable: false })).toThrow(
    expect.objectContaining({ code: "ERR_JOIN", errnoName: "ENODEV" }),
  );
});

test.each(["EADDRNOTAVAIL", "EINVAL", "EPERM"])("joinGroup() throws MulticastJoinError when the OS refuses with %s", (errnoName) => {
  const stage = new Stage();
  const { port } = stage.listen();
  stage.backend.refuse("join", errnoName);
  expect(() => port.joinGroup(GROUP, "eth0", { source: "192.0.2.9" })).toThrow(
    expect.objectContaining({
      code: "ERR_JOIN",
      errno: errnoOf(errnoName),
      errnoName,
      group: GROUP,
      interface: "eth0",
      source: "192.0.2.9",
    }),
  );
  expect(port.memberships).toEqual([]);
});

describe("joinGroup() of what is joined throws ERR_ALREADY_JOINED", () => {
  const isJoined = expect.objectContaining({ code: "ERR_ALREADY_JOINED", name: "StateError", operation: "joinGroup", group: GROUP });

  test.each([
    ["eth0", "eth0"],
    ["eth0", 2],
    ["eth0", "192.0.2.2"],
    [2, "eth0"],
    ["192.0.2.2", "::%eth0"],
    ["eth0", undefined],
    [undefined, "eth0"],
    [undefined, undefined],
    ["all", "all"],
    ["all", "eth0"],
    ["all", undefined],
    ["wlan0", "wlan0"],
  ])("on %o, then on %o", (first, second) => {
    const stage = new Stage();
    const { port, socket } = stage.listen();
    port.joinGroup(GROUP, first);
    const before = socket.memberships;
    expect(() => port.joinGroup(GROUP, second)).toThrow(isJoined);
    expect(socket.memberships).toEqual(before);
  });

  test.each([
    ["any source, then one", undefined, "192.0.2.9"],
    ["one source, then any", "192.0.2.9", undefined],
    ["one source twice", "192.0.2.9", "192.0.2.9"],
  ])("for %s, in any spelling of the interface", (_name, first, second) => {
    for (const [on, again] of [
      ["eth0", "eth0"],
      ["eth0", 2],
      [undefined, "eth0"],
      ["all", "all"],
      ["all", "eth0"],
    ] as const) {
      const { port, socket } = new Stage().listen();
      port.joinGroup(GROUP, on, first === undefined ? {} : { source: first });
      const before = socket.memberships;
      expect(() => port.joinGroup(GROUP, again, second === undefined ? {} : { source: second })).toThrow(isJoined);
      expect(socket.memberships).toEqual(before);
    }
  });
});

test("joinGroup() joins one group on several interfaces, several groups on one, and for several sources", () => {
  const { port, socket } = new Stage().listen();
  port.joinGroup(GROUP, "eth0");
  port.joinGroup(GROUP, "lo");
  port.joinGroup("239.255.0.2", "eth0", { source: "192.0.2.8" });
  port.joinGroup("239.255.0.2", "eth0", { source: "192.0.2.9" });
  expect(socket.memberships).toEqual([`${GROUP} eth0 -`, `${GROUP} lo -`, "239.255.0.2 eth0 192.0.2.8", "239.255.0.2 eth0 192.0.2.9"]);
  expect(port.memberships.at(-1)).toEqual({ group: "239.255.0.2", interface: "eth0", source: "192.0.2.9", state: "joined" });
  port.leaveGroup("239.255.0.2", "eth0", { source: "192.0.2.8" });
  expect(socket.memberships).toHaveLength(3);
});

test('joinGroup() on "all" leaves out what another wish has, and takes it over when that one leaves', async () => {
  const { port, socket, events } = new Stage().listen();
  port.joinGroup(GROUP, "eth0");
  port.joinGroup(GROUP, "all");
  expect(socket.memberships).toEqual([`${GROUP} eth0 -`, `${GROUP} lo -`]);
  await turn();
  events.length = 0;
  port.leaveGroup(GROUP, "eth0");
  await turn();
  expect(socket.memberships).toEqual([`${GROUP} lo -`, `${GROUP} eth0 -`]);
  expect(events).toEqual([["membership", { membership: { group: GROUP, interface: "eth0", state: "joined" } }]]);
  port.leaveGroup(GROUP, "all");
  expect(socket.memberships).toEqual([]);
});

test.each([
  ["eth0", 2],
  [undefined, "eth0"],
  [2, "192.0.2.2"],
])("leaveGroup() of what was joined on %o finds it by %o", (first, second) => {
  const { port, socket } = new Stage().listen();
  port.joinGroup(GROUP, first);
  port.leaveGroup(GROUP, second);
  expect(socket.memberships).toEqual([]);
});

test("leaveGroup() ends a wait", () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP, "wlan0");
  port.leaveGroup(GROUP, "wlan0");
  expect(port.memberships).toEqual([]);
  stage.backend.network.change([LOOPBACK, ETH0, fakeInterface("wlan0", 3)]);
  expect(socket.memberships).toEqual([]);
});

test.each<[group: string, on: string | undefined, options: object]>([
  ["239.255.0.2", "eth0", {}],
  [GROUP, "lo", {}],
  [GROUP, "all", {}],
  [GROUP, "eth0", { source: "192.0.2.9" }],
])("leaveGroup(%o, %o, %o) throws ERR_NOT_JOINED", (group, on, options) => {
  const { port, socket } = new Stage().listen();
  port.joinGroup(GROUP, "eth0");
  expect(() => port.leaveGroup(group, on, options)).toThrow(
    expect.objectContaining({ code: "ERR_NOT_JOINED", name: "StateError", operation: "leaveGroup", group }),
  );
  expect(socket.memberships).toHaveLength(1);
});

test('leaveGroup() of one interface does not take it from "all"', () => {
  const { port } = new Stage().listen();
  port.joinGroup(GROUP, "all");
  expect(() => port.leaveGroup(GROUP, "eth0")).toThrow(expect.objectContaining({ code: "ERR_NOT_JOINED" }));
});

test("leaveGroup() that the OS refuses throws ERR_LEAVE, and the membership is dropped all the same", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  stage.backend.refuse("leave", "EADDRNOTAVAIL");
  expect(() => port.leaveGroup(GROUP, "eth0")).toThrow(
    expect.objectContaining({ code: "ERR_LEAVE", errnoName: "EADDRNOTAVAIL", group: GROUP, interface: "eth0", operation: "leaveGroup" }),
  );
  expect(port.memberships).toEqual([]);
});

test.each([
  ["192.0.2.1", "eth0", undefined, "ERR_NOT_MULTICAST"],
  [GROUP, {}, undefined, "ERR_ARGUMENT_TYPE"],
  [GROUP, "eth0", { whenAvailable: true }, "ERR_OPTION_UNKNOWN"],
  [GROUP, "eth0", null, "ERR_ARGUMENT_TYPE"],
])("leaveGroup(%o, %o, %o) throws %s", (group, on, options, code) => {
  const { port } = new Stage().listen();
  expect(() => port.leaveGroup(group, on as string, options as object)).toThrow(
    expect.objectContaining({ name: "InvalidArgumentError", code, operation: "leaveGroup" }),
  );
});

test("listenMulticast() with a group has joined it before startProtocol() runs", () => {
  const { port } = new Stage().listenMulticast({ group: GROUP, outgoingInterface: "eth0" });
  expect(port.memberships).toEqual([{ group: GROUP, interface: "eth0", state: "joined" }]);
});

test("listenMulticast() with an IPv6 group opens an IPv6 port, and heeds the zone", () => {
  const { port, socket } = new Stage().listenMulticast({ group: "ff02::fb%eth0" });
  expect(socket.boundTo?.address).toBe("::");
  expect(socket.memberships).toEqual(["ff02::fb eth0 -"]);
  expect(port.getHost().family).toBe(6);
});

test("listenMulticast() whose group cannot be joined throws, and leaves nothing open", () => {
  const stage = new Stage();
  stage.backend.refuse("join", "EINVAL");
  expect(() => stage.listenMulticast({ group: GROUP })).toThrow(expect.objectContaining({ code: "ERR_JOIN" }));
  expect(stage.backend.openSockets).toEqual([]);
});

test("joinGroup() accepts what an adopted socket has joined already", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  stage.backend.refuse("join", "EADDRINUSE");
  port.joinGroup(GROUP, "eth0");
  expect(port.memberships).toMatchObject([{ state: "joined" }]);
});
