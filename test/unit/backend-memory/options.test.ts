import { FEATURE_NAMES, OPTION_NAMES, OPTION_TABLE, type OptionName } from "@groupcast/backend";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { UnsupportedError } from "@groupcast/base";
import { describe, expect, test } from "vitest";
import { named, ProbeOpener } from "./socket-probe.js";

const NOT_MODELLED: readonly OptionName[] = ["receiveOffload", "busyPollUs", "unreadDrops"];
const READ_ONLY: readonly OptionName[] = ["kernelDrops"];
const SETTABLE = OPTION_NAMES.filter((name) => !NOT_MODELLED.includes(name) && !READ_ONLY.includes(name));

function opened(family: 4 | 6 = 4): ReturnType<ProbeOpener["unbound"]> {
  return new ProbeOpener(new MemoryNetwork()).unbound("a", family);
}

test("capabilities are every feature but adopt, and every option that is modelled", () => {
  const { capabilities } = new MemoryNetwork().host("a");
  const expected = [
    ...FEATURE_NAMES.filter((name) => name !== "adopt"),
    ...SETTABLE.flatMap((name) => [`set ${name}`, `get ${name}`]),
    ...READ_ONLY.map((name) => `get ${name}`),
  ];
  expect([...capabilities].toSorted()).toEqual(expected.toSorted());
});

test("adoptSocket() throws ERR_UNSUPPORTED_OPERATION", () => {
  const host = new MemoryNetwork().host("a");
  const observer = opened();
  const refusal = expect.objectContaining({ code: "ERR_UNSUPPORTED_OPERATION", operation: "adoptSocket", backend: "memory" });
  expect(() => host.adoptSocket(3, observer, 4)).toThrow(refusal);
});

test.each([...NOT_MODELLED, ...READ_ONLY])("setOption(%s) throws ERR_UNSUPPORTED_OPTION", (name) => {
  expect(() => opened().socket.setOption(name, 1)).toThrow(expect.objectContaining({ code: "ERR_UNSUPPORTED_OPTION", option: name }));
});

test.each(NOT_MODELLED)("getOption(%s) throws UnsupportedError", (name) => {
  expect(() => opened().socket.getOption(name)).toThrow(UnsupportedError);
});

/** Defaults of Linux 6.18. */
test.each([
  ["reuseAddress", 0],
  ["reusePort", 0],
  ["bindToInterface", 0],
  ["receiveBufferBytes", 212_992],
  ["sendBufferBytes", 212_992],
  ["broadcast", 0],
  ["unicastTtl", 64],
  ["trafficClass", 0],
  ["multicastTtl", 1],
  ["multicastLoopback", 1],
  ["multicastAll", 1],
  ["kernelDrops", 0],
] as const)("getOption(%s) is %d at first, for both IP versions", (name, value) => {
  expect([opened(4).socket.getOption(name), opened(6).socket.getOption(name)]).toEqual([value, value]);
});

test.each(SETTABLE.filter((name) => !name.endsWith("BufferBytes")))("setOption(%s) reads back", (name) => {
  const { socket } = opened(6);
  const { min, max } = OPTION_TABLE[name];
  const value = socket.getOption(name) === max ? min : max;
  expect(socket.setOption(name, value)).toBe(0);
  expect(socket.getOption(name)).toBe(value);
});

describe.each(["receiveBufferBytes", "sendBufferBytes"] as const)("%s", (name) => {
  test.each([
    [50_000, 100_000],
    [1, name === "receiveBufferBytes" ? 2304 : 4608],
    [100_000_000, 425_984],
  ])("set to %d reads back %d: doubled, capped, kept above a minimum", (asked, granted) => {
    const { socket } = opened();
    socket.setOption(name, asked);
    expect(socket.getOption(name)).toBe(granted);
  });

  test("is capped by the limits of the host", () => {
    const opener = new ProbeOpener(new MemoryNetwork());
    const host = opener.network.host("a", { limits: { maxReceiveBufferBytes: 1_000_000, maxSendBufferBytes: 1_000_000 } });
    const { socket } = opener.unbound(host);
    socket.setOption(name, 100_000_000);
    expect(socket.getOption(name)).toBe(2_000_000);
  });
});

test("setOption() and getOption() after close() are EBADF", () => {
  const { socket } = opened();
  socket.close();
  expect([named(socket.setOption("broadcast", 1)), named(socket.getOption("broadcast"))]).toEqual(["EBADF", "EBADF"]);
});
