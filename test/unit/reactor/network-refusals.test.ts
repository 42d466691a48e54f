// What the network refuses to answer: the reactor goes on, says so once, and is right again afterwards.

import type { MulticastListenOptions, MulticastPort } from "@groupcast/reactor";
import { expect, test, vi } from "vitest";
import { ETH0, fakeInterface, LOOPBACK } from "../../support/fake-backend.js";
import { type Listening, Notes, recordEvents, Stage, turn } from "./stage.js";

const GROUP = "239.255.0.1";
const TO_GROUP = { address: GROUP, port: 9 };
const WLAN0 = fakeInterface("wlan0", 3);
const REFUSED_ROUTES = ["EACCES", "EINVAL", "EHOSTUNREACH", "ENETUNREACH", "EMFILE"] as const; // prohibit, blackhole, unreachable, none, no descriptor

function errorsOf(stage: Stage): unknown[] {
  const errors: unknown[] = [];
  stage.reactor.on("error", (error) => errors.push(error));
  return errors;
}

test("a list of interfaces that is refused when they change is an error event once, and looked for again until it is there", async () => {
  const stage = new Stage();
  const errors = errorsOf(stage);
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP, "wlan0");
  stage.backend.network.refusals.interfaces.push("EMFILE", "EMFILE", "EMFILE");
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  expect(port.memberships).toMatchObject([{ state: "waiting" }]);
  await stage.clock.advance(10_000);
  expect(errors).toMatchObject([{ code: "ERR_INTERFACES", errnoName: "EMFILE" }]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "wlan0", state: "joined" }]);
  expect(socket.memberships).toEqual([`${GROUP} wlan0 -`]);
  expect(stage.clock.pendingCalls).toBe(0);
});

test("the error is reported again when the reason is another, or when it comes back", async () => {
  const stage = new Stage();
  const errors = errorsOf(stage);
  stage.listen().port.joinGroup(GROUP, "wlan0");
  const { network } = stage.backend;
  network.refusals.interfaces.push("EMFILE", "EINTR");
  network.change([LOOPBACK]);
  await stage.clock.advance(10_000);
  network.refusals.interfaces.push("EMFILE");
  network.change([LOOPBACK, ETH0]);
  await stage.clock.advance(10_000);
  expect(errors).toMatchObject([{ errnoName: "EMFILE" }, { errnoName: "EINTR" }, { errnoName: "EMFILE" }]);
});

test("the intervals between looks grow", async () => {
  const stage = new Stage();
  stage.reactor.network.on("change", () => {});
  const { refusals } = stage.backend.network;
  refusals.interfaces.push(...Array.from({ length: 50 }, () => "EINTR" as const));
  stage.backend.network.change([LOOPBACK]);
  await stage.clock.advance(60_000);
  const looks = 50 - refusals.interfaces.length;
  expect(looks).toBeGreaterThan(6);
  expect(looks).toBeLessThan(15);
});

test("after the network has answered, the intervals begin anew", async () => {
  const stage = new Stage();
  errorsOf(stage);
  let added: unknown;
  stage.reactor.network.on("change", (change) => {
    added = change.added;
  });
  const { network } = stage.backend;
  network.refusals.interfaces.push(...Array.from({ length: 6 }, () => "EINTR" as const));
  network.change([LOOPBACK]);
  await stage.clock.advance(60_000);
  network.refusals.interfaces.push("EINTR");
  network.change([LOOPBACK, ETH0]);
  await stage.clock.advance(100);
  expect(added).toEqual([ETH0]);
});

test("refusals that come and go during many changes do not add up to a long interval", async () => {
  const stage = new Stage();
  errorsOf(stage);
  const { port } = stage.listen();
  port.joinGroup(GROUP, "wlan0");
  const { network } = stage.backend;
  const refuse = (): number => network.refusals.interfaces.push(...Array.from({ length: 50 }, () => "EINTR" as const));
  for (let change = 0; change < 5; change++) {
    refuse();
    network.change([LOOPBACK, ETH0]);
    network.refusals.interfaces.splice(0);
    network.change([LOOPBACK]); // answered: nothing is left to look for
    refuse();
    await stage.clock.advance(3_000);
    network.refusals.interfaces.splice(0);
  }
  network.refusals.interfaces.push("EINTR");
  network.change([LOOPBACK, WLAN0]);
  await stage.clock.advance(100);
  expect(port.memberships).toMatchObject([{ state: "joined" }]);
});

