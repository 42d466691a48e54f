import { ManualClock } from "@groupcast/backend-memory";
import { expect, test } from "vitest";
import { zeroChannelCounters } from "../../../packages/channels/src/channel/channel-message.js";
import { OutgoingMessages } from "../../../packages/channels/src/channel/outgoing-messages.js";
import { WaitingRoom } from "../../../packages/channels/src/channel/waiting-room.js";
import { Fragmenter } from "../../../packages/channels/src/fragments/fragmenter.js";
import { SealedEnd } from "../../support/channels/sealed-pair.js";

const PACKET_BYTES = 8192;
const EMPTY = Buffer.alloc(0);

/** Messages to a network that takes a packet when the test lets it. */
function outgoing({ isSealed = false, isFragmented = true, room = new WaitingRoom(1e6) } = {}) {
  const clock = new ManualClock();
  const statistics = zeroChannelCounters();
  const network = { takes: true, maxBytes: PACKET_BYTES, sent: [] as Buffer[], offered: [] as Buffer[] };
  const send = (packet: Uint8Array): boolean => {
    network.offered.push(Buffer.from(packet));
    if (network.takes) network.sent.push(Buffer.from(packet));
    return network.takes;
  };
  const messages = new OutgoingMessages(
    { send, close: () => {} },
    {
      channel: "c",
      clock,
      statistics,
      maxPartBytes: () => network.maxBytes,
      seal: isSealed ? new SealedEnd().seal : undefined,
      fragmenter: isFragmented ? new Fragmenter() : undefined,
      waitingRoom: room,
      lingerMs: 0,
      report: () => {},
    },
  );
  return { messages, clock, statistics, network, room };
}

test("a sealed fragment that the network refuses for now is offered again as it is, and takes one number", async () => {
  const { messages, clock, network } = outgoing({ isSealed: true });
  network.takes = false;
  messages.publish(Buffer.alloc(3 * PACKET_BYTES));
  await clock.advance(20);
  expect(new Set(network.offered.map((packet) => packet.toString("hex"))).size).toBe(1);
  expect(network.offered.length).toBeGreaterThan(10);
  network.takes = true;
  await clock.advance(20);
  const reader = new SealedEnd();
  expect(network.sent.map((packet) => reader.open(packet)!.sequence)).toEqual([0, 1, 2, 3]);
});

test("each message is as long as the network takes at that time, split or not", () => {
  const { messages, network } = outgoing({ isFragmented: false });
  messages.publish(Buffer.alloc(100));
  network.maxBytes = 99;
  expect(() => messages.publish(Buffer.alloc(100))).toThrow(expect.objectContaining({ maxBytes: 99 }));
  const split = outgoing();
  split.messages.publish(Buffer.alloc(100));
  split.network.maxBytes = 66;
  split.messages.publish(Buffer.alloc(100));
  expect(split.network.sent.map(({ length }) => length)).toEqual([100, 66, 66]);
  split.network.maxBytes = 17;
  expect(() => split.messages.publish(Buffer.alloc(65_536))).toThrow(expect.objectContaining({ maxBytes: 65_535 }));
});

test("what waits counts for its length and 256 bytes, over all channels, and makes room again when it leaves or is given up", async () => {
  const room = new WaitingRoom(3 * 256 + 3 * PACKET_BYTES + 256);
  const [one, other] = [outgoing({ room }), outgoing({ room })];
  for (const { network } of [one, other]) network.takes = false;
  expect(one.messages.publish(Buffer.alloc(3 * (PACKET_BYTES - 16)))).toBe(true);
  expect(room.bytes).toBe(3 * 256 + 3 * PACKET_BYTES);
  expect([one.messages.publish(EMPTY), one.messages.publish(EMPTY)]).toEqual([true, false]);
  expect(one.statistics).toMatchObject({ published: 2, dropped: 1 });
  expect(other.messages.publish(Buffer.alloc(PACKET_BYTES + 1))).toBe(false);
  one.network.takes = true;
  await one.clock.advance(20);
  expect([room.bytes, one.network.sent.length]).toEqual([0, 4]);
  expect(other.messages.publish(Buffer.alloc(PACKET_BYTES + 1))).toBe(true);
  other.messages.close();
  expect([room.bytes, other.statistics.dropped]).toEqual([0, 2]);
});

test("empty messages that wait leave in bursts, as long ones do", async () => {
  const { messages, clock, network } = outgoing();
  network.takes = false;
  messages.publish(Buffer.alloc(PACKET_BYTES + 1));
  for (let i = 0; i < 1000; i++) messages.publish(EMPTY);
  network.takes = true;
  await clock.advance(1);
  expect(network.sent.length).toBeLessThanOrEqual(128);
  await clock.advance(20);
  expect(network.sent).toHaveLength(1002);
});
