import { InvalidArgumentError, isGroupcastError } from "@groupcast/base";
import { Reactor } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { FakeBackend } from "../../support/fake-backend.js";
import { Notes, Stage } from "./stage.js";

/** What is wrong: code, argument, and the value as it was given. */
type Wrong = readonly [code: string, argument: string, value: unknown];

function refusalOf([code, argument, value]: Wrong, operation: string): unknown {
  return expect.objectContaining({ code, argument, value, operation, remedy: expect.stringMatching(/./), name: "InvalidArgumentError" });
}

const BAD_PORTS = [-1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "9999", null, {}, undefined];

describe.each(["listenUDP", "listenMulticast"] as const)("%s()", (operation) => {
  test.each(BAD_PORTS)("throws ERR_PORT_RANGE for port %o before any call of the backend", (port) => {
    const { backend, reactor } = new Stage();
    const open = (): unknown => reactor[operation](port as number, new Notes());
    expect(open).toThrow(InvalidArgumentError);
    expect(open).toThrow(TypeError);
    expect(open).toThrow(refusalOf(["ERR_PORT_RANGE", "port", port], operation));
    expect(backend.calls).toEqual([]);
  });

  test.each([undefined, null, [], 5, "Echo", Notes])("throws ERR_ARGUMENT_TYPE for the protocol %o", (protocol) => {
    const { backend, reactor } = new Stage();
    expect(() => reactor[operation](0, protocol as unknown as Notes)).toThrow(
      refusalOf(["ERR_ARGUMENT_TYPE", "protocol", protocol], operation),
    );
    expect(backend.calls).toEqual([]);
  });

  test.each<[options: object, wrong: Wrong]>([
    [null as unknown as object, ["ERR_ARGUMENT_TYPE", "options", null]],
    ["::1" as unknown as object, ["ERR_ARGUMENT_TYPE", "options", "::1"]],
    [{ interfaces: "::" }, ["ERR_OPTION_UNKNOWN", "option", "interfaces"]],
    [{ interface: "localhost" }, ["ERR_ADDRESS_NOT_IP", "interface", "localhost"]],
    [{ interface: "example.com" }, ["ERR_ADDRESS_NOT_IP", "interface", "example.com"]],
    [{ interface: "127.1" }, ["ERR_ADDRESS_NOT_IP", "interface", "127.1"]],
    [{ interface: "0x7f.0.0.1" }, ["ERR_ADDRESS_NOT_IP", "interface", "0x7f.0.0.1"]],
    [{ interface: " 127.0.0.1" }, ["ERR_ADDRESS_NOT_IP", "interface", " 127.0.0.1"]],
    [{ interface: 4 }, ["ERR_ARGUMENT_TYPE", "interface", 4]],
    [{ interface: "fe80::1%nosuch" }, ["ERR_ADDRESS_SCOPE", "interface", "fe80::1%nosuch"]],
    [{ interface: "fe80::1%77" }, ["ERR_ADDRESS_SCOPE", "interface", "fe80::1%77"]],
    [{ interface: "fe80::1%0" }, ["ERR_ADDRESS_SCOPE", "interface", "fe80::1%0"]],
    [{ interface: "fe80::1" }, ["ERR_ADDRESS_SCOPE", "interface", "fe80::1"]],
    [{ maxPacketSize: 0 }, ["ERR_ARGUMENT_RANGE", "maxPacketSize", 0]],
    [{ maxPacketSize: 65_536 }, ["ERR_ARGUMENT_RANGE", "maxPacketSize", 65_536]],
    [{ maxPacketSize: "big" }, ["ERR_ARGUMENT_TYPE", "maxPacketSize", "big"]],
    [{ receiveBufferBytes: 0 }, ["ERR_ARGUMENT_RANGE", "receiveBufferBytes", 0]],
    [{ sendBufferBytes: 1.5 }, ["ERR_ARGUMENT_RANGE", "sendBufferBytes", 1.5]],
    [{ arrival: 1 }, ["ERR_ARGUMENT_TYPE", "arrival", 1]],
    [{ reuseAddress: "yes" }, ["ERR_ARGUMENT_TYPE", "reuseAddress", "yes"]],
    [{ reusePort: 1 }, ["ERR_ARGUMENT_TYPE", "reusePort", 1]],
    [{ ipv6Only: 0 }, ["ERR_ARGUMENT_TYPE", "ipv6Only", 0]],
    [{ signal: {} }, ["ERR_ARGUMENT_TYPE", "signal", {}]],
  ])("refuses the options %o before any call of the backend", (options, wrong) => {
    const { backend, reactor } = new Stage();
    expect(() => reactor[operation](0, new Notes(), options)).toThrow(refusalOf(wrong, operation));
    expect(backend.calls).toEqual([]);
  });

  test("throws ERR_ALREADY_LISTENING for a protocol that is on a port, before any call of the backend", () => {
    const { backend, reactor } = new Stage();
    const protocol = new Notes();
    reactor.listenUDP(0, protocol);
    backend.calls.length = 0;
    expect(() => reactor[operation](0, protocol)).toThrow(
      expect.objectContaining({ code: "ERR_ALREADY_LISTENING", name: "StateError", operation }),
    );
    expect(backend.calls).toEqual([]);
  });

  test("throws the reason of a signal that was aborted before, and opens nothing", () => {
    const { backend, reactor } = new Stage();
    const reason = new Error("too late");
    expect(() => reactor[operation](0, new Notes(), { signal: AbortSignal.abort(reason) })).toThrow(reason);
    expect(backend.calls).toEqual([]);
  });
});

