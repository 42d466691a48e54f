// Channels spoken on LCM's network with a peer that shares no code with us, byte for byte.
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type ChannelMessage, ChannelNode, LcmTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freeChannelPort } from "../../support/channels/free-channel-port.js";
import { ChildProgram } from "../../support/child-program.js";
import { until } from "../../support/lab/until.js";
import { hasCommand, hasMulticastLoopback, skipUnless } from "../../support/probe.js";

const PEER = fileURLToPath(new URL("programs/lcm_peer.py", import.meta.url));
const GROUP = "239.255.76.67";
const MEBIBYTE = 1024 * 1024;

let reactor: Reactor;
let transport: LcmTransport;
let node: ChannelNode;
let port: number;
let disposals: (() => Promise<unknown>)[];

beforeEach(async (context) => {
  await skipUnless(context, hasCommand("python3", "python3"), hasMulticastLoopback);
  port = await freeChannelPort();
  reactor = new Reactor();
  transport = new LcmTransport(reactor, { url: `udpm://${GROUP}:${port}` });
  node = new ChannelNode(reactor, { name: "node", transport });
  disposals = [() => reactor.stop(), () => transport.close()];
});

afterEach(async () => {
  for (const dispose of disposals) await dispose();
});

async function peer(): Promise<ChildProgram> {
  const program = new ChildProgram("/usr/bin/python3", [PEER, GROUP, String(port)]);
  disposals.unshift(() => program.stop("SIGKILL"));
  await program.line(/^ready$/);
  return program;
}

function say(python: ChildProgram, ...words: readonly (string | number)[]): void {
  python.say(words.join("\t"));
}

/** The bytes that the peer sends as a long message. */
function pattern(lengthBytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: lengthBytes }, (_, index) => index % 251));
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What a channel gets, and the facts about each message. */
function listen(channel: string): [Buffer, ChannelMessage][] {
  const got: [Buffer, ChannelMessage][] = [];
  node.channel(channel).subscribe((data, message) => void got.push([data, message]));
  return got;
}

describe.each(["POSE", "robot/pose", "Hello World", "x".repeat(63)])("channel %j", (channel) => {
  test("what a node publishes, the peer hears", async () => {
    const python = await peer();
    for (const text of ["payload", "", "\u0000\u00ff"]) node.channel(channel).publish(Buffer.from(text, "latin1"));
    await python.line(new RegExp(`^${channel} 2 ${digest(Buffer.from([0, 255]))} short$`));
    await python.line(new RegExp(`^${channel} 7 ${digest(Buffer.from("payload"))} short$`));
    await python.line(new RegExp(`^${channel} 0 `));
  });

  test("what the peer publishes, a node hears", async () => {
    const python = await peer();
    const got = listen(channel);
    for (const payload of ["7061796c6f6164", "", "00ff"]) say(python, "publish", channel, payload);
    await until(() => got.length === 3, { what: "three messages" });
    expect(got.map(([data]) => data.toString("hex"))).toEqual(["7061796c6f6164", "", "00ff"]);
    expect(got[2]![1]).toMatchObject({ channel, lead: 1, lost: 0, isRelayed: false, from: { address: "127.0.0.1" } });
  });
});

test("datagrams on the wire are what LCM describes, byte for byte", async () => {
  const wire = createSocket({ type: "udp4", reuseAddr: true }).bind(port);
  await once(wire, "listening");
  disposals.unshift(async () => wire.close());
  wire.addMembership(GROUP, "127.0.0.1");
  const datagrams: Buffer[] = [];
  wire.on("message", (datagram) => datagrams.push(datagram));
  const long = pattern(10_000);
  node.channel("POSE").publish(Buffer.from("one"));
  node.channel("MAP").publish(Buffer.from("two"));
  node.channel("POSE").publish(long);
  node.channel("POSE").publish(Buffer.from("four"));
  await until(() => datagrams.length === 5, { what: "five datagrams" });
  const [one, two, first, second, four] = datagrams as [Buffer, Buffer, Buffer, Buffer, Buffer];
  expect([one, two, four].map((datagram) => datagram.toString("latin1"))).toEqual([
    "LC02\0\0\0\0POSE\0one",
    "LC02\0\0\0\x01MAP\0two",
    "LC02\0\0\0\x03POSE\0four",
  ]);
  const header = (offset: number, index: number): string => {
    const fields = Buffer.alloc(16);
    fields.writeUInt32BE(2, 0);
    fields.writeUInt32BE(10_000, 4);
    fields.writeUInt32BE(offset, 8);
    fields.writeUInt16BE(index, 12);
    fields.writeUInt16BE(2, 14);
    return `LC03${fields.toString("latin1")}`;
  };
  const firstBytes = first.length - 20 - 5;
  expect(first.toString("latin1", 0, 25)).toBe(`${header(0, 0)}POSE\0`);
  expect(second.toString("latin1", 0, 20)).toBe(header(firstBytes, 1));
  expect(Buffer.concat([first.subarray(25), second.subarray(20)])).toEqual(long);
});

