import { ManualClock } from "@groupcast/backend-memory";
import { expect, test } from "vitest";
import type { ChannelTransport, ReceivedPacket, RelayEnvelope } from "../../../packages/channels/src/contract/channel-transport.js";
import { ChannelPattern } from "../../../packages/channels/src/relay/channel-pattern.js";
import { RelayLane } from "../../../packages/channels/src/relay/relay-lane.js";
import { RelayedPackets } from "../../../packages/channels/src/relay/relayed-packets.js";

const OWN = "aaaaaaaaaaaaaaaa";
const OTHER = "bbbbbbbbbbbbbbbb";
const MAX_BYTES = 10;

/** A network that remembers what senders gave it, and which are open. */
class FakeNetwork {
  readonly sent: { readonly channel: string; readonly text: string; readonly envelope: RelayEnvelope }[] = [];
  readonly open: string[] = [];
  takes = true;
  maxBytes = MAX_BYTES;
  opens = true;

  maxPayloadBytes(): number {
    return this.maxBytes;
  }

  openSender(channel: string): object {
    if (!this.opens) throw new Error("no sender");
    this.open.push(channel);
    return {
      send: (payload: Buffer, envelope: RelayEnvelope): boolean => {
        if (this.takes) this.sent.push({ channel, text: payload.toString(), envelope });
        return this.takes;
      },
      close: () => this.open.splice(this.open.indexOf(channel), 1),
    };
  }
}

function laneTo({ maxChannels = 8, maxPerSecond = Number.POSITIVE_INFINITY } = {}) {
  const network = new FakeNetwork();
  const clock = new ManualClock();
  const reported: unknown[] = [];
  const transport = network as unknown as ChannelTransport;
  const lane = new RelayLane({
    relay: OWN,
    from: { transport, network: "here" },
    to: { transport, network: "there" },
    rules: [{ pattern: new ChannelPattern("test", "robot/*"), from: undefined, maxPerSecond, isReliable: false }],
    maxHops: 2,
    maxChannels,
    packets: new RelayedPackets(OWN),
    clock,
    report: (error) => reported.push(error),
  });
  const source = { id: "a" };
  const receive = (changes: Partial<ReceivedPacket> = {}): void =>
    lane.packetReceived({
      channel: "robot/pose",
      source,
      sequence: 0,
      payload: Buffer.from("x"),
      isRelayed: false,
      ...changes,
    } as ReceivedPacket);
  return { lane, network, clock, reported, receive };
}

function envelope(changes: Partial<RelayEnvelope> = {}): RelayEnvelope {
  return { origin: "far", source: "cccccccccccccccc", sequence: 0, hops: 1, via: OTHER, ...changes };
}

test.each<[reason: string, packet: Partial<ReceivedPacket>]>([
  ["own", { isRelayed: true, envelope: envelope({ via: OWN }) }],
  ["relayed", { isRelayed: true }],
  ["hops", { isRelayed: true, envelope: envelope({ hops: 2 }) }],
  ["returned", { isRelayed: true, envelope: envelope({ origin: "there" }) }],
  ["notAllowed", { channel: "other" }],
  ["tooLong", { payload: Buffer.alloc(MAX_BYTES + 1) }],
])("a packet counts as %s, is not passed on, and counts as nothing else", (reason, packet) => {
  const { lane, network, receive } = laneTo();
  receive(packet);
  expect(network.sent).toEqual([]);
  expect(Object.entries(lane.statistics).filter(([, count]) => count !== 0)).toEqual([[reason, 1]]);
});

test("a copy that says it was published on the other side, which anybody can write, does not keep the packet itself from passing", () => {
  const { lane, network, receive } = laneTo();
  const genuine = { isRelayed: true, envelope: envelope() };
  receive({ ...genuine, envelope: envelope({ origin: "there" }) });
  receive(genuine);
  expect([network.sent.length, lane.statistics.returned, lane.statistics.repeated]).toEqual([1, 1, 0]);
});

test("a packet of the longest payload is passed on with its origin, its source and one hop more", () => {
  const { lane, network, receive } = laneTo();
  receive({ payload: Buffer.alloc(MAX_BYTES, "y"), sequence: 7 });
  receive({ isRelayed: true, envelope: envelope(), sequence: 9 });
  expect(network.sent).toEqual([
    {
      channel: "robot/pose",
      text: "y".repeat(MAX_BYTES),
      envelope: { origin: "here", source: expect.stringMatching(/^[0-9a-f]{16}$/), sequence: 7, hops: 1, via: OWN },
    },
    { channel: "robot/pose", text: "x", envelope: { origin: "far", source: "cccccccccccccccc", sequence: 9, hops: 2, via: OWN } },
  ]);
  expect(lane.statistics).toMatchObject({ forwarded: 2 });
});

