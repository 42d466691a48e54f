import { type Family, OPTION_NAMES, type OptionName, optionRow, socketAddress } from "@groupcast/backend";
import { hasPrivilege } from "@groupcast/backend-compliance";
import { ERRNO } from "@groupcast/base";
import { describe, expect, test } from "vitest";
import { accepted, localOf, NativeSockets, needAddonAnd, sendTo, WIDE } from "../../support/native-sockets.js";

const LOOPBACK_INDEX = 1;
const BUFFER_BYTES = 30_000;
const KERNEL_OPTIONS = OPTION_NAMES.filter((name) => name !== "unreadDrops"); // is for backends that cannot leave datagrams to the kernel

needAddonAnd();

test("capabilities hold every feature, get of every option, and set of all that are not read only", () => {
  using sockets = new NativeSockets();
  expect(sockets.backend.capabilities).not.toContain("get unreadDrops");
  for (const name of KERNEL_OPTIONS) {
    expect(sockets.backend.capabilities).toContain(`get ${name}`);
    expect(sockets.backend.capabilities.has(`set ${name}`)).toBe(optionRow(name).when !== "read only");
  }
});

describe.each<Family>([4, 6])("on an IPv%d socket", (family) => {
  const names = KERNEL_OPTIONS.filter((name) => optionRow(name).when !== "read only" && !(family === 4 && name === "ipv6Only"));

  test.each(names)("setOption() of %s changes what getOption() tells, and back", (name) => {
    using sockets = new NativeSockets();
    const { socket } = sockets.open(family);
    const before = socket.getOption(name);
    expect(before).toBeGreaterThanOrEqual(0);
    const [value, readBack] = otherValue(name, before);
    expect(readBack).not.toBe(before);
    expect(socket.setOption(name, value)).toBe(0);
    expect(socket.getOption(name)).toBe(readBack);
    const isForbidden = [optionRow(name).privilege].some((privilege) => privilege !== undefined && !hasPrivilege(privilege));
    expect(socket.setOption(name, restoring(name, before))).toBe(isForbidden ? ERRNO.EPERM : 0);
    expect(socket.getOption(name)).toBe(isForbidden ? readBack : before);
  });

  test.each(names.filter((name) => optionRow(name).unit !== "bytes"))("setOption() of %s takes the ends of its range", (name) => {
    using sockets = new NativeSockets();
    const { socket } = sockets.open(family);
    const { min, max, unit } = optionRow(name);
    for (const value of unit === "index" ? [min] : [min, max]) {
      expect(socket.setOption(name, value)).toBe(0);
      expect(socket.getOption(name)).toBe(value);
    }
  });
});

test("setOption() of ipv6Only is refused with ENOPROTOOPT on an IPv4 socket", () => {
  using sockets = new NativeSockets();
  const { socket } = sockets.open(4);
  expect(socket.setOption("ipv6Only", 1)).toBe(ERRNO.ENOPROTOOPT);
  expect(socket.getOption("ipv6Only")).toBe(ERRNO.ENOPROTOOPT);
});

// trafficClass, which no arrival shows: test/interop/traffic-class.test.ts
test("setOption() of unicastTtl on a dual-stack socket reaches IPv4 peers too", async () => {
  using sockets = new NativeSockets();
  const { seen, local } = sockets.listen("127.0.0.1", { receiveTtl: 1 });
  const { socket } = sockets.open(6);
  accepted(socket.setOption("ipv6Only", 0));
  accepted(socket.setOption("unicastTtl", 20));
  sendTo(socket, socketAddress(`::ffff:${local.address}`, local.port), "x");
  await seen.arrivals(1);
  expect(seen.datagrams[0]?.arrival.ttl).toBe(20);
});

test("getOption() of kernelDrops counts what did not fit into the receive buffer", async () => {
  using sockets = new NativeSockets();
  const { socket } = sockets.open();
  accepted(socket.setOption("receiveBufferBytes", 1));
  accepted(socket.bind(socketAddress("127.0.0.1", 0)));
  expect(socket.getOption("kernelDrops")).toBe(0);
  const sent = new Array<string>(50).fill("x".repeat(1_000));
  for (const datagram of sent) expect(sendTo(socket, localOf(socket), datagram)).toBe(1);
  const drops = socket.getOption("kernelDrops");
  expect(drops).toBeGreaterThan(0);
  expect(drops).toBeLessThan(sent.length);
});

test.each([
  ["one by one, exactly", 0, 1],
  ["in runs, at least", 1, 40],
])("getOption() of kernelDrops counts what is lost: datagrams that come %s", async (_how, receiveOffload, mostPerDrop) => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveOffload, receiveBufferBytes: 100_000 });
  socket.stopReading();
  const sent = 40 * 40;
  for (let burst = 0; burst < 40; burst++) {
    expect(sendTo(socket, local, ...new Array<Buffer>(40).fill(Buffer.alloc(1_000)))).toBe(40);
  }
  const drops = socket.getOption("kernelDrops");
  accepted(socket.startReading(WIDE));
  await seen.arrivals(1);
  sendTo(socket, local, "fence");
  await seen.until("the fence", () => seen.texts.at(-1) === "fence");
  const lost = sent - (seen.datagrams.length - 1);
  expect(lost).toBeGreaterThan(0);
  expect(drops * mostPerDrop).toBe(lost);
});

/** A value that is not `before`, and what the kernel makes of it. */
function otherValue(name: OptionName, before: number): readonly [value: number, readBack: number] {
  const { unit, max } = optionRow(name);
  switch (unit) {
    case "boolean":
      return [1 - before, 1 - before];
    case "bytes":
      return [BUFFER_BYTES, 2 * BUFFER_BYTES]; // sock_set_rcvbuf of net/core/sock.c doubles it
    case "index":
      return [LOOPBACK_INDEX, LOOPBACK_INDEX];
    default:
      return before + 8 > max ? [before - 8, before - 8] : [before + 8, before + 8];
  }
}

function restoring(name: OptionName, before: number): number {
  return optionRow(name).unit === "bytes" ? before / 2 : before;
}
