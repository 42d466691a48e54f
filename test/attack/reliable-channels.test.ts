// Floods of questions, forged repairs, notes and numbers, spoofed addresses: a reliable channel goes on, bounded, and floods nobody.
import type { ChannelSource } from "@groupcast/channels";
import { DatagramProtocol, Reactor } from "groupcast";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  decodeNote,
  encodeGone,
  encodeQuestion,
  encodeStatus,
  NO_STREAM,
  NO_TOKEN,
  type StatusNote,
} from "../../packages/channels/src/reliable/repair-notes.js";
import { countTo, LossySite, Reader } from "../support/channels/lossy-site.js";
import { KEYS } from "../support/channels/sealed-pair.js";
import { TappedTransport } from "../support/channels/tapped-transport.js";

const VICTIM: ChannelSource = Object.freeze({ id: "10.0.0.77:5000", address: "10.0.0.77", port: 5000 });
const OTHER_STREAM = "f".repeat(32);
const HEADER_BYTES = 4 + 1 + 2 + 4; // of a note about "c"
const MEBIBYTE = 1024 * 1024;
const SEAL = { keys: { 1: KEYS[1] }, current: 1 };

beforeEach(() => {
  let state = 1;
  vi.spyOn(Math, "random").mockImplementation(() => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  });
});

afterEach(() => void vi.restoreAllMocks());

function question(ranges: readonly (readonly [number, number])[] = [], more: { token?: string; stream?: string } = {}): Buffer {
  const facts = { stream: NO_STREAM, token: NO_TOKEN, nonce: 7, subscribedMs: 0, historyMessages: 0, historyBytes: 0, ...more };
  return encodeQuestion({ ...facts, ranges: ranges.map(([first, last]) => ({ first, last })) });
}

/** A status in a sender's name; with a token it is one for this receiver, though nobody has asked. */
function status(stream: string, next: number, token = NO_TOKEN): Buffer {
  return encodeStatus({ stream, token, nonce: token === NO_TOKEN ? 0 : 7, next, from: next });
}

/** A transport for a node on host `name`, in whose name others send. */
function tapped(site: LossySite, name: string): TappedTransport {
  return new TappedTransport(reactorOf(site, name), { ttl: 1 });
}

function reactorOf(site: LossySite, name: string): Reactor {
  return new Reactor({ backend: site.network.host(name), clock: site.network.clock });
}

/** A subscriber that a forger has at its mercy, and the publisher in whose name the forger sends. */
async function forgery() {
  const site = new LossySite();
  const transport = tapped(site, "b");
  const node = site.node("a");
  const publisher = site.open(node);
  const reader = new Reader(site.open(site.node("b", { transport, ttl: undefined, receiveBufferBytes: undefined })));
  await site.pass(5);
  await site.publish(publisher, 3);
  await site.pass(100);
  const from = reader.messages[0]!.from;
  return { site, transport, publisher, reader, from };
}

/** Bytes of UDP that a host has sent to an address. */
function bytesTo(site: LossySite, address: string, from: string): number {
  const sent = site.network.trace.records.filter(
    ({ event, node, packet }) => event === "sent" && node === from && packet.destination === address,
  );
  return sent.reduce((sum, { packet }) => sum + packet.payload.length, 0);
}

test.each([
  ["a little ahead", 10],
  ["ahead", 5000],
  ["far ahead", 60_000],
  ["beyond the window", 1_000_000],
  ["far behind", -1_000_000],
])("a forged packet %s of a slow sender's numbers silences it for no longer than the deadline", async (_what, ahead) => {
  const { site, transport, publisher, reader, from } = await forgery();
  transport.forge("packets", from, Buffer.from("forged"), (3 + ahead) >>> 0);
  for (let i = 3; i < 8; i++) {
    await site.publish(publisher, 1, i);
    await site.pass(500);
  }
  await site.pass(1000);
  const heard = reader.texts.filter((text) => text !== "forged").map(Number);
  expect(heard).toEqual(countTo(8));
});

