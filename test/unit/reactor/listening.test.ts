import { inspect } from "node:util";
import { socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { UDPPort } from "@groupcast/reactor";
import { CannotListenError } from "groupcast";
import { describe, expect, test } from "vitest";
import { Notes, Stage, turn } from "./stage.js";

const FD = 3;
const HOST = { 4: "127.0.0.1", 6: "::1" } as const;

/** How a port is got: opened here, or adopted from somebody who bound it. */
const WAYS = {
  listenUDP: ({ reactor }: Stage, protocol: Notes, family: 4 | 6 = 4): UDPPort =>
    reactor.listenUDP(4242, protocol, { interface: HOST[family] }),
  adoptDatagramPort: ({ backend, reactor }: Stage, protocol: Notes, family: 4 | 6 = 4): UDPPort => {
    backend.descriptors.set(FD, { local: socketAddress(HOST[family], 4242) });
    return reactor.adoptDatagramPort(FD, protocol);
  },
} as const;

class Named extends Notes {
  override logPrefix(): string {
    return "Crazy Protocol";
  }
}

describe.each(Object.entries(WAYS))("%s()", (_name, open) => {
  test("startProtocol() has run, and the port reads, when it returns", () => {
    const stage = new Stage();
    const protocol = new Notes();
    open(stage, protocol);
    expect(protocol.calls).toEqual(["startProtocol"]);
    expect(stage.backend.last.readLimits).toMatchObject({ maxPacketBytes: 65_535 });
  });

  test("getHost() tells the address that is bound, to protocol and owner alike", () => {
    const stage = new Stage();
    const protocol = new Notes();
    const port = open(stage, protocol);
    expect(port.getHost()).toEqual({ address: "127.0.0.1", port: 4242, family: 4 });
    expect(protocol.transport.getHost()).toEqual(port.getHost());
  });

  test("getHost() is of family 6 on an IPv6 address", () => {
    expect(open(new Stage(), new Notes(), 6).getHost()).toEqual({ address: "::1", port: 4242, family: 6 });
  });

  test("the log names the protocol and the port first", () => {
    const stage = new Stage();
    open(stage, new Named());
    expect(stage.messages).toEqual(["Crazy Protocol starting on 4242"]);
  });

  test("the log tells of the end after stopListening()", async () => {
    const stage = new Stage();
    const port = open(stage, new Named());
    stage.log.length = 0;
    await port.stopListening();
    expect(stage.messages).toEqual(["(UDP Port 4242 Closed)"]);
  });

  test("the log names protocol and port beside what datagramReceived() threw", () => {
    const stage = new Stage();
    const protocol = new Named();
    protocol.onReceived = () => {
      throw new Error("spam");
    };
    open(stage, protocol);
    stage.backend.last.deliver("eggs");
    expect(stage.log.at(-1)).toEqual({
      level: "error",
      message: "Crazy Protocol on 4242",
      fields: { port: 4242, error: new Error("spam") },
    });
  });

  test("String(port) and inspect(port) name the port", () => {
    const port = open(new Stage(), new Named());
    expect(String(port)).toBe("Crazy Protocol on 4242");
    expect(inspect(port)).toBe("<Crazy Protocol on 4242>");
  });

  test("stopProtocol() is not called while startProtocol() is on the stack and stops the port", async () => {
    const protocol = new Notes();
    protocol.onStart = () => {
      void protocol.transport.stopListening();
      protocol.calls.push("startProtocol returns");
    };
    const port = open(new Stage(), protocol);
    await port.stopListening();
    expect(protocol.calls).toEqual(["startProtocol", "startProtocol returns", "stopProtocol"]);
  });

  test("writeSequence() sends its parts as one datagram when the reactor does not run yet", async () => {
    const stage = new Stage();
    const port = open(stage, new Notes());
    port.writeSequence(["some", "bytes", "to", "write"].map(Buffer.from), { address: "127.0.0.1", port: 1 });
    await turn();
    expect(stage.backend.last.texts).toEqual(["somebytestowrite"]);
  });

  test("setBroadcastAllowed() is told by getBroadcastAllowed(), which is false at first", () => {
    const port = open(new Stage(), new Notes());
    expect(port.getBroadcastAllowed()).toBe(false);
    port.setBroadcastAllowed(true);
    expect(port.getBroadcastAllowed()).toBe(true);
  });

  test("the reactor's ports list it until it has closed, and its events tell both", async () => {
    const stage = new Stage();
    const told: unknown[] = [];
    stage.reactor.on("listening", (port) => told.push(["listening", port]));
    stage.reactor.on("closed", (port) => told.push(["closed", port]));
    const port = open(stage, new Notes());
    expect(stage.reactor.ports).toEqual([port]);
    expect(told).toEqual([]);
    await port.stopListening();
    expect(stage.reactor.ports).toEqual([]);
    expect(told).toEqual([
      ["listening", port],
      ["closed", port],
    ]);
  });
});

test("listenUDP() throws CannotListenError with address, port and errno when the number is taken, and leaves nothing open", () => {
  const { backend, reactor } = new Stage();
  reactor.listenUDP(9999, new Notes());
  const open = (): unknown => reactor.listenUDP(9999, new Notes());
  expect(open).toThrow(CannotListenError);
  expect(open).toThrow(
    expect.objectContaining({
      code: "ERR_LISTEN",
      operation: "listenUDP",
      errno: ERRNO.EADDRINUSE,
      errnoName: "EADDRINUSE",
      address: "0.0.0.0",
      port: 9999,
    }),
  );
  expect(backend.openSockets).toHaveLength(1);
  expect(reactor.ports).toHaveLength(1);
});

test.each(["openSocket", "bind"])("listenUDP() throws CannotListenError when the backend refuses %s", (method) => {
  const { backend, reactor } = new Stage();
  const protocol = new Notes();
  backend.refuse(method, "EMFILE");
  expect(() => reactor.listenUDP(0, protocol)).toThrow(expect.objectContaining({ code: "ERR_LISTEN", errnoName: "EMFILE" }));
  expect(backend.openSockets).toEqual([]);
  expect(protocol.calls).toEqual([]);
  reactor.listenUDP(0, protocol);
});

test("listenUDP() throws ERR_GET_OPTION and closes the socket when the OS does not tell the address", () => {
  const { backend, reactor } = new Stage();
  backend.refuse("localAddress", "ENOBUFS");
  expect(() => reactor.listenUDP(0, new Notes())).toThrow(expect.objectContaining({ code: "ERR_GET_OPTION", errnoName: "ENOBUFS" }));
  expect(backend.openSockets).toEqual([]);
});

test("listenUDP() binds to a free port when it is given 0", () => {
  const { reactor } = new Stage();
  const port = reactor.listenUDP(0, new Notes());
  expect(port.getHost().port).toBeGreaterThan(0);
});

test.each([
  [undefined, "0.0.0.0"],
  ["", "0.0.0.0"],
  ["::", "::"],
  ["FE80:0::1%eth0", "fe80::1%eth0"],
  ["fe80::1%2", "fe80::1%eth0"],
])("listenUDP() with interface %o binds to %s", (on, address) => {
  const { backend, reactor } = new Stage();
  reactor.listenUDP(9999, new Notes(), on === undefined ? {} : { interface: on });
  expect(backend.last.boundTo?.address).toBe(address);
});

test.each([
  ["reuseAddress", { reuseAddress: true }, { reuseAddress: 1 }],
  ["reusePort", { reusePort: true }, { reusePort: 1 }],
  ["ipv6Only", { interface: "::", ipv6Only: true }, { ipv6Only: 1 }],
  ["no ipv6Only", { interface: "::", ipv6Only: false }, { ipv6Only: 0 }],
  ["nothing", {}, { reuseAddress: undefined, reusePort: undefined, ipv6Only: undefined }],
] as const)("listenUDP() with %s says so before it binds", (_name, options, expected) => {
  const { backend, reactor } = new Stage();
  reactor.listenUDP(9999, new Notes(), options);
  const { last } = backend;
  for (const [name, value] of Object.entries(expected)) expect(last.option(name as "reusePort")).toBe(value);
  const before = backend.calls.slice(0, backend.calls.indexOf("bind"));
  for (const [name, value] of Object.entries(expected)) expect(before.includes(`set ${name}`)).toBe(value !== undefined);
});

test("listenUDP() throws ERR_UNSUPPORTED_OPTION and closes the socket when the backend has no reusePort", () => {
  const { backend, reactor } = new Stage({ without: ["set reusePort"] });
  expect(() => reactor.listenUDP(0, new Notes(), { reusePort: true })).toThrow(
    expect.objectContaining({ code: "ERR_UNSUPPORTED_OPTION", option: "reusePort", backend: "fake" }),
  );
  expect(backend.openSockets).toEqual([]);
});

test("listenMulticast() with listenMultiple lets a second port have the number", () => {
  const { reactor } = new Stage();
  reactor.listenMulticast(9999, new Notes(), { listenMultiple: true });
  const second = reactor.listenMulticast(9999, new Notes(), { listenMultiple: true });
  expect(second.getHost().port).toBe(9999);
});

test("adoptDatagramPort() throws ERR_ADOPT when the descriptor is none", () => {
  const { reactor } = new Stage();
  expect(() => reactor.adoptDatagramPort(77, new Notes())).toThrow(expect.objectContaining({ code: "ERR_ADOPT", errnoName: "EBADF" }));
});

test("adoptDatagramPort() throws ERR_UNSUPPORTED_OPERATION when the backend cannot adopt", () => {
  const { backend, reactor } = new Stage({ without: ["adopt"] });
  expect(() => reactor.adoptDatagramPort(FD, new Notes())).toThrow(expect.objectContaining({ code: "ERR_UNSUPPORTED_OPERATION" }));
  expect(backend.calls).toEqual([]);
});

test("adoptDatagramPort() keeps peer and options of the descriptor, and tells them", async () => {
  const { backend, reactor } = new Stage();
  const peer = socketAddress("192.0.2.7", 7);
  const options = { multicastTtl: 9, multicastLoopback: 0, broadcast: 1, reuseAddress: 1 };
  backend.descriptors.set(FD, { local: socketAddress("0.0.0.0", 4242), peer, options });
  const protocol = new Notes();
  const port = reactor.adoptDatagramPort(FD, protocol);
  expect(port.getPeer()).toEqual(peer);
  expect(port.getBroadcastAllowed()).toBe(true);
  expect(protocol.transport.getTTL()).toBe(9);
  expect(protocol.transport.getLoopbackMode()).toBe(false);
  port.write("to the peer");
  await turn();
  expect(backend.last.sent).toMatchObject([{ text: "to the peer", to: undefined }]);
  for (const [name, value] of Object.entries(options)) expect(backend.last.option(name as "broadcast")).toBe(value);
  expect(backend.calls).not.toContain("setMulticastInterface");
});

test("setTTL() leaves the outgoing interface of an adopted socket as it was", () => {
  const { backend, reactor } = new Stage();
  backend.descriptors.set(FD, { local: socketAddress("0.0.0.0", 4242) });
  const protocol = new Notes();
  reactor.adoptDatagramPort(FD, protocol);
  protocol.transport.setTTL(5);
  expect(backend.calls).not.toContain("setMulticastInterface");
});
