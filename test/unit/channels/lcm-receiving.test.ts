import { LcmTransport, type LcmTransportOptions } from "@groupcast/channels";
import { describe, expect, test, vi } from "vitest";
import { lcmDatagram, lcmDatagramCount, nextLcmSequence } from "../../../packages/channels/src/lcm/lcm-datagram.js";
import { MemorySite } from "../../support/channels/memory-site.js";

const GROUP = "239.255.76.67";
const PORT = 7667;
const MEBIBYTE = 1024 * 1024;

interface Fragment {
  readonly sequence?: number;
  readonly totalBytes?: number;
  readonly offset?: number;
  readonly index?: number;
  readonly count?: number;
}

/** A fragment on the wire: `rest` is the name with its 0, in fragment 0, and its part of the payload. */
function fragment({ sequence = 0, totalBytes = 4, offset = 0, index = 0, count = 2 }: Fragment, rest: string): Buffer {
  const header = Buffer.alloc(20);
  header.write("LC03", "latin1");
  for (const [at, value] of [sequence, totalBytes, offset].entries()) header.writeUInt32BE(value, 4 + 4 * at);
  header.writeUInt16BE(index, 16);
  header.writeUInt16BE(count, 18);
  return Buffer.concat([header, Buffer.from(rest, "latin1")]);
}

/** A short message on the wire. */
function short(sequence: number, channel: string, text: string): Buffer {
  const header = Buffer.from("LC02\0\0\0\0", "latin1");
  header.writeUInt32BE(sequence, 4);
  return Buffer.concat([header, Buffer.from(`${channel}\0${text}`, "latin1")]);
}

/** A node that receives "c", and somebody who sends it datagrams. */
function scene(options: LcmTransportOptions = {}) {
  const site = new MemorySite();
  const reactor = site.reactor("a");
  const transport = new LcmTransport(reactor, options);
  const node = site.node("a", { transport });
  const got: string[] = [];
  node.channel("c").subscribe((data) => void got.push(data.toString("latin1")));
  const port = reactor.listenMulticast(0, { datagramReceived() {} }, { ttl: 0 });
  /** Sends in one burst, and waits. */
  const deliver = async (...datagrams: readonly Buffer[]): Promise<void> => {
    for (const datagram of datagrams) port.write(datagram, { address: GROUP, port: PORT });
    await site.settle();
  };
  return { site, transport, node, got, deliver };
}

describe("fragments", () => {
  test("LcmTransport puts fragments together in any order", async () => {
    const { got, deliver } = scene();
    await deliver(
      fragment({ index: 2, offset: 3, count: 3 }, "d"),
      fragment({ index: 1, offset: 2, count: 3 }, "c"),
      fragment({ count: 3 }, "c\0ab"),
    );
    expect(got).toEqual(["abcd"]);
  });

  test("LcmTransport takes empty parts, wherever they come", async () => {
    const { got, transport, deliver } = scene();
    await deliver(
      fragment({ index: 1, offset: 0, count: 4 }, "ab"),
      fragment({ index: 3, offset: 4, count: 4 }, ""),
      fragment({ index: 2, offset: 2, count: 4 }, "cd"),
      fragment({ count: 4 }, "c\0"),
    );
    expect(got).toEqual(["abcd"]);
    expect(transport.statistics().malformed).toBe(0);
  });

  test("LcmTransport takes a message of one fragment, and an empty one", async () => {
    const { got, deliver } = scene();
    await deliver(fragment({ count: 1 }, "c\0abcd"), fragment({ sequence: 1, count: 1, totalBytes: 0 }, "c\0"));
    expect(got).toEqual(["abcd", ""]);
  });

  test("LcmTransport keeps the first of two fragments with the same place, whatever the second one has", async () => {
    const { got, transport, deliver } = scene();
    await deliver(fragment({}, "c\0ab"), fragment({}, "c\0xyz"), fragment({}, "c\0"), fragment({}, "c\0XY"));
    await deliver(fragment({ index: 1, offset: 2 }, "cd"));
    expect(got).toEqual(["abcd"]);
    expect(transport.statistics()).toMatchObject({ malformed: 0, heldBytes: 0, incomplete: 0 });
  });

  test("LcmTransport keeps the fragments of two senders and of two numbers apart", async () => {
    const { site, got, deliver } = scene();
    const other = site.reactor("a").listenMulticast(0, { datagramReceived() {} }, { ttl: 0 });
    await deliver(fragment({}, "c\0ab"), fragment({ sequence: 1 }, "c\0AB"));
    other.write(fragment({ index: 1, offset: 2 }, "xy"), { address: GROUP, port: PORT });
    await site.settle();
    expect(got).toEqual([]);
    await deliver(fragment({ sequence: 1, index: 1, offset: 2 }, "CD"), fragment({ index: 1, offset: 2 }, "cd"));
    expect(got).toEqual(["ABCD", "abcd"]);
  });

  test("LcmTransport holds nothing of a message for which nobody subscribed, once its name is known", async () => {
    const { got, transport, deliver } = scene();
    await deliver(fragment({ index: 1, offset: 2 }, "cd"));
    expect(transport.statistics().heldBytes).toBeGreaterThan(0);
    await deliver(fragment({}, "other\0ab"));
    await deliver(fragment({ index: 1, offset: 2 }, "cd"), short(1, "c", "fence"));
    expect(got).toEqual(["fence"]);
    expect(transport.statistics()).toMatchObject({ foreign: 1, heldBytes: 0, incomplete: 0, malformed: 0 });
  });

  test("LcmTransport gives a message up two seconds after its first fragment, and not before", async () => {
    const { site, got, transport, deliver } = scene();
    await deliver(fragment({}, "c\0ab"));
    await site.network.clock.advance(1900);
    await deliver(fragment({ index: 1, offset: 2 }, "cd"));
    expect(got).toEqual(["abcd"]);
    await deliver(fragment({ sequence: 1 }, "c\0ab"));
    await site.network.clock.advance(2100);
    await deliver(fragment({ sequence: 1, index: 1, offset: 2 }, "cd"), short(2, "c", "fence"));
    expect(got).toEqual(["abcd", "fence"]);
    expect(transport.statistics().incomplete).toBe(1);
  });
});

