/** Many datagrams in one call. */

import assert from "node:assert/strict";
import type { SendBatch, SendFate, SocketAddress } from "@groupcast/backend";
import { errnoName } from "@groupcast/base";
import { type Contract, contracts } from "../contract.js";
import { textsOf } from "../endpoint/endpoint.js";
import { assertOutcome } from "../endpoint/refusal.js";
import { batchOf, batchTo } from "../endpoint/send-batch.js";
import type { SocketEndpoint } from "../endpoint/socket-endpoint.js";
import type { Trial } from "../trial/trial.js";

const SLOW_BYTES_PER_SECOND = 100_000; // a full-size datagram takes 15 ms
const MAX_FILL = 1_000; // far more than a send buffer of 4 kB holds
const BATCH = "backend.ts: send; sendmmsg(2)";

export const SEND_BATCHES: readonly Contract[] = contracts([
  {
    id: "TX-20",
    title: "send() returns how many datagrams it has taken, and they arrive in order",
    access: "bare",
    why: BATCH,
    async run(trial) {
      const [sender, receiver] = [trial.listen(), trial.listen()];
      const texts = ["a", "b", "c", "d", "e"];
      assert.equal(sender.socket.send(batchTo(receiver.local, texts), 0, texts.length), texts.length);
      await trial.received(receiver, texts.length);
      await trial.receivedOnly(receiver, texts);
    },
  },
  {
    id: "TX-21",
    title: "send() sends the datagrams from … to - 1, and no other",
    access: "bare",
    why: BATCH,
    async run(trial) {
      const [sender, receiver] = [trial.listen(), trial.listen()];
      assert.equal(sender.socket.send(batchTo(receiver.local, ["0", "1", "2", "3", "4"]), 1, 4), 3);
      await trial.received(receiver, 3);
      await trial.receivedOnly(receiver, ["1", "2", "3"]);
    },
  },
  {
    id: "TX-22",
    title: "send() of no datagrams takes none",
    access: "bare",
    why: BATCH,
    run(trial) {
      const end = trial.listen();
      assert.equal(end.socket.send(batchTo(end.local, ["x"]), 0, 0), 0);
      assert.equal(end.socket.send(batchTo(end.local, ["x"]), 1, 1), 0);
    },
  },
  {
    id: "TX-23",
    title: "a batch may be written over as soon as send() has returned",
    access: "bare",
    why: "backend.ts: what is taken is copied: the caller may reuse batch",
    async run(trial) {
      const [sender, receiver] = [trial.listen(), trial.listen()];
      const batch = batchTo(receiver.local, ["one", "two", "three"]);
      sender.sendAll(batch);
      batch.bytes.fill("!");
      batch.offsets.fill(0);
      (batch.to as unknown[]).fill(undefined);
      await trial.received(receiver, 3);
      assert.deepEqual(textsOf(receiver), ["one", "two", "three"]);
    },
  },
  {
    id: "TX-24",
    title: "a refused datagram in the middle of a batch costs no other one",
    access: "bare",
    why: "sendmmsg(2): an error ends the call; whoever called goes on after it",
    async run(trial) {
      const [sender, receiver] = [trial.listen(), trial.listen()];
      const refused = sender.sendAll(batchTo(receiver.local, ["before", Buffer.alloc(70_000), "after"]));
      await trial.received(receiver, 2);
      await trial.receivedOnly(receiver, ["before", "after"]);
      await trial.until("the loss is reported", () => refused.length + sender.losses.length > 0);
      const told = [...refused, ...sender.losses].map(({ errno }) => errnoName(errno));
      assert.deepEqual(told, ["EMSGSIZE"]);
    },
  },
  {
    id: "TX-25",
    title: "each datagram of a batch has its own destination",
    access: "bare",
    why: BATCH,
    async run(trial) {
      const sender = trial.listen();
      const receivers = [trial.listen(), trial.listen()];
      const entries = Array.from({ length: 10 }, (_, number) => ({ bytes: String(number), to: receivers[number % 2]!.local }));
      sender.sendAll(batchOf(entries));
      for (const receiver of receivers) await trial.received(receiver, 5);
      assert.deepEqual(receivers.map(textsOf), [
        ["0", "2", "4", "6", "8"],
        ["1", "3", "5", "7", "9"],
      ]);
    },
  },
  {
    id: "TX-26",
    title: "a long run of equal datagrams to one peer, the last one shorter, arrives one by one",
    access: "bare",
    why: "udp(7): UDP_SEGMENT takes such a run as one",
    async run(trial) {
      const [sender, receiver] = [trial.listen(), trial.listen()];
      receiver.set("receiveBufferBytes", 1_000_000);
      const parts = Array.from({ length: 100 }, (_, number) => Buffer.alloc(number === 99 ? 7 : 1_000, number));
      sender.sendAll(batchTo(receiver.local, parts));
      const arrived = await trial.received(receiver, parts.length);
      assert.ok(arrived.every(({ bytes }, number) => bytes.equals(parts[number]!)));
    },
  },
  {
    id: "TX-27",
    title: "a run of equal datagrams longer than the longest UDP payload arrives one by one",
    access: "bare",
    why: "UDP_SEGMENT: a run is one IP packet to the kernel, 65,535 bytes at most (net/ipv4/udp.c)",
    async run(trial) {
      const [sender, receiver] = [trial.listen(), trial.listen()];
      receiver.set("receiveBufferBytes", 4_000_000);
      const parts = Array.from({ length: 12 }, (_, number) => Buffer.alloc(16_000, number));
      for (let start = 0; start < parts.length; start += 6) {
        sender.sendAll(batchTo(receiver.local, parts.slice(start, start + 6))); // 96,000 bytes: more than one run can be
        await trial.received(receiver, start + 6);
      }
      assert.ok(receiver.arrived.every(({ bytes }, number) => bytes.equals(parts[number]!)));
    },
  },
  {
    id: "TX-28",
    title: "a datagram without destination is refused with EDESTADDRREQ by a socket that is not connected",
    access: "bare",
    why: "send(2)",
    run(trial) {
      assertOutcome(trial.listen().socket.send(batchTo(undefined, ["x"]), 0, 1), "EDESTADDRREQ");
    },
  },
  {
    id: "TX-29",
    title: "a batch that leaves by two interfaces, datagram by datagram, leaves by the right ones",
    access: "bare",
    needs: ["sendPacketInfo", "packetInfo", "set receivePacketInfo"],
    host: ["secondInterface"],
    why: "ip(7): ipi_ifindex of IP_PKTINFO",
    async run(trial) {
      const member = trial.listen({ address: trial.addresses.any });
      member.set("receivePacketInfo", 1);
      for (const at of [trial.net, trial.otherNet]) member.join(trial.group(), at);
      const [one, two] = [trial.net, trial.otherNet].map(({ index }) => ({ interfaceIndex: index, source: undefined }));
      const entries = [one, two, one, one, two].map((via) => ({ bytes: String(via!.interfaceIndex), to: trial.toGroup(member), via }));
      trial.listen({ address: trial.addresses.any }).sendAll(batchOf(entries));
      const arrived = await trial.received(member, 5);
      for (const { bytes, arrival } of arrived) assert.equal(String(arrival.interfaceIndex), bytes.toString());
    },
  },
  {
    id: "TX-30",
    title: "a full send buffer answers EAGAIN, and writable() follows",
    access: "bare",
    host: ["throttle"],
    why: "backend.ts: -EAGAIN promises a later writable(); Twisted raised EWOULDBLOCK (#2790)",
    async run(trial) {
      const sender = await throttledSender(trial);
      assertOutcome(fill(sender, trial.group()), "EAGAIN");
      assert.equal(sender.writableCount, 0);
      await trial.until("it is writable again", () => sender.writableCount > 0);
      assert.equal(sender.socket.send(datagramTo(trial.group()), 0, 1), 1);
    },
  },
  {
    id: "TX-31",
    title: "writable() comes once for each EAGAIN, and not without one",
    access: "bare",
    host: ["throttle"],
    why: "backend.ts: a send that was refused with -EAGAIN may be tried again",
    async run(trial) {
      const sender = await throttledSender(trial);
      fill(sender, trial.group());
      await trial.until("it is writable again", () => sender.writableCount > 0);
      for (let count = 0; count < 3; count++) await trial.fence(sender); // turns in which nothing is reported
      assert.equal(sender.writableCount, 1);
    },
  },
  {
    id: "TX-32",
    title: "a socket may be closed while its send buffer is full; writable() is not called then",
    access: "bare",
    host: ["throttle"],
    why: "backend.ts: nothing is delivered after close()",
    async run(trial) {
      const sender = await throttledSender(trial);
      const watcher = await throttledSender(trial);
      for (const end of [sender, watcher]) fill(end, trial.group());
      await sender.close();
      await trial.until("the other one is writable again", () => watcher.writableCount > 0);
      assert.equal(sender.writableCount, 0);
    },
  },
  {
    id: "TX-59",
    title: "the fate of a datagram that somebody waits for is what send returns, or comes later, and is no loss that the socket reports",
    access: "bare",
    why: "backend.ts: SendFate",
    async run(trial) {
      const [sender, receiver] = [trial.listen(), trial.listen()];
      assert.equal(await fateOf(trial, sender, receiver.local, Buffer.from("taken")), 0);
      const refused = await fateOf(trial, sender, receiver.local, Buffer.alloc(trial.addresses.maxPayloadBytes + 1));
      assert.equal(errnoName(refused), "EMSGSIZE");
      await trial.receivedOnly(receiver, ["taken"]);
      assert.deepEqual(sender.losses, []);
    },
  },
]);

