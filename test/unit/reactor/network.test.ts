import { ERRNO } from "@groupcast/base";
import type { NetworkChange } from "@groupcast/reactor";
import { expect, test } from "vitest";
import { ETH0, fakeInterface, LOOPBACK } from "../../support/fake-backend.js";
import { Stage } from "./stage.js";

const WLAN0 = fakeInterface("wlan0", 3);

test("interfaces() asks the backend each time", () => {
  const { backend, reactor } = new Stage();
  expect(reactor.network.interfaces()).toEqual([LOOPBACK, ETH0]);
  backend.network.change([LOOPBACK], false);
  expect(reactor.network.interfaces()).toEqual([LOOPBACK]);
});

test.each([
  [undefined, ["127.0.0.1", "::1", "192.0.2.2", "fe80::2%eth0"]],
  [{ ipv6: false }, ["127.0.0.1", "192.0.2.2"]],
  [{ ipv4: false }, ["::1", "fe80::2%eth0"]],
  [{ ipv4: false, ipv6: false }, []],
])("getInterfaceIPs(%o) lists the addresses, link-local ones with their zone", (options, expected) => {
  const { reactor } = new Stage();
  expect(reactor.network.getInterfaceIPs(options)).toEqual(expected);
});

test.each([
  [null, "options"],
  [4, "options"],
  [{ ipv4: 1 }, "ipv4"],
  [{ ipv6: "no" }, "ipv6"],
  [{ family: 4 }, "option"],
])("getInterfaceIPs(%o) throws an InvalidArgumentError for %s", (options, argument) => {
  const { reactor } = new Stage();
  expect(() => reactor.network.getInterfaceIPs(options as object)).toThrow(
    expect.objectContaining({ name: "InvalidArgumentError", argument, operation: "getInterfaceIPs" }),
  );
});

test("getDefaultGatewayInterface() is the default route's, and its IP the first of the family", () => {
  const { reactor } = new Stage();
  expect(reactor.network.getDefaultGatewayInterface()).toEqual(ETH0);
  expect(reactor.network.getDefaultGatewayInterfaceIP()).toBe("192.0.2.2");
  expect(reactor.network.getDefaultGatewayInterfaceIP(6)).toBe("fe80::2");
});

test("getDefaultGatewayInterface() throws ERR_ROUTE when the OS does not answer, and finds the route when it does again", () => {
  const { backend, reactor } = new Stage();
  const { defaultRoute } = backend.network;
  backend.network.defaultRoute = () => ERRNO.EMFILE as never;
  const refusal = { name: "SystemError", code: "ERR_ROUTE", errnoName: "EMFILE", operation: "getDefaultGatewayInterface" };
  expect(() => reactor.network.getDefaultGatewayInterface()).toThrow(expect.objectContaining(refusal));
  backend.network.defaultRoute = defaultRoute;
  expect(reactor.network.getDefaultGatewayInterface()).toEqual(ETH0);
});

test("getDefaultGatewayInterface() is undefined without a default route", () => {
  const { backend, reactor } = new Stage();
  backend.network.routes.clear();
  expect(reactor.network.getDefaultGatewayInterface(4)).toBeUndefined();
  expect(reactor.network.getDefaultGatewayInterfaceIP(4)).toBeUndefined();
});

test.each([5, "4", null])("getDefaultGatewayInterface(%o) throws ERR_ARGUMENT_TYPE", (family) => {
  const { reactor } = new Stage();
  expect(() => reactor.network.getDefaultGatewayInterface(family as 4)).toThrow(
    expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "family", value: family }),
  );
  expect(() => reactor.network.getDefaultGatewayInterfaceIP(family as 4)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE" }));
});

test("routeTo() is the backend's answer, undefined where nothing leads", () => {
  const { backend, reactor } = new Stage();
  expect(reactor.network.routeTo("198.51.100.1")).toEqual({ interface: ETH0 });
  expect(reactor.network.routeTo("198.51.100.1", { source: "192.0.2.2" })).toEqual({ interface: ETH0 });
  backend.network.routes.clear();
  expect(reactor.network.routeTo("198.51.100.1")).toBeUndefined();
});

test("routeTo() throws ERR_ROUTE for any other refusal", () => {
  const { backend, reactor } = new Stage();
  backend.network.routeTo = () => -1;
  expect(() => reactor.network.routeTo("198.51.100.1")).toThrow(
    expect.objectContaining({ code: "ERR_ROUTE", errnoName: "EPERM", address: "198.51.100.1", operation: "routeTo" }),
  );
});