test("changes are watched later when watching was refused", async () => {
  const stage = new Stage();
  const errors = errorsOf(stage);
  const changes: unknown[] = [];
  stage.backend.network.refusals.watch.push("EMFILE", "EMFILE");
  stage.reactor.network.on("change", (change) => changes.push(change));
  expect(stage.backend.network.watcherCount).toBe(0);
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]); // nobody notices yet
  await stage.clock.advance(10_000);
  expect(stage.backend.network.watcherCount).toBe(1);
  expect(errors).toMatchObject([{ code: "ERR_INTERFACES", errnoName: "EMFILE" }]);
  expect(changes).toMatchObject([{ added: [{ name: "wlan0" }] }]);
});

test("a reactor that has stopped looks no more", async () => {
  const stage = new Stage();
  errorsOf(stage);
  stage.reactor.network.on("change", () => {});
  stage.backend.network.refusals.interfaces.push("EMFILE", "EMFILE");
  stage.backend.network.change([LOOPBACK]);
  await stage.reactor.stop();
  await stage.clock.advance(60_000);
  expect(stage.backend.network.refusals.interfaces).toHaveLength(1);
  expect(stage.clock.pendingCalls).toBe(0);
});

test("interfaces() throws what the OS answered, since the user asked", () => {
  const stage = new Stage();
  stage.backend.network.refusals.interfaces.push("EMFILE");
  expect(() => stage.reactor.network.interfaces()).toThrow(
    expect.objectContaining({ code: "ERR_INTERFACES", operation: "interfaces", errnoName: "EMFILE" }),
  );
});

test.each(REFUSED_ROUTES)(
  "a route to the group that is refused with %s keeps nothing from being written, joined or set",
  async (errnoName) => {
    const stage = new Stage();
    const { port, events } = stage.listenMulticast();
    const { routeTo } = stage.backend.network.refusals;
    const refuse = (): number => routeTo.push(errnoName, errnoName, errnoName, errnoName);
    refuse();
    expect(port.write("x", TO_GROUP)).toBe(true);
    refuse();
    port.joinGroup(GROUP);
    expect(port.memberships).toMatchObject([{ interface: "eth0", state: "joined" }]);
    refuse();
    port.setTTL(0);
    refuse();
    expect(port.write("x", TO_GROUP)).toBe(true);
    await turn();
    expect(events.filter(([event]) => event === "error")).toEqual([]);
  },
);

test("one membership that fails does not keep the others, or the outgoing interface, from being brought in line", async () => {
  const stage = new Stage();
  const { port, socket, events } = stage.listen();
  for (const group of ["239.255.0.1", "239.255.0.2", "239.255.0.3"]) port.joinGroup(group, "wlan0");
  await turn();
  events.length = 0;
  const { join } = socket;
  socket.join = (group, iface, source) => {
    if (group === "239.255.0.2") throw new Error("a defect of a backend");
    return join.call(socket, group, iface, source);
  };
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  expect(socket.memberships).toEqual(["239.255.0.1 wlan0 -", "239.255.0.3 wlan0 -"]);
  await turn();
  expect(events.filter(([event]) => event === "error")).toMatchObject([["error", { message: "a defect of a backend" }]]);
});

test("a change between watching and listing is noticed", async () => {
  const stage = new Stage();
  const { network } = stage.backend;
  const { interfaces } = network;
  let isFirst = true;
  network.interfaces = () => {
    const listed = interfaces.call(network);
    if (isFirst) network.change([LOOPBACK, ETH0, WLAN0], false); // right behind the list; the kernel notifies those who watch by now
    if (isFirst && network.watcherCount > 0) queueMicrotask(() => network.change([LOOPBACK, ETH0, WLAN0]));
    isFirst = false;
    return listed;
  };
  const { port } = stage.listen();
  port.joinGroup(GROUP, "wlan0");
  await turn();
  expect(port.memberships).toMatchObject([{ state: "joined" }]);
});

test("a look that is due again keeps no process alive", () => {
  const stage = new Stage();
  errorsOf(stage);
  const unref = vi.fn();
  const { clock } = stage;
  const { schedule } = clock;
  clock.schedule = (delayMs, fn) => Object.assign(schedule.call(clock, delayMs, fn), { unref });
  stage.backend.network.refusals.watch.push("EPERM");
  stage.reactor.network.on("change", () => {});
  expect(unref).toHaveBeenCalledOnce();
});