test.each([
  ["of a far number", (own: string) => status(own, 1_000_000)],
  ["of a near number", (own: string) => status(own, 5000)],
  ["of the first number", (own: string) => status(own, 0)],
  ["of another stream", () => status(OTHER_STREAM, 77)],
  ["of another stream, as an answer", () => status(OTHER_STREAM, 77, "0123456789abcdef")],
  ["as an answer", (own: string) => status(own, 77, "0123456789abcdef")],
  ["that everything is gone", (own: string) => encodeGone(own, [{ first: 0, last: 0x7fff_ffff }])],
])("a forged status %s neither silences a sender nor makes it heard twice", async (_what, note) => {
  const { site, transport, publisher, reader, from } = await forgery();
  const asks = site.network.trace.records.filter(({ packet }) => packet.payload.includes("/c"));
  const stream = asks
    .map(({ packet }) => decodeNote(packet.payload.subarray(HEADER_BYTES)))
    .find((found) => found?.kind === "status")!.stream;
  for (let i = 3; i < 43; i++) {
    if (i % 10 === 3) transport.forge("notes", from, note(stream));
    await site.publish(publisher, 1, i);
    await site.pass(100);
  }
  await site.pass(2000);
  expect(reader.numbers).toEqual(countTo(43));
});

test("repairs go on after each forgery", async () => {
  const { site, transport, publisher, reader, from } = await forgery();
  transport.forge("packets", from, Buffer.from("forged"), 5000);
  transport.forge("notes", from, status(OTHER_STREAM, 9));
  await site.pass(3000);
  site.network.host("a").setLink("eth0", { loss: 0.1 });
  await site.publish(publisher, 6000, 3);
  await site.pass(1500);
  const last = reader.numbers.filter((number) => number >= 5100); // from where the forged number has been passed
  expect(last).toEqual(countTo(6003, 5100));
});

test("a flood of invented senders takes bounded memory and has few questions sent, and a true sender is still repaired", async () => {
  const { site, transport, publisher, reader } = await forgery();
  const node = reader.channel;
  const before = reader.counters.questions;
  const startMs = site.network.clock.nowMs();
  for (let i = 0; i < 20_000; i++) {
    const source = { id: `10.1.${i >> 8}.${i & 255}:1`, address: `10.1.${i >> 8}.${i & 255}`, port: 1 };
    transport.forge("packets", source, Buffer.alloc(1000), 7);
    if (i % 1000 === 0) await site.pass(10);
  }
  const seconds = (site.network.clock.nowMs() - startMs) / 1000;
  expect(reader.counters.questions - before).toBeLessThanOrEqual(200 + 200 * seconds + 5);
  expect(reader.counters.putOff).toBeGreaterThan(0);
  expect(node.statistics().received).toBeGreaterThan(20_000 - 4096 - 10); // those that had to make room are delivered as they are
  site.network.host("a").setLink("eth0", { loss: 0.2 });
  await site.publish(publisher, 500, 3);
  await site.pass(3000);
  expect(reader.numbers.filter((number) => number > 0 && number < 600).length).toBeGreaterThanOrEqual(500);
});

test("packets of an invented sender with gaps between them are held within 32 MiB, and then delivered", async () => {
  const { site, transport, reader } = await forgery();
  const source = { id: "10.1.0.1:1", address: "10.1.0.1", port: 1 };
  for (let i = 0; i < 1000; i++) transport.forge("packets", source, Buffer.alloc(60_000), 2 * i);
  const { received } = reader.channel.statistics();
  expect(received).toBeGreaterThan(1000 - (32 * MEBIBYTE) / 60_000);
  await site.pass(2000);
  expect(reader.channel.statistics().received).toBe(1003);
  expect(reader.losses.some(({ reason }) => reason === "room")).toBe(true);
});