test.each([
  ["host.example", undefined, "ERR_ADDRESS_NOT_IP", "address"],
  [undefined, undefined, "ERR_ARGUMENT_TYPE", "address"],
  ["fe80::1%nosuch", undefined, "ERR_ADDRESS_SCOPE", "address"],
  ["192.0.2.1", null, "ERR_ARGUMENT_TYPE", "options"],
  ["192.0.2.1", { from: "192.0.2.2" }, "ERR_OPTION_UNKNOWN", "option"],
  ["192.0.2.1", { source: "me" }, "ERR_ADDRESS_NOT_IP", "source"],
  ["192.0.2.1", { source: "::1" }, "ERR_FAMILY_MISMATCH", "source"],
])("routeTo(%o, %o) throws %s", (address, options, code, argument) => {
  const { reactor } = new Stage();
  expect(() => reactor.network.routeTo(address as string, options as object)).toThrow(
    expect.objectContaining({ code, argument, operation: "routeTo" }),
  );
});

test.each([
  ["routeTo", "192.0.2.1"],
  ["getDefaultGatewayInterface", 4],
] as const)("%s() throws ERR_UNSUPPORTED_OPERATION where the backend knows no routes", (operation, argument) => {
  const { reactor } = new Stage({ without: ["routes"] });
  expect(() => reactor.network[operation](argument as never)).toThrow(
    expect.objectContaining({ code: "ERR_UNSUPPORTED_OPERATION", operation, backend: "fake" }),
  );
});

function changesOf({ reactor }: Stage): NetworkChange[] {
  const changes: NetworkChange[] = [];
  reactor.network.on("change", (change) => changes.push(change));
  return changes;
}

test("change tells what was added, removed and changed", () => {
  const stage = new Stage();
  const changes = changesOf(stage);
  const eth0Down = { ...ETH0, flags: { ...ETH0.flags, up: false } };
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  stage.backend.network.change([LOOPBACK, eth0Down, WLAN0]);
  stage.backend.network.change([LOOPBACK, eth0Down]);
  expect(changes).toEqual([
    { added: [WLAN0], removed: [], changed: [] },
    { added: [], removed: [], changed: [eth0Down] },
    { added: [], removed: [WLAN0], changed: [] },
  ]);
});

test("change tells an interface that was deleted and made again as removed and added", () => {
  const stage = new Stage();
  const changes = changesOf(stage);
  const again = fakeInterface("eth0", 7);
  stage.backend.network.change([LOOPBACK, again]);
  expect(changes).toEqual([{ added: [again], removed: [ETH0], changed: [] }]);
});

test("change is not told when nothing has changed", () => {
  const stage = new Stage();
  const changes = changesOf(stage);
  stage.backend.network.change([LOOPBACK, { ...ETH0, addresses: [...ETH0.addresses] }]);
  expect(changes).toEqual([]);
});

test("change is told after the ports have followed", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.joinGroup("239.255.0.1", "wlan0");
  const seen: unknown[] = [];
  stage.reactor.network.on("change", () => seen.push(port.memberships));
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  expect(seen).toEqual([[{ group: "239.255.0.1", interface: "wlan0", state: "joined" }]]);
});

test("the interfaces are watched once, from the first need on", () => {
  const stage = new Stage();
  expect(stage.backend.network.watcherCount).toBe(0);
  stage.reactor.network.once("change", () => {});
  changesOf(stage);
  stage.listen().port.joinGroup("239.255.0.1", "eth0");
  expect(stage.backend.network.watcherCount).toBe(1);
});

test("a destination's zone is looked up again after a change", () => {
  const stage = new Stage();
  const { port } = stage.listen({ interface: "::" });
  const to = { address: "fe80::1%eth0", port: 1 };
  expect(port.write("x", to)).toBe(true);
  stage.backend.network.change([LOOPBACK]);
  expect(() => port.write("x", to)).toThrow(expect.objectContaining({ code: "ERR_ADDRESS_SCOPE" }));
});

test.each<[name: string, use: (stage: Stage) => unknown]>([
  ["write() to a zone", (stage) => stage.listen({ interface: "::" }).port.write("x", { address: "fe80::1%wlan0", port: 1 })],
  ["write() from it", (stage) => stage.listen().port.write("x", { address: "192.0.2.9", port: 1 }, { interface: "wlan0" })],
  ["listenUDP() on a zone", (stage) => stage.listen({ interface: "fe80::3%wlan0" })],
  ["setOutgoingInterface()", (stage) => stage.listen().port.setOutgoingInterface("wlan0")],
  ["joinGroup() that does not wait", (stage) => stage.listen().port.joinGroup("239.255.0.1", "wlan0", { whenAvailable: false })],
])("%s finds an interface that is newer than the latest change", (_name, use) => {
  const stage = new Stage();
  changesOf(stage);
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0], false);
  use(stage);
  expect(stage.reactor.network.interfaces()).toContain(WLAN0);
});
