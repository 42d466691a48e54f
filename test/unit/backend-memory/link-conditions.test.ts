import { type LinkOptions, MemoryNetwork, type MemoryNetworkOptions } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, batchOf, named, ProbeOpener, type SocketProbe } from "./socket-probe.js";

const COUNT = 2000;

/** Sends numbered datagrams from a to b, one per millisecond, over a link with the conditions. */
async function sentOver(link: LinkOptions, { seed = 7, count = COUNT } = {}): Promise<{ receiver: SocketProbe; opener: ProbeOpener }> {
  const opener = new ProbeOpener(new MemoryNetwork({ seed, link }));
  const sender = opener.open("a");
  const receiver = opener.open("b");
  for (let index = 0; index < count; index++) opener.clock.schedule(index, () => void sender.send(`${index}`, at("10.0.0.2")));
  await opener.clock.advance(count + 1000);
  return { receiver, opener };
}

/** Hosts a, 10.0.0.1, and b, 10.0.0.2. */
function twoHosts(options: MemoryNetworkOptions = {}): ProbeOpener {
  const opener = new ProbeOpener(new MemoryNetwork(options));
  for (const name of ["a", "b"]) opener.network.host(name);
  return opener;
}

/** Milliseconds each took. */
function delaysMs({ datagrams }: SocketProbe): number[] {
  return datagrams.map(({ text, atMs }) => atMs - Number(text));
}

function isInOrder(texts: readonly string[]): boolean {
  return texts.every((text, index) => index === 0 || Number(text) >= Number(texts[index - 1]));
}

test("delayMs: every datagram takes that time", async () => {
  const { receiver } = await sentOver({ delayMs: 5 }, { count: 10 });
  expect(delaysMs(receiver)).toEqual(Array(10).fill(5));
});

test("loss: that share gets lost", async () => {
  const { receiver } = await sentOver({ loss: 0.2 });
  expect(receiver.texts.length / COUNT).toBeGreaterThan(0.76);
  expect(receiver.texts.length / COUNT).toBeLessThan(0.84);
});

test("loss 1: nothing arrives, loss 0: everything", async () => {
  expect((await sentOver({ loss: 1 }, { count: 100 })).receiver.texts).toEqual([]);
  expect((await sentOver({ loss: 0 }, { count: 100 })).receiver.texts).toHaveLength(100);
});

test("loss: a datagram of many fragments is lost with any of them", async () => {
  const opener = new ProbeOpener(new MemoryNetwork({ link: { loss: 0.05 } }));
  const sender = opener.open("a");
  const receiver = opener.open("b");
  for (let index = 0; index < 300; index++) {
    sender.send(Buffer.alloc(65_507), at("10.0.0.2")); // 45 fragments: 0.95 ** 45 is 0.1
    await opener.settle();
  }
  expect(receiver.texts.length).toBeGreaterThan(10);
  expect(receiver.texts.length).toBeLessThan(60);
});

test("jitterMs: up to so much later, and still in order", async () => {
  const { receiver } = await sentOver({ delayMs: 5, jitterMs: 20 });
  const delays = delaysMs(receiver);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(5);
  expect(Math.max(...delays)).toBeLessThanOrEqual(25 + 1e-6);
  expect(new Set(delays).size).toBeGreaterThan(100);
  expect(isInOrder(receiver.texts)).toBe(true);
});

test("duplicate: that share arrives twice", async () => {
  const { receiver } = await sentOver({ duplicate: 0.1 });
  expect(receiver.texts.length / COUNT).toBeGreaterThan(1.07);
  expect(receiver.texts.length / COUNT).toBeLessThan(1.13);
  expect(new Set(receiver.texts).size).toBe(COUNT);
});

test("reorder: that share is overtaken, and nothing is lost", async () => {
  const { receiver } = await sentOver({ reorder: 0.1, reorderDelayMs: 3.5 });
  const late = delaysMs(receiver).filter((delayMs) => delayMs > 0);
  expect(late.length / COUNT).toBeGreaterThan(0.07);
  expect(late.length / COUNT).toBeLessThan(0.13);
  expect(new Set(late)).toEqual(new Set([3.5]));
  expect(receiver.texts).toHaveLength(COUNT);
  expect(isInOrder(receiver.texts)).toBe(false);
});

describe("on a cable", () => {
  test("conditions hold in both directions, and add to those of the switch", async () => {
    const opener = new ProbeOpener(new MemoryNetwork({ link: { delayMs: 1 } }));
    const a = opener.open("a");
    const b = opener.open("b");
    opener.network.host("a").setLink("eth0", { delayMs: 10 });
    a.send("there", at("10.0.0.2"));
    b.send("back", at("10.0.0.1"));
    await opener.clock.advance(100);
    expect([...a.datagrams, ...b.datagrams].map(({ atMs }) => atMs)).toEqual([11, 11]);
  });

  test("loss 1 cuts one host off, the others go on; a new setLink() mends it", async () => {
    const opener = new ProbeOpener(new MemoryNetwork());
    const [a, b, c] = ["a", "b", "c"].map((host) => opener.member(host, "239.1.1.1"));
    opener.network.host("b").setLink("eth0", { loss: 1 });
    a!.send("1", at("239.1.1.1"));
    b!.send("2", at("239.1.1.1"));
    await opener.settle();
    expect([a, b, c].map((each) => each!.texts)).toEqual([["1"], ["2"], ["1"]]);
    opener.network.host("b").setLink("eth0", {});
    a!.send("3", at("239.1.1.1"));
    await opener.settle();
    expect(b!.texts).toEqual(["2", "3"]);
  });

  test("members lose independently of each other", async () => {
    const opener = new ProbeOpener(new MemoryNetwork({ link: { loss: 0.5 } }));
    const members = ["b", "c"].map((host) => opener.member(host, "239.1.1.1"));
    const sender = opener.open("a");
    for (let index = 0; index < 200; index++) sender.send(`${index}`, at("239.1.1.1"));
    await opener.settle();
    const [first, second] = members.map(({ texts }) => new Set(texts));
    const both = [...first!].filter((text) => second!.has(text));
    expect(both.length).toBeGreaterThan(20);
    expect(both.length).toBeLessThan(80);
  });

  test("what happens to others changes nothing on this cable", async () => {
    const outcomes = [false, true].map(async (hasNeighbours) => {
      const opener = new ProbeOpener(new MemoryNetwork({ link: { loss: 0.3 } }));
      const sender = opener.open("a");
      const receiver = opener.open("b");
      const third = hasNeighbours ? opener.open("c") : undefined;
      for (let index = 0; index < 100; index++) {
        sender.send(`${index}`, at("10.0.0.2"));
        third?.send("x", at("10.0.0.1"));
      }
      await opener.settle();
      return receiver.texts;
    });
    expect(await outcomes[0]).toEqual(await outcomes[1]);
  });
});