test("a flood of questions in a victim's name has a publisher send the victim no more than the forger sent", async () => {
  const site = new LossySite();
  const transport = tapped(site, "a");
  const publisher = site.open(site.node("a", { transport, ttl: undefined, receiveBufferBytes: undefined }));
  await site.publish(publisher, 1000);
  site.network.host("victim").addAddress("eth0", "10.0.0.77/24");
  let forged = 0;
  for (let i = 0; i < 5000; i++) {
    const note = question([[0, 999]], { token: (i + 1).toString(16).padStart(16, "0"), stream: OTHER_STREAM });
    transport.forge("questions", VICTIM, note);
    forged += note.length + HEADER_BYTES;
    if (i % 100 === 0) await site.pass(1);
  }
  await site.pass(1000);
  expect(publisher.statistics().reliable!.sender).toMatchObject({ repaired: 0, repairedForAll: 0 });
  expect(bytesTo(site, VICTIM.address!, "a")).toBeLessThanOrEqual(forged);
});

/** One who asks on the network, and knows the token for its address. */
class Mallory extends DatagramProtocol {
  readonly tokens: string[] = [];
  stream = NO_STREAM;
  received = 0;

  override datagramReceived(data: Buffer): void {
    this.received += data.length;
    const note = decodeNote(data.subarray(HEADER_BYTES)) as StatusNote | undefined;
    if (note?.kind !== "status") return;
    this.tokens.push(note.token);
    this.stream = note.stream;
  }
}

/** Where a publisher can be asked. */
function askAt(site: LossySite, host: string): { address: string; port: number } {
  const { packet } = site.network.trace.records.find(({ event, node }) => event === "sent" && node === host)!;
  return { address: packet.source, port: packet.sourcePort };
}

test("an asker with its token that asks for everything, all the time, gets its share at most, and an honest one all it misses", async () => {
  const site = new LossySite(3);
  const reader = await site.reader("b");
  const options = { reliable: { repairBytesPerSecond: MEBIBYTE } };
  const publisher = site.open(site.node("a"), options);
  await site.publish(publisher, 1000);
  const mallory = new Mallory();
  const port = reactorOf(site, "m").listenUDP(0, mallory);
  const to = askAt(site, "a");
  const ask = (ranges: readonly (readonly [number, number])[]): void => {
    const head = Buffer.from("PULI\x02/c\0\0\0\0", "latin1");
    port.write(Buffer.concat([head, question(ranges, { token: mallory.tokens[0] ?? NO_TOKEN, stream: mallory.stream })]), to);
  };
  ask([]);
  await site.pass(5);
  site.network.host("b").setLink("eth0", { loss: 0.2 });
  const [startMs, before] = [site.network.clock.nowMs(), mallory.received];
  for (let i = 1000; i < 3000; i++) {
    ask([[0, i]]);
    await site.publish(publisher, 1, i);
    await site.pass(1);
  }
  await site.pass(1500);
  const seconds = (site.network.clock.nowMs() - startMs) / 1000;
  expect(mallory.received - before).toBeLessThan((MEBIBYTE / 2) * (seconds + 0.25));
  expect(publisher.statistics().reliable!.sender.limited).toBeGreaterThan(1000);
  expect(reader.numbers).toEqual(countTo(3000));
});

test("random notes and questions throw nothing, count as malformed, and the true ones are still understood", async () => {
  const { site, transport, publisher, reader, from } = await forgery();
  const sending = tapped(site, "d");
  const other = site.open(site.node("d", { transport: sending, ttl: undefined, receiveBufferBytes: undefined }));
  await site.publish(other, 10);
  let state = 9;
  const byte = (): number => {
    state = (state * 16_807) % 2_147_483_647;
    return state & 255;
  };
  for (let i = 0; i < 3000; i++) {
    const bytes = Buffer.from([1 + (i % 3), ...Array.from({ length: i % 90 }, byte)]);
    transport.forge("notes", from, bytes);
    sending.forge("questions", VICTIM, bytes);
  }
  expect(reader.channel.statistics().reliable!.malformed).toBeGreaterThan(1000);
  expect(other.statistics().reliable!.malformed).toBeGreaterThan(1000);
  expect(site.log.errors).toEqual([]);
  await site.pass(200);
  site.network.host("a").setLink("eth0", { loss: 0.2 });
  await site.publish(publisher, 300, 3);
  await site.pass(2000);
  expect(reader.numbers.slice(-250)).toEqual(countTo(303, 53));
});