describe("numbers", () => {
  test("statistics().lost counts the number of a fragmented message once, with its first fragment", async () => {
    const { transport, got, deliver } = scene();
    await deliver(fragment({ count: 1 }, "c\0abcd"), fragment({ sequence: 3, count: 1 }, "other\0abcd"), short(4, "c", "x"));
    expect(got).toEqual(["abcd", "x"]);
    expect(transport.statistics().lost).toBe(2);
    await deliver(fragment({ sequence: 50, index: 1, offset: 2 }, "cd"), short(5, "c", "fence"));
    expect(transport.statistics().lost).toBe(2); // a fragment without the name may be anybody's
  });

  test("statistics().lost counts nothing where the numbers of a sender wrap", async () => {
    const { transport, got, deliver } = scene();
    await deliver(short(0xffff_fffe, "c", "1"), short(0xffff_ffff, "c", "2"), short(0, "c", "3"), short(2, "c", "4"));
    expect(got).toEqual(["1", "2", "3", "4"]);
    expect(transport.statistics().lost).toBe(1);
  });

  test("nextLcmSequence() goes from the last of 32 bits to 0, and each can be written", () => {
    expect([0, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff].map(nextLcmSequence)).toEqual([1, 0x8000_0000, 0xffff_ffff, 0]);
    const message = { channel: "c", payload: Buffer.alloc(10_000) };
    const numbers = [0, 1].map((index) => lcmDatagram(message, 0xffff_ffff, index, lcmDatagramCount(message)).readUInt32BE(4));
    expect(numbers).toEqual([0xffff_ffff, 0xffff_ffff]);
  });
});

describe("closing", () => {
  test("LcmTransport.close() in a receiver ends the batch: what comes behind in it is neither counted nor held", async () => {
    const { transport, got, node, deliver } = scene();
    node.channel("c").subscribe(() => void transport.close());
    await deliver(short(0, "c", "last"), short(1, "other", "x"), fragment({ sequence: 2, index: 1, offset: 2 }, "cd"));
    expect(got).toEqual(["last"]);
    expect(transport.statistics()).toMatchObject({ received: 1, foreign: 0, heldBytes: 0, incomplete: 0 });
  });

  test("LcmTransport.close() waits a second from its call, also when the network took nothing before", async () => {
    const { site, transport } = scene();
    const open = new Set(site.reactor("a").ports);
    transport.openSender("c").send(Buffer.alloc(MEBIBYTE));
    const [port] = site.reactor("a").ports.filter((each) => !open.has(each));
    const writing = vi.spyOn(port!, "write").mockReturnValue(false);
    await site.network.clock.advance(5000);
    const closed = transport.close();
    await site.network.clock.advance(500);
    writing.mockRestore();
    await site.network.clock.advance(500);
    await closed;
    expect(transport.statistics()).toMatchObject({ sent: 1, dropped: 0, waitingBytes: 0 });
  });
});

test("publish() sends 32 KiB of a long message at once, and the rest later", async () => {
  const { site, transport, got } = scene();
  const open = new Set(site.reactor("a").ports);
  const sender = transport.openSender("c");
  const [port] = site.reactor("a").ports.filter((each) => !open.has(each));
  const writing = vi.spyOn(port!, "write");
  sender.send(Buffer.alloc(100_000));
  expect(writing.mock.calls.map(([datagram]) => datagram.length)).toEqual([8192, 8192, 8192, 8192]);
  await site.network.clock.advance(100);
  expect(got.map(({ length }) => length)).toEqual([100_000]);
});

test("publish() returns false when the network refuses a message, counts it as dropped, and gives its number to the next", async () => {
  const { site, transport, node, got } = scene();
  const heard: number[] = [];
  const protocol = { datagramReceived: (data: Buffer) => void heard.push(data.readUInt32BE(4)) };
  site.reactor("a").listenMulticast(PORT, protocol, { listenMultiple: true }).joinGroup(GROUP, "all");
  const open = new Set(site.reactor("a").ports);
  node.channel("c").publish(Buffer.from("1"));
  const [port] = site.reactor("a").ports.filter((each) => !open.has(each));
  vi.spyOn(port!, "write").mockReturnValueOnce(false);
  expect(node.channel("c").publish(Buffer.from("2"))).toBe(false);
  expect(node.channel("c").publish(Buffer.from("3"))).toBe(true);
  await site.settle();
  expect(got).toEqual(["1", "3"]);
  expect(heard).toEqual([0, 1]);
  expect(transport.statistics()).toMatchObject({ sent: 2, dropped: 1, lost: 0 });
});