test("an outgoing interface that cannot be set does not keep the memberships from being brought in line", async () => {
  const stage = new Stage();
  const { port, socket, events } = stage.listenMulticast({ outgoingInterface: "eth0" });
  port.joinGroup(GROUP, "wlan0");
  await turn();
  events.length = 0;
  socket.setMulticastInterface = () => {
    throw new Error("a defect of a backend");
  };
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  expect(port.memberships).toMatchObject([{ state: "joined" }]);
  await turn();
  expect(events.filter(([event]) => event === "error")).toMatchObject([["error", { message: "a defect of a backend" }]]);
});

test("a refused list of interfaces is logged as what it is, when nobody listens", () => {
  const lines: string[] = [];
  const stage = new Stage({}, { logger: { info() {}, warn() {}, error: (message) => void lines.push(message) } });
  stage.backend.network.refusals.interfaces.push("EMFILE");
  stage.listenMulticast().port.joinGroup(GROUP, "eth0");
  expect(lines).toEqual(["the interfaces could not be listed"]);
});

/** A port on a stage whose interfaces cannot be listed from now on. */
function blind(options?: MulticastListenOptions): Listening & { stage: Stage } {
  const stage = new Stage();
  const listening = stage.listenMulticast(options);
  errorsOf(stage);
  stage.backend.network.refusals.watch.push(...Array.from({ length: 9 }, () => "EMFILE" as const));
  stage.backend.network.refusals.interfaces.push(...Array.from({ length: 9 }, () => "EMFILE" as const));
  return { ...listening, stage };
}

test.each<[how: string, choose: (stage: Stage) => MulticastPort]>([
  [
    "setOutgoingInterface()",
    ({ reactor }) => {
      const port = reactor.listenMulticast(0, new Notes());
      port.setOutgoingInterface("eth0");
      return port;
    },
  ],
  ["the option outgoingInterface", ({ reactor }) => reactor.listenMulticast(0, new Notes(), { outgoingInterface: "eth0" })],
])("%s waits while the OS does not list the interfaces, sends fail with its reason, and it works when it lists them", async (_, choose) => {
  const { stage } = blind();
  const port = choose(stage);
  const socket = stage.backend.last;
  const events = recordEvents(port);
  expect(port.outgoingInterface).toEqual({ interface: "eth0", state: "waiting" });
  expect(port.write("x", TO_GROUP)).toBe(true);
  await turn();
  expect(events).toMatchObject([["sendFailed", { error: { errnoName: "EMFILE", interface: "eth0" } }]]);
  expect(socket.sent).toEqual([]);
  stage.backend.network.refusals.watch.length = stage.backend.network.refusals.interfaces.length = 0;
  await stage.clock.advance(20_000);
  expect(port.outgoingInterface).toEqual({ interface: "eth0", state: "active" });
  port.write("y", TO_GROUP);
  await turn();
  expect(socket.texts).toEqual(["y"]);
  expect(stage.messages).not.toContainEqual(expect.stringContaining("waiting for interface")); // nobody knew that it was missing
});

test("write() by an interface of which nobody knows does not throw: sendFailed has the reason", async () => {
  const { port, socket, events } = blind();
  expect(port.write("x", { address: "192.0.2.9", port: 9 }, { interface: "eth0" })).toBe(true);
  await turn();
  expect(events).toMatchObject([["sendFailed", { error: { code: "ERR_SEND", errnoName: "EMFILE" } }]]);
  expect([socket.sent, port.statistics().sendFailed]).toEqual([[], 1]);
});

test("write() to a zone of which nobody knows is left to the OS, which knows", async () => {
  const { port, socket } = blind({ interface: "::" });
  expect(port.write("x", { address: "fe80::9%eth0", port: 9 })).toBe(true);
  await turn();
  expect(socket.sent).toMatchObject([{ to: { address: "fe80::9%eth0" } }]);
});

test("joinGroup() on an interface of which nobody knows waits, and joins when it is known", async () => {
  const { stage, port } = blind();
  port.joinGroup(GROUP, "eth0");
  expect(port.memberships).toMatchObject([{ interface: "eth0", state: "waiting" }]);
  await stage.clock.advance(60_000);
  expect(port.memberships).toMatchObject([{ interface: "eth0", state: "joined" }]);
});