test("strangers can neither ask nor answer on a sealed channel, and a question that is repeated from another address counts once", async () => {
  const site = new LossySite();
  const sealed = { reliable: true, seal: SEAL };
  const [sending, receiving] = [tapped(site, "a"), tapped(site, "b")];
  const own = { ttl: undefined, receiveBufferBytes: undefined };
  const publisher = site.open(site.node("a", { transport: sending, ...own }), sealed);
  const reader = new Reader(site.open(site.node("b", { transport: receiving, ...own }), sealed));
  await site.pass(5);
  await site.publish(publisher, 10);
  await site.pass(50);
  const { questions } = publisher.statistics().reliable!.sender;
  expect(questions).toBeGreaterThan(0);
  sending.forge("questions", VICTIM, question([[0, 9]]));
  for (const { packet } of site.network.trace.records.filter(({ event, node }) => event === "sent" && node === "b")) {
    if (packet.payload.includes("/c")) sending.forge("questions", VICTIM, Buffer.from(packet.payload.subarray(HEADER_BYTES)));
  }
  expect(publisher.statistics().reliable!).toMatchObject({ sender: { questions }, malformed: 1 + questions });
  const { from } = reader.messages[0]!;
  receiving.forge("notes", from, encodeGone(publisher.seal!.sender, [{ first: 0, last: 1000 }]));
  receiving.forge("notes", from, status(publisher.seal!.sender, 1000));
  receiving.forge("packets", from, Buffer.from("forged"), 1000);
  await site.publish(publisher, 10, 10);
  await site.pass(50);
  expect(reader.numbers).toEqual(countTo(20));
  expect([reader.counters.missing, reader.losses]).toEqual([0, []]);
});

test("with TTL 0 nobody outside gets an answer, whatever address asks", async () => {
  const site = new LossySite();
  const transport = new TappedTransport(reactorOf(site, "a"), { ttl: 0 });
  const publisher = site.open(site.node("a", { transport, ttl: undefined, receiveBufferBytes: undefined }));
  const reader = new Reader(publisher);
  await site.publish(publisher, 3);
  transport.forge("questions", VICTIM, question());
  transport.forge("packets", VICTIM, Buffer.from("forged"), 5); // and nobody outside is asked
  transport.forge("questions", { id: "10.0.0.77:0", address: "10.0.0.77", port: 0 }, question());
  await site.pass(1000);
  expect(site.network.trace.records.filter(({ event, interface: name }) => event === "sent" && name !== "lo")).toEqual([]);
  expect(reader.texts).toEqual(["0", "1", "2", "forged"]);
  expect(transport.statistics().dropped).toBeGreaterThan(0);
});

test("a packet from port number 0 has nobody asked, and throws nothing", async () => {
  const site = new LossySite();
  const transport = tapped(site, "a");
  const reader = new Reader(site.open(site.node("a", { transport, ttl: undefined, receiveBufferBytes: undefined })));
  transport.forge("packets", { id: "10.0.0.9:0", address: "10.0.0.9", port: 0 }, Buffer.from("x"), 5);
  await site.pass(1000);
  expect([reader.texts, site.log.errors]).toEqual([["x"], []]);
});

test("a flood of questions holds up a channel that closes for lingerMs, and no longer", async () => {
  const site = new LossySite();
  const { clock } = site.network;
  const transport = tapped(site, "a");
  const channel = site.open(site.node("a", { transport, ttl: undefined, receiveBufferBytes: undefined }), { reliable: { lingerMs: 400 } });
  channel.publish(Buffer.from("0"));
  let closedMs = 0;
  const fromMs = clock.nowMs();
  void channel.close().then(() => {
    closedMs = clock.nowMs();
  });
  for (let ms = 0; ms < 1000 && closedMs === 0; ms++) {
    transport.forge("questions", VICTIM, question([[0, 0]]));
    await site.pass(1);
  }
  expect(closedMs - fromMs).toBe(400);
  transport.forge("questions", VICTIM, question([[0, 0]])); // one that was on its way changes nothing any more
  expect(channel.statistics().reliable!.keptBytes).toBe(0);
});
