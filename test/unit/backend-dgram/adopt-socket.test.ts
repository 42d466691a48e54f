import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ERRNO } from "@groupcast/base";
import { describe, expect, test } from "vitest";
import { DgramSockets, Recorder } from "./dgram-sockets.js";
import { canRun, runInheriting } from "./run-program.js";

const NEEDS_PYTHON = "needs python3 to open a descriptor for another program";
const NEEDS_UDP_LITE = "needs python3 and a kernel with UDP-Lite";
const hasUdpLite = await canRun("python3", "-c", "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDPLITE)");
const hasPython = await canRun("python3", "-c", "import socket");

test("adoptSocket() takes an IPv4 descriptor over with its binding, and datagrams go both ways", async ({ skip }) => {
  if (!hasPython) return skip(NEEDS_PYTHON);
  const opened = "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 0))";
  expect(await runInheriting(opened, "adopted-descriptor.mjs", "4", "127.0.0.1")).toMatchObject({
    errno: 0,
    text: "there and back",
    family: 4,
    local: { address: "127.0.0.1", family: 4 },
    reuseAddress: 1, // libuv sets it
    broadcast: ERRNO.ENOTSUP, // whoever opened it knows; dgram cannot ask
    setMulticastTtl: 0,
  });
});

test("adoptSocket() takes an IPv6 descriptor over when it is told the family, and refuses what would set the IPv4 option", async ({
  skip,
}) => {
  if (!hasPython) return skip(NEEDS_PYTHON);
  const opened = "s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\ns.bind(('::1', 0))";
  expect(await runInheriting(opened, "adopted-descriptor.mjs", "6", "::1")).toMatchObject({
    errno: 0,
    text: "there and back",
    family: 6,
    local: { address: "::1", family: 6 },
    setMulticastTtl: ERRNO.ENOTSUP,
  });
});

test("adoptSocket() returns -EAFNOSUPPORT when the descriptor is of the other family", async ({ skip }) => {
  if (!hasPython) return skip(NEEDS_PYTHON);
  const opened = "s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\ns.bind(('::1', 0))";
  expect(await runInheriting(opened, "adopted-descriptor.mjs", "4", "127.0.0.1")).toEqual({ errno: ERRNO.EAFNOSUPPORT });
});

const CHOSEN_BY_KERNEL = "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 0))";

test.for([
  ["the kernel has chosen", CHOSEN_BY_KERNEL, { outcome: ERRNO.EADDRNOTAVAIL, local: ERRNO.EBADF, send: ERRNO.EBADF }],
  [
    "was asked for by its number",
    `${CHOSEN_BY_KERNEL}\nlocal = s.getsockname()\ns.close()\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(local)`,
    { outcome: 0, local: "the same", send: 1 },
  ],
] as const)("disconnect() of an adopted socket whose port %s", async ([_how, opened, expected], { skip }) => {
  if (!hasPython) return skip(NEEDS_PYTHON);
  expect(await runInheriting(opened, "disconnected-descriptor.mjs")).toEqual(expected);
});

test("adoptSocket() takes a connected descriptor, but sendFailed() tells of EISCONN when it sends", async ({ skip }) => {
  if (!hasPython) return skip(NEEDS_PYTHON);
  const opened = "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.connect(('127.0.0.1', 9))";
  const outcome = await runInheriting(opened, "adopted-descriptor.mjs", "4", "127.0.0.1", "answer first");
  expect(outcome).toMatchObject({ errno: ERRNO.EISCONN, from: { address: "127.0.0.1" } });
});

test("adoptSocket() returns -EINVAL when the descriptor is no UDP socket, and leaves nothing half open", () => {
  using sockets = new DgramSockets();
  const folder = mkdtempSync(join(tmpdir(), "adopt-"));
  const file = openSync(join(folder, "file"), "w");
  expect(sockets.backend.adoptSocket(file, new Recorder())).toBe(ERRNO.EINVAL);
  rmSync(folder, { recursive: true });
  const NOBODY_HAS_OPENED = 60_000;
  expect(sockets.backend.adoptSocket(NOBODY_HAS_OPENED, new Recorder())).toBe(ERRNO.EINVAL);
});

describe.each([
  { family: "4", domain: "AF_INET", address: "127.0.0.1" },
  { family: "6", domain: "AF_INET6", address: "::1" },
])("IPv$family", ({ family, domain, address }) => {
  test("adoptSocket() returns -EINVAL for a bound UDP-Lite socket, as the native backend does", async ({ skip }) => {
    if (!hasUdpLite) return skip(NEEDS_UDP_LITE);
    const opened = `s = socket.socket(socket.${domain}, socket.SOCK_DGRAM, socket.IPPROTO_UDPLITE)\ns.bind(('${address}', 0))`;
    expect(await runInheriting(opened, "adopted-descriptor.mjs", family, address)).toEqual({ errno: ERRNO.EINVAL });
  });
});

test("adoptSocket() returns -ENOTSUP for descriptor 0, where dgram would bind a socket of its own", () => {
  using sockets = new DgramSockets();
  expect(sockets.backend.adoptSocket(0, new Recorder())).toBe(ERRNO.ENOTSUP);
});
