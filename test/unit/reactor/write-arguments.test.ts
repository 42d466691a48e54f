import { runInNewContext } from "node:vm";
import { InvalidArgumentError } from "@groupcast/base";
import { MessageLengthError } from "groupcast";
import { expect, test } from "vitest";
import { Stage, turn } from "./stage.js";

const TO = { address: "192.0.2.1", port: 80 };

test.each<[to: unknown, code: string, argument: string, value: unknown]>([
  [undefined, "ERR_NO_DESTINATION", "to", undefined],
  [null, "ERR_NO_DESTINATION", "to", null],
  ["192.0.2.1", "ERR_ARGUMENT_TYPE", "to", "192.0.2.1"],
  [80, "ERR_ARGUMENT_TYPE", "to", 80],
  [{}, "ERR_ARGUMENT_TYPE", "address", undefined],
  [["192.0.2.1", 80], "ERR_ARGUMENT_TYPE", "address", undefined],
  [{ address: "example.invalid", port: 1 }, "ERR_ADDRESS_NOT_IP", "address", "example.invalid"],
  [{ address: "localhost", port: 1 }, "ERR_ADDRESS_NOT_IP", "address", "localhost"],
  [{ address: "127.1", port: 1 }, "ERR_ADDRESS_NOT_IP", "address", "127.1"],
  [{ address: "1", port: 1 }, "ERR_ADDRESS_NOT_IP", "address", "1"],
  [{ address: "", port: 1 }, "ERR_ADDRESS_NOT_IP", "address", ""],
  [{ address: "::1", port: 1 }, "ERR_FAMILY_MISMATCH", "address", "::1"],
  [{ address: "192.0.2.1", port: 0 }, "ERR_PORT_RANGE", "port", 0],
  [{ address: "192.0.2.1", port: 65_536 }, "ERR_PORT_RANGE", "port", 65_536],
  [{ address: "192.0.2.1", port: "80" }, "ERR_PORT_RANGE", "port", "80"],
  [{ address: "192.0.2.1" }, "ERR_PORT_RANGE", "port", undefined],
])("write() to %o throws %s, and sends nothing", async (to, code, argument, value) => {
  const { port, socket } = new Stage().listen();
  const call = (): unknown => port.write("spam", to as typeof TO);
  expect(call).toThrow(InvalidArgumentError);
  expect(call).toThrow(expect.objectContaining({ code, argument, value, operation: "write" }));
  await turn();
  expect(socket.sent).toEqual([]);
  expect(port.statistics()).toMatchObject({ sent: 0, queued: 0, dropped: 0 });
});

test.each<[address: string, code: string]>([
  ["127.0.0.1", "ERR_FAMILY_MISMATCH"],
  ["<broadcast>", "ERR_FAMILY_MISMATCH"],
  ["fe80::1%nosuch", "ERR_ADDRESS_SCOPE"],
  ["ff02::1%nosuch", "ERR_ADDRESS_SCOPE"],
  ["ff02::1%99", "ERR_ADDRESS_SCOPE"],
  ["fe80::1%", "ERR_ADDRESS_NOT_IP"],
])("write() of an IPv6 port to %s throws %s", (address, code) => {
  const { port } = new Stage().listen({ interface: "::" });
  expect(() => port.write("spam", { address, port: 1 })).toThrow(expect.objectContaining({ code, argument: "address" }));
});

test.each<[address: string, sentTo: string]>([
  ["fe80::1%eth0", "fe80::1%eth0"],
  ["fe80::1%2", "fe80::1%eth0"],
  ["FE80:0:0::1%eth0", "fe80::1%eth0"],
  ["2001:DB8::0:1", "2001:db8::1"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
])("write() of an IPv6 port to %s sends to %s", async (address, sentTo) => {
  const { port, socket } = new Stage().listen({ interface: "::" });
  expect(port.write("spam", { address, port: 1 })).toBe(true);
  await turn();
  expect(socket.sent).toMatchObject([{ to: { address: sentTo, port: 1, family: 6 } }]);
});

test("write() to <broadcast> means 255.255.255.255, and is logged nowhere", async () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  stage.log.length = 0;
  port.write("test", { address: "<broadcast>", port: 1234 });
  await turn();
  expect(socket.sent).toMatchObject([{ text: "test", to: { address: "255.255.255.255", port: 1234 } }]);
  expect(stage.log).toEqual([]);
});

test.each([undefined, null, 5, {}, [1, 2], new ArrayBuffer(3), new Uint16Array(3)])("write(%o) throws ERR_ARGUMENT_TYPE", (data) => {
  const { port } = new Stage().listen();
  expect(() => port.write(data as string, TO)).toThrow(
    expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "data", value: data, operation: "write" }),
  );
});

test("write() and writeSequence() take bytes of another realm, as test runners have", async () => {
  const { port, socket } = new Stage().listen();
  const bytes = runInNewContext("Uint8Array.of(115, 112, 97, 109)") as Uint8Array;
  expect(bytes).not.toBeInstanceOf(Uint8Array);
  port.write(bytes, TO);
  port.writeSequence([bytes, bytes], TO);
  await turn();
  expect(socket.texts).toEqual(["spam", "spamspam"]);
});

test("write() looks at the address before it looks at the data", () => {
  const { port } = new Stage().listen();
  const call = (): unknown => port.write(5 as unknown as string, { address: "example.invalid", port: 1 });
  expect(call).toThrow(expect.objectContaining({ code: "ERR_ADDRESS_NOT_IP" }));
});