test("listenUDP() refuses a group as interface", () => {
  const { backend, reactor } = new Stage();
  const open = (options: object) => (): unknown => reactor.listenUDP(0, new Notes(), options);
  expect(open({ interface: "239.255.0.1" })).toThrow(refusalOf(["ERR_ADDRESS_NOT_IP", "interface", "239.255.0.1"], "listenUDP"));
  expect(backend.calls).toEqual([]);
});

test.each<[options: object, wrong: Wrong]>([
  [{ ttl: -1 }, ["ERR_ARGUMENT_RANGE", "ttl", -1]],
  [{ ttl: 256 }, ["ERR_ARGUMENT_RANGE", "ttl", 256]],
  [{ ttl: "1" }, ["ERR_ARGUMENT_TYPE", "ttl", "1"]],
  [{ loopback: 0 }, ["ERR_ARGUMENT_TYPE", "loopback", 0]],
  [{ listenMultiple: "yes" }, ["ERR_ARGUMENT_TYPE", "listenMultiple", "yes"]],
  [{ reuseAddress: true, listenMultiple: 1 }, ["ERR_ARGUMENT_TYPE", "listenMultiple", 1]],
  [{ outgoingInterface: "not a name" }, ["ERR_INTERFACE_UNKNOWN", "outgoingInterface", "not a name"]],
  [{ outgoingInterface: "all" }, ["ERR_INTERFACE_UNKNOWN", "outgoingInterface", "all"]],
  [{ interface: "ff12::abcd" }, ["ERR_ADDRESS_SCOPE", "interface", "ff12::abcd"]],
  [{ interface: "ff11::abcd" }, ["ERR_ADDRESS_SCOPE", "interface", "ff11::abcd"]],
  [{ outgoingInterface: 0 }, ["ERR_ARGUMENT_RANGE", "outgoingInterface", 0]],
  [{ outgoingInterface: {} }, ["ERR_ARGUMENT_TYPE", "outgoingInterface", {}]],
  [{ group: "192.0.2.1" }, ["ERR_NOT_MULTICAST", "group", "192.0.2.1"]],
  [{ group: "all-hosts" }, ["ERR_ADDRESS_NOT_IP", "group", "all-hosts"]],
  [{ group: 224 }, ["ERR_ARGUMENT_TYPE", "group", 224]],
  [{ interface: "::", group: "239.255.0.1" }, ["ERR_FAMILY_MISMATCH", "group", "239.255.0.1"]],
])("listenMulticast() refuses the options %o before any call of the backend", (options, wrong) => {
  const { backend, reactor } = new Stage();
  expect(() => reactor.listenMulticast(0, new Notes(), options)).toThrow(refusalOf(wrong, "listenMulticast"));
  expect(backend.calls).toEqual([]);
});

test.each<[address: unknown, port: unknown, options: unknown, wrong: Wrong]>([
  ["localhost", 80, undefined, ["ERR_ADDRESS_NOT_IP", "address", "localhost"]],
  [undefined, 80, undefined, ["ERR_ARGUMENT_TYPE", "address", undefined]],
  ["127.0.0.1", 0, undefined, ["ERR_PORT_RANGE", "port", 0]],
  ["127.0.0.1", 65_536, undefined, ["ERR_PORT_RANGE", "port", 65_536]],
  ["fe80::1%nosuch", 80, undefined, ["ERR_ADDRESS_SCOPE", "address", "fe80::1%nosuch"]],
  ["fe80::1", 80, undefined, ["ERR_ADDRESS_SCOPE", "address", "fe80::1"]],
  ["127.0.0.1", 80, null, ["ERR_ARGUMENT_TYPE", "options", null]],
  ["127.0.0.1", 80, 5, ["ERR_ARGUMENT_TYPE", "options", 5]],
  ["127.0.0.1", 80, { interface: "::" }, ["ERR_FAMILY_MISMATCH", "interface", "::"]],
  ["127.0.0.1", 80, { localPort: -1 }, ["ERR_PORT_RANGE", "localPort", -1]],
  ["127.0.0.1", 80, { localPort: null }, ["ERR_PORT_RANGE", "localPort", null]],
  ["127.0.0.1", 80, { port: 1 }, ["ERR_OPTION_UNKNOWN", "option", "port"]],
])("connectUDP() refuses (%o, %o, protocol, %o) before any call of the backend", (address, port, options, wrong) => {
  const { backend, reactor } = new Stage();
  const open = (): unknown => reactor.connectUDP(address as string, port as number, new Notes(), options as object);
  expect(open).toThrow(refusalOf(wrong, "connectUDP"));
  expect(backend.calls).toEqual([]);
});