/** Sends one datagram, and returns its fate: 0, or an errno. */
async function fateOf(trial: Trial, { socket }: SocketEndpoint, to: SocketAddress, bytes: Buffer): Promise<number> {
  const told: number[] = [];
  let isPostponed = false;
  const fate: SendFate = {
    postpone() {
      isPostponed = true;
      return (outcome) => void told.push(outcome);
    },
  };
  const outcome = socket.send({ ...batchTo(to, [bytes]), fates: [fate] }, 0, 1);
  assert.equal(told.length, 0, "a fate is told inside send");
  if (!isPostponed) told.push(Math.min(0, outcome));
  await trial.until("the fate is known", () => told.length > 0);
  return told[0]!;
}

/** Opens a bare socket whose multicast leaves so slowly that its send buffer fills. */
async function throttledSender(trial: Trial): Promise<SocketEndpoint> {
  const at = await trial.addInterface();
  await trial.control.throttle!(at.name, SLOW_BYTES_PER_SECOND);
  const sender = trial.listen({ address: trial.addresses.any });
  sender.set("sendBufferBytes", 4_096);
  sender.setOutgoing(at);
  sender.setMulticastLoopback(false);
  return sender;
}

function datagramTo(group: string): SendBatch {
  return batchTo({ address: group, port: 9 }, [Buffer.alloc(1_400)]);
}

/** Sends until the first refusal. @returns its outcome. */
function fill({ socket }: SocketEndpoint, group: string): number {
  for (let count = 0; count < MAX_FILL; count++) {
    const outcome = socket.send(datagramTo(group), 0, 1);
    if (outcome !== 1) return outcome;
  }
  return assert.fail(`${MAX_FILL} datagrams fitted into the send buffer`);
}
