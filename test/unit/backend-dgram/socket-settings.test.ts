import { type Family, OPTION_NAMES, type OptionName, optionRow, socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { describe, expect, test } from "vitest";
import { accepted, DgramSockets } from "./dgram-sockets.js";

const { capabilities } = new DgramSockets().backend;
const settable = OPTION_NAMES.filter((name) => capabilities.has(`set ${name}`));
const gettable = OPTION_NAMES.filter((name) => capabilities.has(`get ${name}`));
const readable = settable.filter((name) => gettable.includes(name));
const LOOPBACK = { 4: socketAddress("127.0.0.1", 0), 6: socketAddress("::1", 0) } as const;

/** A value that the option may be set to and does not have yet. */
function otherValue(name: OptionName, current: number): number {
  const { unit, min } = optionRow(name);
  if (unit === "bytes") return Math.floor(current / 4);
  return current === min ? min + 1 : min;
}

test.each(OPTION_NAMES.filter((name) => !settable.includes(name)))("setOption() throws ERR_UNSUPPORTED_OPTION for %s", (name) => {
  using sockets = new DgramSockets();
  for (const { socket } of [sockets.open(), sockets.listen()]) {
    const refusal = expect.objectContaining({ code: "ERR_UNSUPPORTED_OPTION", backend: "dgram", option: name });
    expect(() => socket.setOption(name, optionRow(name).min)).toThrow(refusal);
  }
});

test.each(OPTION_NAMES.filter((name) => !gettable.includes(name)))("getOption() throws ERR_UNSUPPORTED_OPTION for %s", (name) => {
  using sockets = new DgramSockets();
  for (const { socket } of [sockets.open(), sockets.listen()]) {
    const refusal = expect.objectContaining({ code: "ERR_UNSUPPORTED_OPTION", backend: "dgram", option: name });
    expect(() => socket.getOption(name)).toThrow(refusal);
  }
});

describe.each([4, 6] as const)("IPv%i", (family: Family) => {
  const served = readable.filter((name) => family === 6 || name !== "ipv6Only");

  test.each(served)("%s reads back as it was set before bind(), and still so after", (name) => {
    using sockets = new DgramSockets();
    const { socket } = sockets.open(family);
    const before = socket.getOption(name);
    const value = otherValue(name, before);
    expect(value).not.toBe(before);
    expect(socket.setOption(name, value)).toBe(0);
    const after = socket.getOption(name);
    expect(after).not.toBe(before);
    if (optionRow(name).unit !== "bytes") expect(after).toBe(value);
    accepted(socket.bind(LOOPBACK[family]));
    expect(socket.getOption(name)).toBe(after);
  });

  test.each(served.filter((name) => optionRow(name).when === "any time"))("%s is set and put back while the socket is bound", (name) => {
    using sockets = new DgramSockets();
    const { socket } = sockets.listen(LOOPBACK[family].address);
    const before = socket.getOption(name);
    const value = otherValue(name, before);
    expect(socket.setOption(name, value)).toBe(0);
    expect(socket.getOption(name)).not.toBe(before);
    const isBytes = optionRow(name).unit === "bytes";
    expect(socket.setOption(name, isBytes && process.platform === "linux" ? before / 2 : before)).toBe(0); // Linux doubles what it is told
    expect(socket.getOption(name)).toBe(before);
  });

  test.each(served.filter((name) => optionRow(name).when === "before bind"))(
    "%s is refused with -EINVAL once the socket is bound",
    (name) => {
      using sockets = new DgramSockets();
      const { socket } = sockets.listen(LOOPBACK[family].address);
      expect(socket.setOption(name, 1)).toBe(ERRNO.EINVAL);
      expect(socket.getOption(name)).toBe(0);
    },
  );

  test("unicastTtl reaches the kernel, which refuses 0", () => {
    using sockets = new DgramSockets();
    const { socket } = sockets.listen(LOOPBACK[family].address);
    expect(socket.setOption("unicastTtl", 9)).toBe(0);
    expect(socket.setOption("unicastTtl", 0)).toBe(ERRNO.EINVAL);
  });
});

test("ipv6Only is refused with -ENOPROTOOPT on an IPv4 socket", () => {
  using sockets = new DgramSockets();
  expect(sockets.open(4).socket.setOption("ipv6Only", 1)).toBe(ERRNO.ENOPROTOOPT);
});

test("receiveBufferBytes reads back what the kernel grants, not what was asked for, also before bind()", () => {
  using sockets = new DgramSockets();
  const { socket } = sockets.open();
  const asked = 1_000_000_000;
  accepted(socket.setOption("receiveBufferBytes", asked));
  const granted = socket.getOption("receiveBufferBytes");
  expect(granted).toBeGreaterThan(0);
  expect(granted).toBeLessThan(asked);
  accepted(socket.bind(LOOPBACK[4]));
  expect(socket.getOption("receiveBufferBytes")).toBe(granted);
});

test("bind() returns the errno of an option that the kernel refuses then, and the socket stays unbound", () => {
  using sockets = new DgramSockets();
  const { socket } = sockets.open();
  accepted(socket.setOption("unicastTtl", 0)); // the reactor checks ranges; the kernel does so once more
  expect(socket.bind(LOOPBACK[4])).toBe(ERRNO.EINVAL);
  accepted(socket.setOption("unicastTtl", 1));
  expect(socket.bind(LOOPBACK[4])).toBe(0);
});