test.each([
  [4, "0.0.0.0", TO, 65_507],
  [6, "::", { address: "2001:db8::1", port: 80 }, 65_527],
] as const)(
  "write() over IPv%i from %s to %o takes %i bytes and throws MessageLengthError for one more",
  async (_family, on, to, limit) => {
    const { port, socket } = new Stage().listen({ interface: on });
    expect(port.write(Buffer.alloc(limit, "x"), to)).toBe(true);
    await turn();
    expect(socket.sent[0]?.bytes).toHaveLength(limit);
    for (const data of [Buffer.alloc(limit + 1), "x".repeat(limit + 1)]) {
      const call = (): unknown => port.write(data, to);
      expect(call).toThrow(MessageLengthError);
      expect(call).toThrow(
        expect.objectContaining({ code: "ERR_MESSAGE_TOO_LONG", errnoName: "EMSGSIZE", lengthBytes: limit + 1, operation: "write", ...to }),
      );
    }
    expect(socket.sent).toHaveLength(1);
  },
);

test("write() measures strings in bytes of UTF-8", () => {
  const { port } = new Stage().listen();
  expect(port.write("ü".repeat(32_753), TO)).toBe(true);
  expect(() => port.write("ü".repeat(32_754), TO)).toThrow(expect.objectContaining({ lengthBytes: 65_508 }));
});

test.each<[options: unknown, code: string, argument: string, value: unknown]>([
  [null, "ERR_ARGUMENT_TYPE", "options", null],
  ["eth0", "ERR_ARGUMENT_TYPE", "options", "eth0"],
  [{ from: "192.0.2.2" }, "ERR_OPTION_UNKNOWN", "option", "from"],
  [{ interface: "eth9" }, "ERR_INTERFACE_UNKNOWN", "interface", "eth9"],
  [{ interface: "192.0.2.77" }, "ERR_INTERFACE_UNKNOWN", "interface", "192.0.2.77"],
  [{ interface: -1 }, "ERR_ARGUMENT_RANGE", "interface", -1],
  [{ interface: true }, "ERR_ARGUMENT_TYPE", "interface", true],
  [{ source: "me" }, "ERR_ADDRESS_NOT_IP", "source", "me"],
  [{ source: "::1" }, "ERR_FAMILY_MISMATCH", "source", "::1"],
  [{ source: "239.255.0.1" }, "ERR_SOURCE_IS_MULTICAST", "source", "239.255.0.1"],
])("write() with the options %o throws %s", (options, code, argument, value) => {
  const { port } = new Stage().listen();
  const call = (): unknown => port.write("spam", TO, options as object);
  expect(call).toThrow(expect.objectContaining({ code, argument, value, operation: "write" }));
});

test.each<[options: object, via: unknown]>([
  [{}, undefined],
  [{ interface: "default" }, { interfaceIndex: 0, source: undefined }],
  [{ interface: "eth0" }, { interfaceIndex: 2, source: undefined }],
  [{ interface: 2 }, { interfaceIndex: 2, source: undefined }],
  [{ interface: "192.0.2.2" }, { interfaceIndex: 2, source: undefined }],
  [{ source: "192.0.2.2" }, { interfaceIndex: 0, source: "192.0.2.2" }],
  [
    { interface: "eth0", source: "192.0.2.2" },
    { interfaceIndex: 2, source: "192.0.2.2" },
  ],
])("write() with the options %o tells the backend where it leaves from", async (options, via) => {
  const { port, socket } = new Stage().listen();
  port.write("spam", TO, options);
  await turn();
  expect(socket.sent[0]?.via).toEqual(via);
});

test("write() with an interface throws ERR_UNSUPPORTED_OPERATION where the backend cannot choose", () => {
  const { port } = new Stage({ without: ["sendPacketInfo"] }).listen();
  const call = (): unknown => port.write("spam", TO, { interface: "eth0" });
  expect(call).toThrow(expect.objectContaining({ code: "ERR_UNSUPPORTED_OPERATION", operation: "write", backend: "fake" }));
});

test.each<[parts: unknown, argument: string]>([
  ["spam", "parts"],
  [Buffer.from("spam"), "parts"],
  [undefined, "parts"],
  [["spam"], "parts[0]"],
  [[Buffer.from("a"), 5], "parts[1]"],
  // biome-ignore lint/suspicious/noSparseArray: plain JavaScript may pass one
  [[, Buffer.from("a")], "parts[0]"],
])("writeSequence(%o) throws ERR_ARGUMENT_TYPE for %s", (parts, argument) => {
  const { port } = new Stage().listen();
  expect(() => port.writeSequence(parts as Buffer[], TO)).toThrow(
    expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument, operation: "writeSequence" }),
  );
});

test("writeSequence() names itself in the errors of destination and length", () => {
  const { port } = new Stage().listen();
  expect(() => port.writeSequence([Buffer.from("a")])).toThrow(
    expect.objectContaining({ code: "ERR_NO_DESTINATION", operation: "writeSequence" }),
  );
  const halves = [Buffer.alloc(40_000), Buffer.alloc(40_000)];
  expect(() => port.writeSequence(halves, TO)).toThrow(expect.objectContaining({ lengthBytes: 80_000, operation: "writeSequence" }));
});

test("writeSequence() without parts sends an empty datagram", async () => {
  const { port, socket } = new Stage().listen();
  expect(port.writeSequence([], TO)).toBe(true);
  await turn();
  expect(socket.texts).toEqual([""]);
});