describe("bandwidth", () => {
  const kilobyte = Buffer.alloc(1000 - 28); // 1000 bytes on the wire, headers included

  test("a datagram takes as long as its bits, and waits for those before it", async () => {
    const opener = twoHosts({ link: { bandwidthBitsPerSecond: 8_000_000, delayMs: 1 } });
    const receiver = opener.open("b");
    opener.open("a").socket.send(batchOf([kilobyte, kilobyte, kilobyte], at("10.0.0.2")), 0, 3);
    await opener.clock.advance(100);
    expect(receiver.datagrams.map(({ atMs }) => atMs)).toEqual([2, 3, 4]);
  });

  test("queueBytes: what finds no room is lost", async () => {
    const opener = twoHosts({ trace: true, link: { bandwidthBitsPerSecond: 8_000_000, queueBytes: 3000 } });
    const receiver = opener.open("b");
    opener.open("a").socket.send(batchOf(Array(10).fill(kilobyte), at("10.0.0.2")), 0, 10);
    await opener.clock.advance(100);
    expect(receiver.texts).toHaveLength(3);
    expect(opener.network.trace.records.filter(({ detail }) => detail === "queue full")).toHaveLength(7);
  });

  test("of the own cable: EAGAIN when the send buffer is full, writable() when half of it is free", async () => {
    const opener = twoHosts();
    const receiver = opener.open("b");
    const sender = opener.open("a", { options: { sendBufferBytes: 10_000 } });
    opener.network.host("a").setLink("eth0", { bandwidthBitsPerSecond: 8_000_000 });
    // 20,000 bytes at 2304 each (see bufferCost): the ninth fills it.
    expect(sender.socket.send(batchOf(Array(20).fill(kilobyte), at("10.0.0.2")), 0, 20)).toBe(9);
    expect(named(sender.send(kilobyte, at("10.0.0.2")))).toBe("EAGAIN");
    expect(named(sender.send(kilobyte, at("10.0.0.2")))).toBe("EAGAIN");
    await opener.clock.advance(4.9);
    expect(sender.writables).toBe(0);
    await opener.clock.advance(0.1);
    expect(sender.writables).toBe(1);
    expect(sender.socket.send(batchOf(Array(20).fill(kilobyte), at("10.0.0.2")), 0, 20)).toBe(5);
    await opener.clock.advance(100);
    expect(receiver.texts).toHaveLength(14);
    expect(sender.writables).toBe(1);
  });

  test("of the own cable: a full queue is ENOBUFS with receiveErrors, and silence without", async () => {
    const opener = twoHosts();
    const plain = opener.open("a");
    const curious = opener.open("a", { port: 5001, options: { receiveErrors: 1 } });
    opener.network.host("a").setLink("eth0", { bandwidthBitsPerSecond: 8_000_000, queueBytes: 1000 });
    expect(plain.send(kilobyte, at("10.0.0.2"))).toBe(1);
    expect(plain.send(kilobyte, at("10.0.0.2"))).toBe(1);
    expect(named(curious.send(kilobyte, at("10.0.0.2")))).toBe("ENOBUFS");
    await opener.clock.advance(100);
  });

  test("close() takes the promised writable() back", async () => {
    const opener = twoHosts();
    const sender = opener.open("a", { options: { sendBufferBytes: 2400 } });
    opener.network.host("a").setLink("eth0", { bandwidthBitsPerSecond: 8_000_000 });
    while (sender.send(kilobyte, at("10.0.0.2")) > 0);
    sender.socket.close();
    await opener.clock.advance(100);
    expect(sender.writables).toBe(0);
  });
});

test.each([
  [{ loss: 1.5 }, "ERR_ARGUMENT_RANGE"],
  [{ loss: Number.NaN }, "ERR_ARGUMENT_RANGE"],
  [{ delayMs: -1 }, "ERR_ARGUMENT_RANGE"],
  [{ bandwidthBitsPerSecond: 0 }, "ERR_ARGUMENT_RANGE"],
  [{ delay: 5 } as LinkOptions, "ERR_OPTION_UNKNOWN"],
])("link options %o are refused with %s", (link, code) => {
  const refusal = expect.objectContaining({ code });
  expect(() => new MemoryNetwork({ link })).toThrow(refusal);
  const network = new MemoryNetwork();
  expect(() => network.switch("other", link)).toThrow(refusal);
  expect(() => network.host("a").setLink("eth0", link)).toThrow(refusal);
  expect(() => network.host("a").addInterface("eth1", { link })).toThrow(refusal);
});
