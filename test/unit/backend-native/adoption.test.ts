import { openSync } from "node:fs";
import { ERRNO } from "@groupcast/base";
import { describe, expect, test } from "vitest";
import { runWithDescriptor } from "../../support/backend-native-program.js";
import { NativeSockets, needAddonAnd, Recorder } from "../../support/native-sockets.js";
import { hasCommand } from "../../support/probe.js";

const PROGRAM = "adopted-descriptor.mjs";

needAddonAnd(hasCommand("python3", "python3"));

test.each([
  [4, "AF_INET", "127.0.0.1"],
  [6, "AF_INET6", "::1"],
])("adoptSocket() takes over a bound IPv%d socket as it is", async (family, pythonFamily, address) => {
  const opening = `s = socket.socket(socket.${pythonFamily}, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.bind(("${address}", 0))`;
  expect(await runWithDescriptor(PROGRAM, opening)).toMatchObject({
    family,
    local: { address, family },
    peer: null,
    broadcast: 1,
    reuseAddress: 0,
    arrived: ["one", "two", "end"],
    isStillOpen: true, // the caller's own descriptor, after close()
  });
});

test("adoptSocket() keeps the peer of a connected socket, and the socket's port when it disconnects", async () => {
  const opening = `peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.bind(("127.0.0.1", 0))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(peer.getsockname())
os.set_inheritable(peer.fileno(), True)
peer.sendto(b"from the peer", s.getsockname())`;
  expect(await runWithDescriptor(PROGRAM, opening)).toMatchObject({
    peer: { address: "127.0.0.1" },
    arrived: ["from the peer"],
    keepsPort: true,
  });
});

test("disconnect() of an adopted socket whose number another one took meanwhile fails, and it sends from no other port", async () => {
  const opening = `s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 0))`;
  expect(await runWithDescriptor("port-taken.mjs", opening)).toEqual({
    lost: { disconnect: "EADDRINUSE", send: "EADDRINUSE", port: 0 },
    regained: { disconnect: 0, send: 1, hasItsPort: true },
  });
});

test("adoptSocket() splits what a socket with offloading receives", async () => {
  const opening = `s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(17, 104, 1)
s.bind(("127.0.0.1", 0))`;
  expect(await runWithDescriptor(PROGRAM, opening)).toMatchObject({ receiveOffload: 1, arrived: ["one", "two", "end"] });
});

test.each([
  ["SHUT_RD", ["recvmmsg ESHUTDOWN", "recvmmsg ESHUTDOWN"]],
  ["SHUT_RDWR", ["recvmmsg ESHUTDOWN"]], // not polled any more
])("a socket that was shut down with %s says so instead of polling for ever", async (how, told) => {
  const opening = `s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
try: s.shutdown(socket.${how})
except OSError: pass # not connected; shut down all the same`;
  expect(await runWithDescriptor("shut-down-descriptor.mjs", opening)).toEqual({ told, isAtRest: true });
});

describe("adoptSocket() refuses", () => {
  test.each([
    ["a file", "ENOTSOCK", "s = open(os.devnull)"],
    ["a stream socket", "EINVAL", "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)"],
    ["a UDP-Lite socket", "EINVAL", "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDPLITE)"],
    ["a socket of another family", "EAFNOSUPPORT", "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)"],
  ])("%s with %s", async (_what, errno, opening) => {
    expect(await runWithDescriptor(PROGRAM, opening)).toEqual({ errno });
  });

  test("what is not open with EBADF", () => {
    using sockets = new NativeSockets();
    expect(sockets.backend.adoptSocket(-1, new Recorder(), undefined)).toBe(ERRNO.EBADF);
    expect(sockets.backend.adoptSocket(1_000_000, new Recorder(), undefined)).toBe(ERRNO.EBADF);
  });

  test("a file of this process, and leaves it open", () => {
    using sockets = new NativeSockets();
    const file = openSync("/dev/null", "r");
    const refuse = (): unknown => sockets.backend.adoptSocket(file, new Recorder(), undefined);
    expect([refuse(), refuse()]).toEqual([ERRNO.ENOTSOCK, ERRNO.ENOTSOCK]); // EBADF the second time, if it were closed
  });
});