test.each<[fd: unknown, options: unknown, wrong: Wrong]>([
  [-1, undefined, ["ERR_ARGUMENT_RANGE", "fd", -1]],
  ["3", undefined, ["ERR_ARGUMENT_TYPE", "fd", "3"]],
  [3, null, ["ERR_ARGUMENT_TYPE", "options", null]],
  [3, { interface: "::" }, ["ERR_OPTION_UNKNOWN", "option", "interface"]],
  [3, { family: 5 }, ["ERR_ARGUMENT_TYPE", "family", 5]],
])("adoptDatagramPort() refuses (%o, protocol, %o) before any call of the backend", (fd, options, wrong) => {
  const { backend, reactor } = new Stage();
  expect(() => reactor.adoptDatagramPort(fd as number, new Notes(), options as object)).toThrow(refusalOf(wrong, "adoptDatagramPort"));
  expect(backend.calls).toEqual([]);
});

test.each<[options: unknown, wrong: Wrong]>([
  [undefined, ["ERR_ARGUMENT_TYPE", "backend", undefined]],
  [null, ["ERR_ARGUMENT_TYPE", "options", null]],
  [{ backend: {} }, ["ERR_ARGUMENT_TYPE", "backend", {}]],
  [{ backend: new FakeBackend(), clock: 5 }, ["ERR_ARGUMENT_TYPE", "clock", 5]],
  [{ backend: new FakeBackend(), clock: null }, ["ERR_ARGUMENT_TYPE", "clock", null]],
  [{ backend: new FakeBackend(), resolver: "dns" }, ["ERR_ARGUMENT_TYPE", "resolver", "dns"]],
  [{ backend: new FakeBackend(), logger: {} }, ["ERR_ARGUMENT_TYPE", "logger", {}]],
  [{ backend: new FakeBackend(), log: {} }, ["ERR_OPTION_UNKNOWN", "option", "log"]],
])("Reactor refuses to be made of %o", (options, wrong) => {
  expect(() => new Reactor(options as never)).toThrow(refusalOf(wrong, "new Reactor"));
});

test.each(["fe80::1", "ff12::abcd"])("listenMulticast() on %s names the zone that is missing", (address) => {
  const { reactor } = new Stage();
  expect(() => reactor.listenMulticast(0, new Notes(), { interface: address })).toThrow(
    `listenMulticast(): interface "${address}" has no zone, and is valid on one link only; write the interface of its link after it: "${address}%eth0"`,
  );
});

test("connect() and connectUDP() to an address of link scope name the interfaces there are", () => {
  const { reactor } = new Stage();
  const port = reactor.listenUDP(0, new Notes(), { interface: "::" });
  const remedy = 'address "fe80::1" has no zone, and is valid on one link only; write the interface of its link after it: "fe80::1%eth0"';
  expect(() => port.connect("fe80::1", 9)).toThrow(`connect(): ${remedy}`);
  expect(() => reactor.connectUDP("fe80::1", 9, new Notes())).toThrow(`connectUDP(): ${remedy}`);
});

test.each([
  ["a group of link scope", "ff12::1", { interface: "::" }],
  ["a peer, from a port on its link", "fe80::1", { interface: "fe80::2%eth0" }],
  ["a peer, from a port that is bound to its interface", "fe80::1", { bindToInterface: "eth0" }],
])("connectUDP() and connect() need no zone for %s", (_what, address, options) => {
  const { reactor } = new Stage();
  expect(reactor.connectUDP(address, 9, new Notes(), options).getPeer()).toMatchObject({ address });
  const port = reactor.listenUDP(0, new Notes(), { interface: "::", ...options });
  port.connect(address, 9);
  expect(port.getPeer()).toMatchObject({ address });
});

test("InvalidArgumentError names operation, argument, value and what was expected in its message, and is recognised", () => {
  const { reactor } = new Stage();
  const open = (): unknown => reactor.listenUDP(0, new Notes(), { maxPacketSize: 0 });
  expect(open).toThrow("listenUDP(): maxPacketSize 0 is out of range; expected an integer from 1 to 65535");
  expect(open).toThrow(expect.toSatisfy(isGroupcastError));
});
