// Long messages on sealed channels: while keys are rotated, and while strangers fill the memory of incomplete messages.
import { expect, test } from "vitest";
import { MemorySite } from "../support/channels/memory-site.js";
import { KEYS } from "../support/channels/sealed-pair.js";

const OLD = { keys: { 1: KEYS[1] }, current: 1 };
const BOTH = { keys: { 1: KEYS[1], 2: KEYS[2] }, current: 1 };
const TURNED = { ...BOTH, current: 2 };
const MAX_PARTIALS = 1024;
const LONG = Buffer.alloc(1 << 20, "0123456789abcdef"); // 128 fragments, in more than 30 bursts

/** Begins a message of three fragments, numbered `message`. */
function begun(message: number): Buffer {
  const part = Buffer.alloc(26, "x");
  part.write("GCF1", 0, "latin1");
  part.writeUInt32BE(message, 4);
  part.writeUInt32BE(30, 8);
  part.writeUInt16BE(0, 12);
  part.writeUInt16BE(3, 14);
  return part;
}

function pair() {
  const site = new MemorySite();
  const [a, b] = ["a", "b"].map((host) => site.node(host, { ttl: 1 }));
  const [writer, reader] = [a!, b!].map((node) => node.channel("c", { seal: OLD, fragment: true }));
  const heard: Buffer[] = [];
  reader!.subscribe((data) => void heard.push(data));
  return { site, a: a!, b: b!, writer: writer!, reader: reader!, heard };
}

test("a long message that is leaving while its sender turns to another key arrives", async () => {
  const { site, writer, reader, heard } = pair();
  for (const channel of [reader, writer]) channel.seal!.rotate(BOTH);
  writer.publish(LONG);
  writer.publish(Buffer.from("short"));
  await site.network.clock.advance(5);
  expect(heard).toEqual([]); // some of it has left, some has not
  writer.seal!.rotate(TURNED);
  await site.network.clock.advance(1000);
  expect(heard.map(({ length }) => length)).toEqual([LONG.length, 5]);
  expect(heard[0]!.equals(LONG)).toBe(true);
  expect(reader.statistics()).toMatchObject({ incomplete: 0, unopened: 0 });
});

test("nothing of a long message leaves under a key that its sender has removed meanwhile", async () => {
  const { site, writer, reader, heard } = pair();
  for (const channel of [reader, writer]) channel.seal!.rotate(BOTH);
  writer.publish(LONG);
  await site.network.clock.advance(5);
  const before = reader.seal!.statistics().opened;
  for (const channel of [reader, writer]) channel.seal!.rotate({ keys: { 2: KEYS[2] }, current: 2 });
  await site.network.clock.advance(3000);
  writer.publish(Buffer.from("fence"));
  await site.network.clock.advance(10);
  expect(heard.map(String)).toEqual(["fence"]);
  expect(reader.seal!.statistics().opened).toBeGreaterThan(before + 1);
  expect(reader.statistics()).toMatchObject({ incomplete: 2, unopened: 0 }); // the parts under each key
});

test.each([
  ["strangers who begin messages on an open channel do", undefined],
  ["members of another sealed channel do", { keys: { 1: KEYS[3] }, current: 1 }],
])("%s not push out a message of a sealed channel that is coming", async (_, seal) => {
  const { site, b, writer, reader, heard } = pair();
  const other = b.channel("other", { fragment: true, seal });
  other.subscribe(() => {});
  writer.publish(LONG);
  await site.network.clock.advance(5);
  expect(b.statistics().heldBytes).toBeGreaterThan(0);
  for (let i = 0; i < MAX_PARTIALS + 100; i++) {
    const stranger = site.node(`stranger ${i % 3}`, { ttl: 1 }); // a port, and a salt, of its own
    stranger.channel("other", { seal }).publish(begun(i));
    if (i % 64 === 63) await site.network.clock.advance(0);
    await stranger.close();
  }
  await site.network.clock.advance(1000);
  expect(other.statistics().incomplete).toBeGreaterThanOrEqual(100);
  expect(reader.statistics().incomplete).toBe(0);
  expect(heard.map(({ length }) => length)).toEqual([LONG.length]);
  await site.network.clock.advance(2000);
  expect([other.statistics().incomplete, b.statistics().heldBytes]).toEqual([MAX_PARTIALS + 100, 0]);
});
