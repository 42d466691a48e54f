import { expect, test } from "vitest";
import { ETH0, fakeInterface, LOOPBACK } from "../../support/fake-backend.js";
import { Stage } from "./stage.js";

const GROUP = "239.255.0.1";
const SOURCE = "192.0.2.9";

test("blockSource() and unblockSource() reach the socket that holds the membership", () => {
  const { port, socket } = new Stage().listen();
  port.joinGroup(GROUP, "eth0");
  port.blockSource(GROUP, SOURCE, "eth0");
  expect(socket.blocked).toEqual([`${GROUP} eth0 ${SOURCE}`]);
  port.unblockSource(GROUP, SOURCE, 2);
  expect(socket.blocked).toEqual([]);
});

test('blockSource() of "all" shuts the source out on every interface, and on those that come later', () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP, "all");
  port.blockSource(GROUP, SOURCE, "all");
  stage.backend.network.change([LOOPBACK, ETH0, fakeInterface("wlan0", 3)]);
  expect(socket.blocked).toEqual([`${GROUP} lo ${SOURCE}`, `${GROUP} eth0 ${SOURCE}`, `${GROUP} wlan0 ${SOURCE}`]);
});

test("blockSource() while the membership waits holds from the join on", () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP, "wlan0");
  for (const source of [SOURCE, "192.0.2.10"]) port.blockSource(GROUP, source, "wlan0");
  expect(socket.blocked).toEqual([]);
  stage.backend.network.change([LOOPBACK, ETH0, fakeInterface("wlan0", 3)]);
  expect(socket.blocked).toEqual([`${GROUP} wlan0 ${SOURCE}`, `${GROUP} wlan0 192.0.2.10`]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "wlan0", state: "joined" }]);
  expect(socket.memberships).toEqual([`${GROUP} wlan0 -`]);
});

test("blockSource() that the OS refuses on one interface throws ERR_SOURCE_FILTER, and shuts out on none", () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP, "all");
  const { blockSource } = socket;
  socket.blockSource = (group, at, source) => {
    if (at.name === "eth0") stage.backend.refuse("blockSource", "ENOBUFS");
    return blockSource.call(socket, group, at, source);
  };
  expect(() => port.blockSource(GROUP, SOURCE, "all")).toThrow(
    expect.objectContaining({ code: "ERR_SOURCE_FILTER", errnoName: "ENOBUFS", group: GROUP, source: SOURCE, operation: "blockSource" }),
  );
  expect(socket.blocked).toEqual([]);
  expect(() => port.unblockSource(GROUP, SOURCE, "all")).toThrow(expect.objectContaining({ code: "ERR_NOT_BLOCKED" }));
});

test("unblockSource() that the OS refuses throws ERR_SOURCE_FILTER", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  port.blockSource(GROUP, SOURCE, "eth0");
  stage.backend.refuse("unblockSource", "EADDRNOTAVAIL");
  expect(() => port.unblockSource(GROUP, SOURCE, "eth0")).toThrow(
    expect.objectContaining({ code: "ERR_SOURCE_FILTER", errnoName: "EADDRNOTAVAIL", operation: "unblockSource" }),
  );
});

test("blockSource() twice throws ERR_ALREADY_BLOCKED, unblockSource() of who is let in ERR_NOT_BLOCKED", () => {
  const { port } = new Stage().listen();
  port.joinGroup(GROUP, "eth0");
  expect(() => port.unblockSource(GROUP, SOURCE, "eth0")).toThrow(
    expect.objectContaining({ code: "ERR_NOT_BLOCKED", name: "StateError", source: SOURCE, operation: "unblockSource" }),
  );
  port.blockSource(GROUP, SOURCE, "eth0");
  expect(() => port.blockSource(GROUP, SOURCE, "eth0")).toThrow(
    expect.objectContaining({ code: "ERR_ALREADY_BLOCKED", name: "StateError", source: SOURCE, operation: "blockSource" }),
  );
});

test.each(["blockSource", "unblockSource"] as const)(
  "%s() throws ERR_NOT_JOINED where the group is not joined for any source",
  (operation) => {
    const { port } = new Stage().listen();
    const isNotJoined = expect.objectContaining({ code: "ERR_NOT_JOINED", operation });
    expect(() => port[operation](GROUP, SOURCE, "eth0")).toThrow(isNotJoined);
    port.joinGroup(GROUP, "eth0", { source: "192.0.2.8" });
    expect(() => port[operation](GROUP, SOURCE, "eth0")).toThrow(isNotJoined);
  },
);

test.each<[group: unknown, source: unknown, on: unknown, code: string, argument: string]>([
  ["192.0.2.1", SOURCE, "eth0", "ERR_NOT_MULTICAST", "group"],
  [GROUP, "host.example", "eth0", "ERR_ADDRESS_NOT_IP", "source"],
  [GROUP, undefined, "eth0", "ERR_ARGUMENT_TYPE", "source"],
  [GROUP, "::1", "eth0", "ERR_FAMILY_MISMATCH", "source"],
  [GROUP, "239.255.0.2", "eth0", "ERR_SOURCE_IS_MULTICAST", "source"],
  [GROUP, SOURCE, null, "ERR_ARGUMENT_TYPE", "interface"],
])("blockSource(%o, %o, %o) throws %s for %s", (...[group, source, on, code, argument]) => {
  const { port } = new Stage().listen();
  for (const operation of ["blockSource", "unblockSource"] as const) {
    expect(() => port[operation](group as string, source as string, on as string)).toThrow(
      expect.objectContaining({ name: "InvalidArgumentError", code, argument, operation }),
    );
  }
});

test.each(["blockSource", "unblockSource"] as const)("%s() throws ERR_UNSUPPORTED_OPERATION where the backend cannot", (operation) => {
  const { port } = new Stage({ without: ["blockSource"] }).listen();
  port.joinGroup(GROUP, "eth0");
  expect(() => port[operation](GROUP, SOURCE, "eth0")).toThrow(
    expect.objectContaining({ code: "ERR_UNSUPPORTED_OPERATION", operation, backend: "fake" }),
  );
});
