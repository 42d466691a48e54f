/** Facts that a datagram brings besides its bytes. */

import assert from "node:assert/strict";
import type { Capability } from "@groupcast/backend";
import { type Contract, contracts } from "../contract.js";
import type { Arrived } from "../endpoint/endpoint.js";
import { answered } from "../endpoint/refusal.js";
import type { Trial } from "../trial/trial.js";

const PACKET_INFO: readonly Capability[] = ["packetInfo", "set receivePacketInfo"];

export const ARRIVALS: readonly Contract[] = contracts([
  {
    id: "RX-30",
    title: "an arrival has no field that was not asked for; destination() and interfaceIndex() do not know either",
    access: "bare",
    why: "backend.ts: each field absent where it was not asked for",
    async run(trial) {
      const receiver = trial.listen();
      const told: unknown[] = [];
      receiver.onBatch = (batch) => told.push(batch.destination(0), batch.interfaceIndex(0));
      trial.listen().write("x", receiver.local);
      const { arrival } = await trial.first(receiver);
      assert.deepEqual({ ...arrival }, { truncated: false });
      assert.deepEqual(told, ["", 0]);
    },
  },
  {
    id: "RX-31",
    title: "receivePacketInfo reports the address and the interface that a unicast datagram came to",
    access: "both",
    needs: PACKET_INFO,
    why: "ip(7): IP_PKTINFO; RFC 3542, 6.2",
    async run(trial) {
      const arrived = await oneToEverywhere(trial);
      const loopback = answered(trial.backend.network.interfaces()).find(({ flags }) => flags.loopback)!;
      const { destination, interface: on, interfaceIndex } = arrived.arrival;
      assert.deepEqual([destination, on, interfaceIndex], [trial.addresses.loopback, loopback.name, loopback.index]);
    },
  },
  {
    id: "RX-32",
    title: "destination() and interfaceIndex() of a batch agree with arrival()",
    access: "bare",
    needs: PACKET_INFO,
    why: "backend.ts: DatagramBatch",
    async run(trial) {
      const receiver = trial.listen();
      receiver.set("receivePacketInfo", 1);
      const told: unknown[] = [];
      receiver.onBatch = (batch) => told.push(batch.destination(0), batch.interfaceIndex(0));
      trial.listen().write("x", receiver.local);
      const { arrival } = await trial.first(receiver);
      assert.deepEqual(told, [arrival.destination, arrival.interfaceIndex]);
    },
  },
  {
    id: "RX-33",
    title: "receivePacketInfo reports the group that a multicast datagram was sent to, and the interface it came in on",
    access: "both",
    needs: PACKET_INFO,
    host: ["multicast"],
    why: "ip(7): IP_PKTINFO; a looped copy carries the index of the outgoing interface (ip_mc_output of net/ipv4/ip_output.c); asked for in libuv#1213",
    async run(trial) {
      const member = trial.member();
      trial.sender().write("x", trial.toGroup(member));
      const { arrival } = await trial.first(member);
      assert.deepEqual([arrival.destination, arrival.interface, arrival.interfaceIndex], [trial.group(), trial.net.name, trial.net.index]);
    },
  },
  {
    id: "RX-34",
    title: "with two groups on one port, each datagram reports its own group",
    access: "both",
    needs: PACKET_INFO,
    host: ["multicast"],
    why: "ip(7): ipi_addr is the destination in the header",
    async run(trial) {
      const member = trial.member();
      member.join(trial.group(1), trial.net);
      const sender = trial.sender();
      for (const number of [0, 1, 0, 1]) sender.write(trial.group(number), trial.toGroup(member, trial.group(number)));
      for (const { bytes, arrival } of await trial.received(member, 4)) assert.equal(arrival.destination, bytes.toString());
    },
  },
  {
    id: "RX-35",
    title: "receiveTtl reports how many hops a unicast datagram had left",
    access: "bare",
    needs: ["set receiveTtl", "set unicastTtl"],
    why: "ip(7): IP_RECVTTL; RFC 3542: IPV6_RECVHOPLIMIT",
    async run(trial) {
      const receiver = trial.listen();
      receiver.set("receiveTtl", 1);
      const sender = trial.listen();
      sender.set("unicastTtl", 37);
      sender.write("x", receiver.local);
      assert.equal((await trial.first(receiver)).arrival.ttl, 37);
    },
  },
  {
    id: "RX-36",
    title: "receiveTimestamp reports the time of arrival, which never goes back",
    access: "both",
    needs: ["set receiveTimestamp"],
    why: "socket(7): SO_TIMESTAMP; SO_TIMESTAMPNS counts nanoseconds",
    async run(trial) {
      const { a, b } = trial.pair();
      for (const text of ["first", "second"]) {
        a.write(text, b.local);
        await trial.fence(b);
      }
      const [first, second] = (await trial.received(b, 2)).map(({ arrival }) => arrival.timestampNs);
      assert.equal(typeof first, "bigint");
      assert.ok(first! <= second!, `${first} … ${second}`);
    },
  },
  {
    id: "RX-37",
    title: "kernelDrops counts every datagram that a full receive buffer lost, where they come one by one",
    access: "bare",
    needs: ["get kernelDrops", "set receiveBufferBytes"],
    why: "SO_MEMINFO: sk_drops of include/net/sock.h; what is lost is counted",
    async run(trial) {
      const { receiver, sent } = await overflow(trial);
      assert.equal(receiver.arrived.length + receiver.get("kernelDrops"), sent);
      assert.ok(receiver.get("kernelDrops") > 0);
    },
  },
  {
    id: "RX-41",
    title: "unreadDrops counts every datagram that was taken from the kernel unasked, and could not be held",
    access: "bare",
    needs: ["get unreadDrops", "set receiveBufferBytes"],
    why: "option-table.ts: unreadDrops; what is lost is counted",
    async run(trial) {
      const { receiver, sent } = await overflow(trial);
      assert.equal(receiver.arrived.length + receiver.get("unreadDrops"), sent);
      assert.ok(receiver.get("unreadDrops") > 0);
    },
  },
  {
    id: "RX-38",
    title: "receiveDropCount reports, with the next datagram, how many were lost before it",
    access: "bare",
    needs: ["set receiveDropCount", "set receiveBufferBytes"],
    why: "socket(7): SO_RXQ_OVFL; the counter comes with the next datagram after the loss",
    async run(trial) {
      const { receiver, sender, sent } = await overflow(trial);
      const lost = sent - receiver.arrived.length;
      sender.write("after the loss", receiver.local);
      const arrived = await trial.received(receiver, sent - lost + 1);
      assert.equal(arrived.at(-1)!.arrival.kernelDrops, lost);
    },
  },
  {
    id: "RX-39",
    title: "receiveOffload does not change what is delivered: single datagrams, empty and short ones too",
    access: "bare",
    needs: ["set receiveOffload"],
    why: "udp(7): UDP_GRO hands over runs of datagrams; the waist delivers datagrams",
    async run(trial) {
      const sender = trial.listen();
      const receiver = trial.listen();
      receiver.set("receiveOffload", 1);
      const texts = ["aaaa", "bbbb", "cccc", "dd", "", "eeee", "ffff"];
      for (const text of texts) sender.write(text, receiver.local);
      await trial.received(receiver, texts.length);
      await trial.receivedOnly(receiver, texts);
    },
  },
  {
    id: "RX-40",
    title: "an arrival loses its fields when their option is set to 0 again",
    access: "bare",
    needs: ["set receiveTtl"],
    why: "backend.ts: what was asked for with the receive options",
    async run(trial) {
      const receiver = trial.listen();
      receiver.set("receiveTtl", 1);
      receiver.set("receiveTtl", 0);
      trial.listen().write("x", receiver.local);
      assert.equal((await trial.first(receiver)).arrival.ttl, undefined);
    },
  },
]);

async function oneToEverywhere(trial: Trial): Promise<Arrived> {
  const receiver = trial.open({ address: trial.addresses.any });
  trial.open().write("x", { address: trial.addresses.loopback, port: receiver.local.port });
  return trial.first(receiver);
}

/** Opens a bare socket that loses some of `sent` datagrams while it does not read, and then reads. */
async function overflow(trial: Trial) {
  const sent = 500;
  const sender = trial.listen();
  const receiver = trial.listen();
  receiver.set("receiveBufferBytes", 8_192);
  if (trial.can("set receiveDropCount")) receiver.set("receiveDropCount", 1);
  receiver.pause();
  const bytes = Buffer.alloc(256);
  for (let count = 1; count <= sent; count++) {
    sender.write(bytes, receiver.local);
    if (count % 10 === 0) await trial.fence(sender); // a turn, for backends that take datagrams from the kernel unasked
  }
  receiver.resume();
  await trial.received(receiver, 1);
  await trial.fence(receiver);
  return { receiver, sender, sent };
}