test.each([0, 1400, 8178, 8179, 100_000])("a message of %i bytes reaches the peer whole", async (lengthBytes) => {
  const python = await peer();
  const payload = pattern(lengthBytes);
  node.channel("CLOUD").publish(payload);
  node.channel("CLOUD").publish(Buffer.from("behind"));
  const { input } = await python.line(new RegExp(`^CLOUD ${lengthBytes} `));
  expect(input).toMatch(new RegExp(` ${digest(payload)} ${lengthBytes <= 8178 ? "short" : "\\d+"}$`));
  await python.line(/^CLOUD 6 /);
  expect(transport.statistics()).toMatchObject({ sent: 2, dropped: 0, waitingBytes: 0 });
});

test("a message of four megabytes reaches the peer whole, unless the kernel loses a part of it", async () => {
  const python = await peer();
  const payload = pattern(4 * MEBIBYTE + 7);
  let hasArrived = false;
  void python.line(/^CLOUD 4194311 /).then(({ input }) => {
    hasArrived = input!.includes(digest(payload));
  });
  for (let attempt = 0; !hasArrived; attempt++) {
    node.channel("CLOUD").publish(payload);
    node.channel(`FENCE${attempt}`).publish(Buffer.from("behind"));
    await python.line(new RegExp(`^FENCE${attempt} 6 `));
  }
  expect(transport.statistics()).toMatchObject({ dropped: 0, waitingBytes: 0 });
});

test.each([
  ["long", 100_000, 1400],
  ["backwards", 100_000, 8192],
  ["long", 0, 1400],
])("%s: a message of %i bytes in parts of %i from the peer arrives whole", async (command, lengthBytes, partBytes) => {
  const python = await peer();
  const got = listen("CLOUD");
  say(python, "publish", "CLOUD", "00"); // number 0
  say(python, command, "CLOUD", lengthBytes, partBytes);
  await until(() => got.length === 2, { what: "both messages" });
  expect(digest(got[1]![0])).toBe(digest(pattern(lengthBytes)));
  expect(transport.statistics()).toMatchObject({ received: 2, lost: 0, malformed: 0, foreign: 0 });
});

test("a message of four megabytes from the peer arrives whole, unless the kernel loses a part of it", async () => {
  const python = await peer();
  const got = listen("CLOUD");
  const fences = listen("FENCE");
  const lengthBytes = 4 * MEBIBYTE + 7;
  for (let attempt = 1; got.length === 0; attempt++) {
    say(python, "long", "CLOUD", lengthBytes, 65_000);
    say(python, "publish", "FENCE", "00");
    await until(() => fences.length >= attempt, { what: "the fence" });
  }
  expect(digest(got[0]![0])).toBe(digest(pattern(lengthBytes)));
});

test("a message without one of its fragments is given up and counted, and what follows arrives", async () => {
  const python = await peer();
  const got = listen("CLOUD"); // a receive buffer of any host holds all that follows
  say(python, "publish", "CLOUD", "00");
  say(python, "lossy", "CLOUD", "30000", "1400", "7");
  say(python, "lossy", "CLOUD", "30000", "1400", "0"); // the one with the name
  say(python, "long", "CLOUD", "30001", "1400");
  await until(() => got.length === 2, { what: "the whole ones" });
  expect(got[1]![0].length).toBe(30_001);
  await until(() => transport.statistics().incomplete === 2, { what: "the others to be given up" });
  expect(transport.statistics()).toMatchObject({ received: 2, lost: 1, heldBytes: 0, malformed: 0 });
});

test("messages of channels that nobody receives are counted, in fragments, too, and take no memory", async () => {
  const python = await peer();
  const got = listen("POSE");
  say(python, "publish", "OTHER", "00");
  say(python, "long", "OTHER", "100000", "1400");
  say(python, "publish", "/POSE", "00"); // another name for LCM
  say(python, "publish", "POSE", "01");
  await until(() => got.length === 1, { what: "the message behind them" });
  expect(transport.statistics()).toMatchObject({ received: 1, foreign: 3, lost: 0, heldBytes: 0, incomplete: 0, malformed: 0 });
});

test("questions are asked and answered between nodes on LCM", async () => {
  const other = new LcmTransport(reactor, { group: GROUP, port });
  disposals.push(() => other.close());
  const responder = new ChannelNode(reactor, { name: "responder", transport: other });
  responder.channel("stock", { codec: "text" }).respond((fruit) => `3 ${fruit}`);
  const { data } = await node.channel("stock", { codec: "text" }).request("apples", { timeoutMs: 5000 });
  expect(data).toBe("3 apples");
});
