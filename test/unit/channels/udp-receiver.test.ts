import type { DatagramBatch, SocketAddress } from "@groupcast/backend";
import type { ReceivedPacket } from "@groupcast/channels";
import { expect, test } from "vitest";
import { zeroTransportStatistics } from "../../../packages/channels/src/contract/channel-transport.js";
import { writePuliHeader } from "../../../packages/channels/src/udp/puli-datagram.js";
import { Receptions } from "../../../packages/channels/src/udp/receptions.js";
import { UdpReceiver } from "../../../packages/channels/src/udp/udp-receiver.js";
import { FakeBatch } from "../../support/fake-batch.js";

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
  const from = (index: number): SocketAddress => batch.from(index);
  const view = (index: number): Buffer => batch.view(index);
  return { batch: { length: batch.length, view, copy, from } as DatagramBatch, copies };
}

/** A receiver of the channel "here", and what it was given. */
function received(datagrams: readonly Buffer[]) {
  const receptions = new Receptions();
  const packets: ReceivedPacket[] = [];
  receptions.add("here", { packetReceived: (packet) => void packets.push(packet) });
  const statistics = zeroTransportStatistics();
  const receiver = new UdpReceiver(PORT, receptions, statistics, (error) => {
    throw error;
  });
  const whole = new FakeBatch(
    datagrams.map((bytes) => ({ bytes })),
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
