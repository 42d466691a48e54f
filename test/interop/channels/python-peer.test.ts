// Channels spoken with a peer that shares no code with us, byte for byte.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type ChannelMessage, ChannelNode, multicastGroupForChannel } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freeChannelPort } from "../../support/channels/free-channel-port.js";
import { ChildProgram } from "../../support/child-program.js";
import { until } from "../../support/lab/until.js";
import { hasCommand, hasMulticastLoopback, skipUnless } from "../../support/probe.js";

const PEER = fileURLToPath(new URL("programs/peer.py", import.meta.url));

let reactor: Reactor;
let node: ChannelNode;
let port: number;
let disposals: (() => Promise<unknown>)[];

beforeEach(async (context) => {
  await skipUnless(context, hasCommand("python3", "python3"), hasMulticastLoopback);
  port = await freeChannelPort();
  reactor = new Reactor();
  node = new ChannelNode(reactor, { name: "node", heartbeatMs: 0, port });
  disposals = [() => reactor.stop()];
});

afterEach(async () => {
  for (const dispose of disposals) await dispose();
});

async function peer(channel: string): Promise<ChildProgram> {
  const program = new ChildProgram("/usr/bin/python3", [PEER, String(port), channel]);
  disposals.unshift(() => program.stop("SIGKILL"));
  await program.line(/^ready$/);
  return program;
}

describe.each(["test", "robot/pose", "Hello World", "my_pulicast_channel", "x".repeat(255)])("channel %j", (channel) => {
  test("what a node publishes, the peer hears, counted from 0", async () => {
    const python = await peer(channel);
    for (const text of ["payload", "", "\u0000\u00ff"]) node.channel(channel).publish(Buffer.from(text, "latin1"));
    await python.line(/^2 00ff$/);
    expect((await python.line(/^0 /)).input).toBe(`0 ${Buffer.from("payload").toString("hex")}`);
    expect((await python.line(/^1 /)).input).toBe("1 ");
  });

  test("what the peer publishes, a node hears, with its place in the order", async () => {
    const python = await peer(channel);
    const got: [string, ChannelMessage][] = [];
    node.channel(channel).subscribe((data, message) => void got.push([data.toString("hex"), message]));
    for (const payload of ["7061796c6f6164", "", "00ff"]) python.say(payload);
    await until(() => got.length === 3, { what: "three messages" });
    expect(got.map(([payload]) => payload)).toEqual(["7061796c6f6164", "", "00ff"]);
    expect(got.map(([, { lead, lost }]) => [lead, lost])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
    expect(got[0]![1]).toMatchObject({ channel, from: { address: "127.0.0.1", id: expect.stringMatching(/^127\.0\.0\.1:\d+$/) } });
  });
});

test("a datagram on the wire is what the format says, byte for byte", async () => {
  const wire = createSocket({ type: "udp4", reuseAddr: true }).bind(port);
  await once(wire, "listening");
  disposals.unshift(async () => wire.close());
  wire.addMembership(multicastGroupForChannel("test"), "127.0.0.1");
  const datagrams: string[] = [];
  wire.on("message", (datagram) => datagrams.push(datagram.toString("hex")));
  for (const text of ["payload", "again"]) node.channel("test").publish(Buffer.from(text));
  await until(() => datagrams.length === 2, { what: "two datagrams" });
  expect(datagrams).toEqual(["50554c490474657374000000007061796c6f6164", "50554c490474657374000000016167" + "61696e"]);
});

test("what is lost, late and repeated on the way is told, and an ordered subscriber sees none of it", async () => {
  const python = await peer("test");
  const got: [string, number, number][] = [];
  const ordered: string[] = [];
  node.channel("test").subscribe((data, { lead, lost }) => void got.push([data.toString(), lead, lost]));
  node.channel("test").subscribe((data) => void ordered.push(data.toString()), { ordered: true });
  for (const sequence of [0, 1, 4, 3, 4, 5]) python.say(`raw ${frame("test", sequence, `${sequence}`)}`);
  await until(() => got.length === 6, { what: "six messages" });
  expect(got).toEqual([
    ["0", 1, 0],
    ["1", 1, 0],
    ["4", 3, 2],
    ["3", -1, 0],
    ["4", 0, 0],
    ["5", 1, 0],
  ]);
  expect(ordered).toEqual(["0", "1", "4", "5"]);
  expect(node.channel("test").statistics()).toMatchObject({ received: 6, lost: 2, late: 1, repeated: 1 });
});

test("a peer's count goes on after 2 ** 32 - 1", async () => {
  const python = await peer("test");
  const leads: number[] = [];
  node.channel("test").subscribe((_, { lead }) => void leads.push(lead));
  for (const sequence of [0xffff_fffe, 0xffff_ffff, 0, 1]) python.say(`raw ${frame("test", sequence, "x")}`);
  await until(() => leads.length === 4, { what: "four messages" });
  expect(leads).toEqual([1, 1, 1, 1]);
});

test("nonsense on the group is counted, and what follows is heard", async () => {
  const python = await peer("test");
  const got: string[] = [];
  node.channel("test").subscribe((data) => void got.push(data.toString()));
  for (const hex of ["", "00", "50554c49", "50554c49ff74", "70756c690474657374000000007061", frame("Test", 0, "x")])
    python.say(`raw ${hex}`);
  python.say(Buffer.from("fence").toString("hex"));
  await until(() => got.length > 0, { what: "the fence" });
  expect(got).toEqual(["fence"]);
  expect(node.transport.statistics()).toMatchObject({ received: 1, malformed: 5, foreign: 1 });
});

/** A datagram made by hand. */
function frame(channel: string, sequence: number, payload: string): string {
  const header = Buffer.alloc(5 + channel.length + 4);
  header.write(`PULI${String.fromCharCode(channel.length)}${channel}`, "latin1");
  header.writeUInt32BE(sequence, 5 + channel.length);
  return Buffer.concat([header, Buffer.from(payload)]).toString("hex");
}

test("questions and answers on a channel reach no peer of it", async () => {
  const python = await peer("test");
  node.channel("test").respond((question) => question);
  const { data } = await node.channel("test").request(Buffer.from("question"));
  expect(String(data)).toBe("question");
  node.channel("test").publish(Buffer.from("fence")); // numbered 0, as the question and the answer were on their channels
  expect((await python.line(/^\d+ /)).input).toBe(`0 ${Buffer.from("fence").toString("hex")}`);
});
