import fc from "fast-check";
import { expect, test } from "vitest";
import { SentMemory, SentPackets } from "../../../packages/channels/src/reliable/sent-packets.js";

const ROOMY = { packets: 8, bytes: 1e6 };

function kept(bounds = ROOMY, memory = new SentMemory(1e9)) {
  const packets = new SentPackets(bounds, memory);
  const send = (text: string, endsMessage = true, number = packets.next): void =>
    packets.add(number, number, endsMessage, Buffer.from(text));
  return { packets, send, memory };
}

/** The numbers that are kept, of those from `first` on. */
function numbersOf(packets: SentPackets, first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => (first + index) >>> 0).filter((number) => packets.get(number) !== undefined);
}

test("SentPackets keeps as many of the latest packets as its bound says, and always the newest", () => {
  const { packets, send } = kept();
  for (let number = 0; number < 100; number++) {
    send(`${number}`);
    expect(packets.get(number)?.payload.toString()).toBe(`${number}`);
    expect([packets.first, packets.next]).toEqual([Math.max(0, number - 7), number + 1]);
  }
  expect(numbersOf(packets, 0, 120)).toEqual([92, 93, 94, 95, 96, 97, 98, 99]);
});

test("SentPackets gives no packet memory that another one still needs, however often the ring goes round", () => {
  const { packets } = kept({ packets: 1000, bytes: 1e6 });
  const contents = (number: number): Buffer => Buffer.alloc(100 + (number % 300), `${number} `);
  for (let number = 0; number < 5000; number++) {
    packets.add(number, number, true, contents(number));
    if (number % 499 !== 0) continue;
    const wrong = numbersOf(packets, packets.first, 1000).filter((kept) => !packets.get(kept)!.payload.equals(contents(kept)));
    expect(wrong).toEqual([]);
  }
});

test("SentPackets takes no further memory once its ring has gone round", () => {
  const { packets, send } = kept({ packets: 1000, bytes: 1e6 });
  const round = (): Set<ArrayBufferLike> => {
    for (let i = 0; i < 1000; i++) send("x".repeat(200));
    return new Set(Array.from({ length: 1000 }, (_, index) => packets.get(packets.first + index)!.payload.buffer));
  };
  for (let i = 0; i < 3; i++) round();
  const [before, after] = [round(), round()];
  expect([...after].filter((memory) => !before.has(memory)).length).toBeLessThanOrEqual(1); // which the spare one was
  for (let i = 0; i < 20; i++) for (const memory of round()) before.add(memory);
  expect(before.size).toBeLessThanOrEqual(after.size + 2);
});

test("SentPackets keeps copies", () => {
  const { packets } = kept();
  const payload = Buffer.from("before");
  packets.add(0, 0, true, payload);
  payload.fill("!");
  expect(packets.get(0)?.payload.toString()).toBe("before");
});

test("SentPackets is bounded in bytes, each packet with 256 for its cost, and gives back what it counted", () => {
  const { packets, send, memory } = kept({ packets: 100, bytes: 3 * (256 + 10) });
  for (let number = 0; number < 10; number++) send("0123456789");
  expect([packets.first, packets.bytes, memory.bytes]).toEqual([7, 798, 798]);
  send("x".repeat(1000)); // more than fits: it is not kept, nor is anything else
  expect([packets.first, packets.next, packets.bytes]).toEqual([11, 11, 0]);
  send("0123456789");
  expect(numbersOf(packets, 0, 20)).toEqual([11]);
  packets.clear();
  expect([packets.bytes, memory.bytes]).toEqual([0, 0]);
});

test("SentMemory bounds all channels together, and the one that keeps most gives up its oldest", () => {
  const memory = new SentMemory(100 * 266);
  const bounds = { packets: 1000, bytes: 1e6 };
  const [large, small] = [kept(bounds, memory), kept(bounds, memory)];
  for (let number = 0; number < 90; number++) large.send("0123456789");
  for (let number = 0; number < 20; number++) small.send("0123456789");
  expect(memory.bytes).toBeLessThanOrEqual(100 * 266);
  expect(small.packets.first).toBe(0);
  expect(large.packets.first).toBeGreaterThanOrEqual(10);
  expect(large.packets.get(89)).toBeDefined();
});

test("SentPackets leaves out numbers that were never sent, begins anywhere, and wraps after 2 ** 32 - 1", () => {
  const { packets, send } = kept();
  send("a", true, 0xffff_fffd);
  send("b", true, 0xffff_ffff);
  send("c", true, 0);
  expect(numbersOf(packets, 0xffff_fff0, 32)).toEqual([0xffff_fffd, 0xffff_ffff, 0]);
  expect([packets.first, packets.next]).toEqual([0xffff_fffd, 1]);
  send("far", true, 1000);
  expect(numbersOf(packets, 0xffff_fff0, 1100)).toEqual([1000]);
});

test("beginningOf() returns where the latest whole messages begin, within messages, bytes and what is kept", () => {
  const { packets, send } = kept({ packets: 16, bytes: 1e6 });
  const beginning = (messages: number, bytes = 1e6): number => packets.beginningOf({ messages, bytes });
  expect(beginning(5)).toBe(0);
  for (let message = 0; message < 3; message++) {
    for (const part of ["aaaa", "bbbb", "cc"]) send(part, part === "cc"); // numbers 0 to 8
  }
  expect([0, 1, 2, 3, 9].map((messages) => beginning(messages))).toEqual([9, 6, 3, 0, 0]);
  expect([9, 10, 19, 20].map((bytes) => beginning(9, bytes))).toEqual([9, 6, 6, 3]);
  send("aaaa", false); // a message that is not whole yet counts as one
  expect([1, 2].map((messages) => beginning(messages))).toEqual([9, 6]);
  for (let number = 10; number < 18; number++) send("x", number === 17); // numbers 2 and on are kept: the first message is cut
  expect([packets.first, beginning(99)]).toEqual([2, 3]);
});

test("beginningOf() counts on over numbers that were left out, in a ring that is full", () => {
  const { packets, send } = kept({ packets: 8, bytes: 1e6 });
  for (let number = 0; number < 20; number++) send("xx");
  send("xx", true, 22);
  expect(packets.first).toBe(15);
  expect([1, 2, 3, 6, 99].map((messages) => packets.beginningOf({ messages, bytes: 1e6 }))).toEqual([20, 19, 18, 15, 15]);
  expect([2, 4, 12, 99].map((bytes) => packets.beginningOf({ messages: 99, bytes }))).toEqual([20, 19, 15, 15]);
});

test("SentPackets holds exactly the latest, whatever is sent", () => {
  const steps = fc.array(fc.record({ gap: fc.constantFrom(0, 0, 0, 1, 3, 20), bytes: fc.nat(600) }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 9 }), (sent, packets) => {
      const bounds = { packets, bytes: 2000 };
      const { packets: ring, memory } = kept(bounds);
      const model: { number: number; cost: number }[] = [];
      for (const { gap, bytes } of sent) {
        const number = ring.next + (model.length === 0 ? 0 : gap);
        ring.add(number, number, true, Buffer.alloc(bytes));
        model.push({ number, cost: bytes + 256 });
        const next = number + 1;
        while (model.length > 0 && (next - model[0]!.number > packets || model.reduce((sum, { cost }) => sum + cost, 0) > 2000))
          model.shift();
        expect(numbersOf(ring, 0, next + 5)).toEqual(model.map((packet) => packet.number));
        expect([ring.bytes, memory.bytes]).toEqual([0, 0].fill(model.reduce((sum, { cost }) => sum + cost, 0)));
      }
    }),
  );
});
