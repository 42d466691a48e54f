import { type DatagramBatch, type SocketAddress, socketAddress } from "@groupcast/backend";
import type { ReceivedPacket } from "@groupcast/channels";
import { expect, test } from "vitest";
import { zeroTransportStatistics } from "../../../packages/channels/src/contract/channel-transport.js";
import { writePuliHeader } from "../../../packages/channels/src/udp/puli-datagram.js";
import { Receptions } from "../../../packages/channels/src/udp/receptions.js";
import { UdpReceiver } from "../../../packages/channels/src/udp/udp-receiver.js";
import { changed } from "../../compliance/support/disguise.js";
import { FakeBatch, type FakeDatagram } from "../../support/fake-batch.js";

const PORT = 8765;

function puli(channel: string, sequence: number, payload: string): Buffer {
  const datagram = Buffer.alloc(9 + channel.length + payload.length);
  datagram.write(payload, writePuliHeader(datagram, channel, sequence));
  return datagram;
}

/** A batch that lists what is asked of it. */
function watched(batch: FakeBatch): { batch: DatagramBatch; copies: [index: number, startBytes: number | undefined][] } {
  const copies: [index: number, startBytes: number | undefined][] = [];
  const copy = (index: number, startBytes?: number): Buffer => {
    copies.push([index, startBytes]);
    return batch.copy(index, startBytes);
  };
  return { batch: changed<DatagramBatch>(batch, { copy }), copies };
}

/** A receiver of the channel "here", and what it was given. */
function received(datagrams: readonly (Buffer | FakeDatagram)[], onPacket: (receptions: Receptions) => void = () => {}) {
  const receptions = new Receptions();
  const packets: ReceivedPacket[] = [];
  receptions.add("here", {
    packetReceived(packet) {
      packets.push(packet);
      onPacket(receptions);
    },
  });
  const statistics = zeroTransportStatistics();
  const receiver = new UdpReceiver(PORT, receptions, statistics, (error) => {
    throw error;
  });
  const whole = new FakeBatch(
    datagrams.map((datagram) => ("bytes" in datagram ? datagram : { bytes: datagram })),
    65_507,
  );
  const { batch, copies } = watched(whole);
  receiver.datagramsReceived(batch);
  whole.end(); // a payload that still lay in the batch would show it
  return { packets, copies, statistics };
}

test("UdpReceiver copies the payload of each packet once, without the header", () => {
  const { packets, copies } = received([puli("here", 1, "one"), puli("here", 2, ""), puli("here", 3, "three")]);
  expect(copies).toEqual([0, 1, 2].map((index) => [index, 13]));
  expect(packets.map(({ payload }) => payload.toString())).toEqual(["one", "", "three"]);
  expect(packets.map(({ payload }) => payload.length)).toEqual([3, 0, 5]);
});

test("UdpReceiver copies nothing of datagrams that nobody receives", () => {
  const { packets, copies, statistics } = received([Buffer.from("not a channel's"), puli("elsewhere", 1, "x"), puli("here", 1, "fence")]);
  expect(copies).toEqual([[2, 13]]);
  expect(packets.map(({ payload }) => payload.toString())).toEqual(["fence"]);
  expect(statistics).toMatchObject({ received: 1, foreign: 1, malformed: 1 });
});

test("UdpReceiver reads sequence numbers of 32 bits", () => {
  const sequences = [0, 1, 0xff, 0x100, 0x1_0000, 0x102_0304, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
  const { packets } = received(sequences.map((sequence) => puli("here", sequence, "x")));
  expect(packets.map(({ sequence }) => sequence)).toEqual(sequences);
});

test("UdpReceiver takes a datagram for malformed that ends within its sequence number, in the middle of a run", () => {
  const cut = puli("here", 2, "").subarray(0, -1);
  const { packets, statistics } = received([puli("here", 1, "one"), cut, puli("here", 3, "three")]);
  expect(packets.map(({ sequence }) => sequence)).toEqual([1, 3]);
  expect(statistics).toMatchObject({ received: 2, foreign: 0, malformed: 1 });
});

test("UdpReceiver gives each packet its own channel and source, in whatever order they come", () => {
  const from: readonly SocketAddress[] = [socketAddress("192.0.2.1", 1), socketAddress("192.0.2.1", PORT + 1)];
  const order = [0, 0, 1, 1, 0, 1];
  const { packets, statistics } = received(
    order.flatMap((sender, sequence) => [
      { bytes: puli("here", sequence, "x"), from: from[sender]! },
      { bytes: puli("hero", sequence, "x"), from: from[sender]! },
    ]),
  );
  expect(packets.map(({ source, isRelayed, sequence }) => [source.port, isRelayed, sequence])).toEqual(
    order.map((sender, sequence) => [from[sender]!.port, sender === 1, sequence]),
  );
  expect(statistics).toMatchObject({ received: order.length, foreign: order.length, malformed: 0 });
});

test("UdpReceiver gives nothing more of a run to a receiver that is removed while it runs, and the rest to one that is added", () => {
  const late: number[] = [];
  let count = 0;
  const run = [1, 2, 3, 4].map((sequence) => puli("here", sequence, "x"));
  const { packets, statistics } = received(run, (receptions) => {
    if (++count === 2) receptions.add("here", { packetReceived: ({ sequence }) => void late.push(sequence!) });
  });
  expect(packets.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  expect(late).toEqual([3, 4]);
  expect(statistics.received).toBe(4);

  const gone = received(run, (receptions) => receptions.clear());
  expect(gone.packets.map(({ sequence }) => sequence)).toEqual([1]);
  expect(gone.statistics).toMatchObject({ received: 1, foreign: 3 });
});