test("the longest payload is what the other network carries now, not when the channel was opened", () => {
  const { lane, network, receive } = laneTo();
  receive({ payload: Buffer.alloc(MAX_BYTES), sequence: 0 });
  network.maxBytes = MAX_BYTES - 1;
  receive({ payload: Buffer.alloc(MAX_BYTES), sequence: 1 });
  network.maxBytes = MAX_BYTES + 1;
  receive({ payload: Buffer.alloc(MAX_BYTES + 1), sequence: 2 });
  expect([network.sent.map(({ text }) => text.length), lane.statistics.tooLong]).toEqual([[MAX_BYTES, MAX_BYTES + 1], 1]);
});

test("a packet that comes again counts as repeated; packets of a source that does not count are all new, and are numbered", () => {
  const { lane, network, receive } = laneTo();
  receive({ sequence: 3 });
  receive({ sequence: 3 });
  expect(lane.statistics).toMatchObject({ forwarded: 1, repeated: 1 });
  const silent = { source: { id: "b" }, sequence: undefined };
  for (let count = 0; count < 3; count++) receive(silent);
  expect(network.sent.slice(1).map(({ envelope: { sequence } }) => sequence)).toEqual([0, 1, 2]);
  expect(lane.statistics).toMatchObject({ forwarded: 4, repeated: 1 });
});

test("packets beyond the rate of their rule count as limited, on all of its channels together", async () => {
  const { lane, clock, receive } = laneTo({ maxPerSecond: 2 });
  for (let sequence = 0; sequence < 4; sequence++) receive({ sequence, channel: `robot/${sequence}` });
  expect(lane.statistics).toMatchObject({ forwarded: 2, limited: 2 });
  await clock.advance(500);
  receive({ sequence: 4 });
  expect(lane.statistics).toMatchObject({ forwarded: 3, limited: 2 });
});

test("packets that the other network does not take count as refused, and an error is reported", () => {
  const { lane, network, reported, receive } = laneTo();
  network.takes = false;
  receive();
  expect([lane.statistics.refused, reported]).toEqual([1, []]);
  network.opens = false;
  receive({ sequence: 1, channel: "robot/arm" });
  expect(lane.statistics).toMatchObject({ refused: 2, forwarded: 0 });
  expect(reported).toEqual([expect.objectContaining({ message: "no sender" })]);
});

test("the channel that was silent for longest closes when too many are open, and close() closes the others", () => {
  const { lane, network, receive } = laneTo({ maxChannels: 2 });
  for (const [sequence, channel] of ["robot/a", "robot/b", "robot/a", "robot/c"].entries()) receive({ sequence, channel });
  expect([network.open, lane.evicted]).toEqual([["robot/a", "robot/c"], 1]);
  lane.close();
  expect(network.open).toEqual([]);
});

test("numbers that are missing count as lost, those that come later as late, and repeats as neither, on each channel for itself", () => {
  const { lane, receive } = laneTo();
  for (const sequence of [0, 1, 5, 3, 5]) receive({ sequence, payload: Buffer.from(`${sequence}`) });
  receive({ channel: "robot/arm", sequence: 90 }); // the first that is heard there
  receive({ sequence: 6, payload: Buffer.alloc(MAX_BYTES + 1) }); // what is not passed on has come all the same
  receive({ sequence: 8, channel: "other" });
  expect(lane.series).toEqual({ lost: 3, late: 1 });
  expect(lane.statistics).toMatchObject({ repeated: 1, tooLong: 1, notAllowed: 1 });
});

test("a sender that does not count, and one whose packets go back, lose nothing", () => {
  const { lane, receive } = laneTo();
  for (let i = 0; i < 3; i++) receive({ sequence: undefined, payload: Buffer.from(`${i}`) });
  receive({ sequence: 4, isRelayed: true, envelope: envelope({ origin: "there" }) });
  receive({ sequence: 9, isRelayed: true, envelope: envelope({ origin: "there" }) });
  expect(lane.series).toEqual({ lost: 0, late: 0 });
});
