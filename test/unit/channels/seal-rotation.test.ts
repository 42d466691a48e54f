import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";
import { KEYS, keyFrom, SealedEnd, TestTime } from "../../support/channels/sealed-pair.js";

const OLD = { keys: { 1: KEYS[1] }, current: 1 };
const BOTH = { keys: { 1: KEYS[1], 2: KEYS[2] }, current: 1 };
const TURNED = { ...BOTH, current: 2 };
const NEW = { keys: { 2: KEYS[2] }, current: 2 };

describe("rotate()", () => {
  test("seals with the new key at once, with the same salt and a counter that goes on", () => {
    const end = new SealedEnd(OLD);
    const { sender } = end.seal;
    const before = end.packet();
    end.seal.rotate(TURNED);
    const after = end.packet();
    expect([before, after].map((packet) => [packet[2], packet.readUIntBE(19, 6)])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    expect([end.seal.sender, end.seal.current, end.seal.keyIds]).toEqual([sender, 2, [1, 2]]);
    expect(after.toString("hex", 3, 19)).toBe(sender);
  });

  test("loses no message in three steps, whichever node is first", () => {
    const nodes = [new SealedEnd(OLD), new SealedEnd(OLD), new SealedEnd(OLD)];
    const everyoneHearsEveryone = () => {
      const packets = nodes.map((sender) => sender.packet());
      expect(nodes.map((receiver) => receiver.texts(...packets).length)).toEqual([3, 3, 3]);
    };
    for (const step of [BOTH, TURNED, NEW]) {
      for (const node of nodes) {
        node.seal.rotate(step);
        everyoneHearsEveryone();
      }
    }
    expect(nodes.map(({ counters }) => counters.unopened)).toEqual([0, 0, 0]);
    expect(nodes.map(({ seal }) => seal.keyIds)).toEqual([[2], [2], [2]]);
  });

  test("refuses a removed key from then on, and opens it again when it comes back, but nothing twice", () => {
    const [sender, reader] = [new SealedEnd(BOTH), new SealedEnd(BOTH)];
    const [first, second] = sender.packets("1", "2");
    expect(reader.texts(first!)).toEqual(["1"]);
    reader.seal.rotate(NEW);
    expect(reader.seal.senders).toBe(0);
    expect(reader.texts(first!, second!)).toEqual([]);
    expect(reader.seal.statistics().unknownKey).toBe(2);
    reader.seal.rotate(BOTH);
    expect(reader.texts(first!)).toEqual([]);
    expect(reader.seal.statistics()).toMatchObject({ stale: 1, opened: 1 });
  });

  test("opens the packets of a sender under an id that stood for another key before", () => {
    const time = new TestTime();
    const [sender, reader] = [{}, {}].map(() => new SealedEnd({ ...OLD, now: time.now })) as [SealedEnd, SealedEnd];
    expect(reader.texts(sender.packet())).toHaveLength(1);
    time.ms += 1;
    for (const rotation of [NEW, { keys: { 1: KEYS[3] }, current: 1 }]) for (const end of [sender, reader]) end.seal.rotate(rotation);
    expect(reader.texts(sender.packet("again"))).toEqual(["again"]);
  });

  test("refuses no packet of the new key because of what came under the old one, whoever's clock is behind", () => {
    const time = new TestTime();
    const [quick, slow, reader] = [{}, {}, {}].map(() => new SealedEnd({ ...BOTH, now: time.now })) as [SealedEnd, SealedEnd, SealedEnd];
    slow.seal.rotate(TURNED);
    const behind = slow.packet("behind");
    time.ms += 5000;
    expect(reader.texts(quick.packet())).toHaveLength(1);
    reader.seal.rotate(NEW);
    expect(reader.texts(behind)).toEqual(["behind"]);
  });

  test("holders of an old key close no door for the new one: its counters are its own", () => {
    const [sender, reader, expelled] = [new SealedEnd(BOTH), new SealedEnd(BOTH), new SealedEnd(OLD)];
    expelled.packets(...Array.from({ length: 2000 }, String));
    const forward = expelled.packet("far ahead"); // under the old key, with a counter that the sender has not reached
    expect(reader.texts(forward)).toEqual(["far ahead"]);
    sender.seal.rotate(TURNED);
    expect(reader.texts(...sender.packets("1", "2"))).toEqual(["1", "2"]);
  });

  test("refuses a changed key id", () => {
    const [sender, reader] = [new SealedEnd(BOTH), new SealedEnd({ keys: { 1: KEYS[1], 2: KEYS[1] }, current: 1 })];
    const packet = sender.packet();
    packet[2] = 2; // the same key stands under both ids, and still
    expect(reader.texts(packet)).toEqual([]);
    expect(reader.seal.statistics().forged).toBe(1);
  });

  test("refuses another key under an id that is in use, and wrong ones, and then changes nothing", () => {
    const end = new SealedEnd(BOTH);
    const wrong: [object, string][] = [
      [{ keys: { 1: keyFrom("other"), 2: KEYS[2] }, current: 2 }, "ERR_ARGUMENT_RANGE"],
      [{ keys: { 2: KEYS[2] }, current: 1 }, "ERR_ARGUMENT_RANGE"],
      [{ keys: { 2: Buffer.alloc(32) }, current: 2 }, "ERR_ARGUMENT_RANGE"],
      [{ ...NEW, maxAgeMs: 5 }, "ERR_OPTION_UNKNOWN"],
      [{ ...NEW, verify: { a: KEYS[1] } }, "ERR_ARGUMENT_TYPE"],
    ];
    for (const [rotation, code] of wrong) {
      expect(() => end.seal.rotate(rotation as never)).toThrow(expect.objectContaining({ code, operation: "rotate" }));
      expect([end.seal.current, end.seal.keyIds]).toEqual([1, [1, 2]]);
    }
    end.seal.rotate(NEW);
    end.seal.rotate({ keys: { 1: keyFrom("another turn"), 2: KEYS[2] }, current: 1 }); // the id is free again
    expect(end.seal.current).toBe(1);
  });
});

describe("channel.seal", () => {
  test("rotates a channel of a node while messages come and go, and the sender stays the same", async () => {
    const site = new MemorySite();
    const [a, b] = ["a", "b"].map((host) => site.node(host, { ttl: 1 }).channel("c", { codec: "text", seal: OLD }));
    const heard: [string, string | undefined][] = [];
    b!.subscribe((text, { sender, sentAt, signer }) => {
      heard.push([text, sender]);
      expect([typeof sentAt, signer]).toEqual(["number", undefined]);
    });
    for (const [index, step] of [OLD, BOTH, TURNED, NEW].entries()) {
      for (const channel of [b!, a!]) channel.seal!.rotate(step);
      a!.publish(String(index));
      await site.settle();
    }
    expect(heard).toEqual(["0", "1", "2", "3"].map((text) => [text, a!.seal!.sender]));
    expect(b!.seal!.statistics()).toMatchObject({ opened: 4, unknownKey: 0 });
  });

  test.each([
    ["", {}, 55],
    [", signed", { sign: generateKeyPairSync("ed25519").privateKey }, 127],
  ])("takes its part of a packet: a message that just fits arrives, and one byte more is refused%s", async (_, options, overheadBytes) => {
    const site = new MemorySite();
    const node = site.node("a");
    const channel = node.channel("c", { seal: { ...OLD, ...options } });
    const maxBytes = node.transport.maxPayloadBytes("c") - overheadBytes;
    const lengths: number[] = [];
    channel.subscribe(({ length }) => void lengths.push(length));
    expect(() => channel.publish(Buffer.alloc(maxBytes + 1))).toThrow(expect.objectContaining({ maxBytes }));
    channel.publish(Buffer.alloc(maxBytes));
    await site.settle();
    expect(lengths).toEqual([maxBytes]);
  });

  test("is undefined on a channel that is not sealed, and so are the facts that a seal authenticates", async () => {
    const site = new MemorySite();
    const channel = site.node("a").channel("c");
    const facts: unknown[] = [];
    channel.subscribe((_, { sender, signer, sentAt }) => void facts.push(sender, signer, sentAt));
    channel.publish(Buffer.from("x"));
    await site.settle();
    expect([channel.seal, ...facts]).toEqual([undefined, undefined, undefined, undefined]);
  });
});
