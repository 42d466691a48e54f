/** Bytes of a datagram when it is delivered. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { textsOf } from "../endpoint/endpoint.js";
import { batchTo } from "../endpoint/send-batch.js";
import { WIDE } from "../endpoint/socket-endpoint.js";

export const RECEIVING: readonly Contract[] = contracts([
  {
    id: "RX-13",
    title: "a datagram arrives with the bytes it was sent with, whatever they are",
    access: "both",
    why: "RFC 768",
    async run(trial) {
      const { a, b } = trial.pair();
      const bytes = Buffer.from(Array.from({ length: 1024 }, (_, number) => number & 255));
      a.write(bytes, b.local);
      assert.deepEqual((await trial.first(b)).bytes, bytes);
    },
  },
  {
    id: "RX-14",
    title: "an empty datagram arrives, with length 0 and its sender",
    access: "both",
    why: "RFC 768: length 8 is the least; recv(2): zero-length datagrams are permitted",
    async run(trial) {
      const { a, b } = trial.pair();
      a.write("", b.local);
      const { bytes, from } = await trial.first(b);
      assert.equal(bytes.length, 0);
      assert.equal(from.port, a.local.port);
    },
  },
  {
    id: "RX-15",
    title: "a datagram arrives once",
    access: "both",
    why: "one datagram sent is one delivered: nothing between two sockets of a host duplicates",
    async run(trial) {
      const { a, b } = trial.pair();
      const texts = Array.from({ length: 20 }, (_, number) => `once ${number}`);
      for (const text of texts) a.write(text, b.local);
      await trial.received(b, texts.length);
      await trial.receivedOnly(b, texts);
    },
  },
  {
    id: "RX-16",
    title: "the order of datagrams between two endpoints of one host is kept",
    access: "both",
    why: "socket(7): a receive buffer is a queue",
    async run(trial) {
      const { a, b } = trial.pair();
      const texts = Array.from({ length: 150 }, (_, number) => String(number));
      for (const text of texts) a.write(text, b.local);
      await trial.received(b, texts.length);
      assert.deepEqual(textsOf(b), texts);
    },
  },
  {
    id: "RX-17",
    title: "a datagram longer than maxPacketBytes is cut and flagged, and the next is whole",
    access: "both",
    why: "recv(2): MSG_TRUNC; Twisted passed a cut datagram as a whole one",
    async run(trial) {
      const sender = trial.open();
      const receiver = trial.open({ maxPacketBytes: 5 });
      sender.write("123456", receiver.local);
      sender.write("12345", receiver.local);
      const arrived = await trial.received(receiver, 2);
      assert.deepEqual(
        arrived.map(({ bytes, arrival }) => [bytes.toString(), arrival.truncated]),
        [
          ["12345", true],
          ["12345", false],
        ],
      );
    },
  },
  {
    id: "RX-18",
    title: "delivered bytes do not change when further datagrams arrive",
    access: "both",
    why: "backend.ts: copy() is a Buffer of the caller's own; datagram-protocol.ts: the protocol's own, to keep or change",
    async run(trial) {
      const { a, b } = trial.pair();
      a.write("first", b.local);
      const { bytes } = await trial.first(b);
      for (let count = 0; count < 64; count++) a.write("later", b.local);
      await trial.received(b, 65);
      assert.equal(bytes.toString(), "first");
    },
  },
  {
    id: "RX-19",
    title: "delivered bytes may be written over without harm to other datagrams",
    access: "both",
    why: "backend.ts: copy()",
    async run(trial) {
      const { a, b } = trial.pair();
      b.onArrival = () => b.arrived.at(-1)!.bytes.toString() === "aaaa" && b.arrived.at(-1)!.bytes.fill("z");
      for (const text of ["aaaa", "bbbb", "aaaa", "cccc"]) a.write(text, b.local);
      await trial.received(b, 4);
      assert.deepEqual(textsOf(b), ["zzzz", "bbbb", "zzzz", "cccc"]);
    },
  },
  {
    id: "RX-20",
    title: "view(), copy() and lengthBytes() of a batch agree, copy() leaves out what it is told to, and an index is counted from 0",
    access: "bare",
    why: "backend.ts: DatagramBatch",
    async run(trial) {
      const sender = trial.listen();
      const end = trial.socket();
      end.bind(trial.addresses.loopback);
      const texts = ["", "a", "bc", "def".repeat(100)];
      sender.sendAll(batchTo(end.local, texts));
      const seen: [string, string, string, number][] = [];
      end.onBatch = (batch) => {
        const indexes = Array.from({ length: batch.length }, (_, index) => index).reverse(); // in no order that it could rely on
        const ofBatch = indexes.map((index): [string, string, string, number] => [
          batch.view(index).toString(),
          batch.copy(index).toString(),
          batch.copy(index, Math.min(2, batch.lengthBytes(index))).toString(),
          batch.lengthBytes(index),
        ]);
        seen.push(...ofBatch.reverse());
      };
      end.read(WIDE);
      await trial.received(end, texts.length);
      assert.deepEqual(
        seen,
        texts.map((text) => [text, text, text.slice(2), text.length]),
      );
    },
  },
  {
    id: "RX-42",
    title: "datagrams of a run come from one sender and begin with the same bytes, and uint32() reads 32 bits of each",
    access: "bare",
    why: "backend.ts: DatagramBatch",
    async run(trial) {
      const senders = [trial.listen(), trial.listen()] as const;
      const end = trial.socket();
      end.bind(trial.addresses.loopback);
      const unlike = ["head1 two", "head1", "heads one", "head2 two", "head2 two", "head", "heed2 two", "head1 end"];
      const texts = unlike.flatMap((text) => [...Array(10).fill("head1 one"), text]); // long runs and short ones
      const seen: { port: number; text: string; run: number; word: number; beginning: string; least: number }[] = [];
      let runs = 0;
      end.onBatch = (batch) => {
        for (let first = 0; first < batch.length; runs++) {
          const [prefix, least] = [Math.min(5, batch.lengthBytes(first)), Math.min(6, batch.lengthBytes(first))];
          const beginning = batch.view(first).toString("latin1", 0, prefix);
          const next = batch.runEnd(first, prefix, least);
          assert.ok(next > first && next <= batch.length, `runEnd(${first}) is ${next}`);
          for (; first < next; first++) {
            const [text, word] = [batch.view(first).toString(), batch.uint32(first, batch.lengthBytes(first) - 4)];
            seen.push({ port: batch.from(first).port, text, run: runs, word, beginning, least });
          }
        }
      };
      end.read(WIDE);
      for (const sender of senders) sender.sendAll(batchTo(end.local, texts));
      await trial.received(end, senders.length * texts.length);
      assert.deepEqual(
        seen.map(({ word }) => word),
        seen.map(({ text }) => Buffer.from(text).readUInt32BE(text.length - 4)),
      );
      for (const [index, { port, text, run, beginning, least }] of seen.entries()) {
        assert.ok(text.startsWith(beginning), `${text} is in a run of ${beginning}`);
        assert.ok(text.length >= least, `${text} is too short for a run of ${least} bytes and more`);
        const before = seen[index - 1];
        if (before?.run === run) assert.equal(port, before.port, "one run has two senders");
      }
    },
  },
  {
    id: "RX-21",
    title: "in a batch, truncated() agrees with the arrival of each datagram",
    access: "bare",
    why: "backend.ts: DatagramBatch",
    async run(trial) {
      const sender = trial.listen();
      const end = trial.listen({ maxPacketBytes: 4 });
      const seen: [boolean, boolean][] = [];
      end.onBatch = (batch) => {
        for (let index = 0; index < batch.length; index++) seen.push([batch.truncated(index), batch.arrival(index).truncated]);
      };
      sender.sendAll(batchTo(end.local, ["1234", "12345", "1"]));
      await trial.received(end, 3);
      assert.deepEqual(seen, [
        [false, false],
        [true, true],
        [false, false],
      ]);
    },
  },
  {
    id: "RX-22",
    title: "the longest possible datagram arrives whole",
    access: "both",
    why: "RFC 768, RFC 791, RFC 8200: 65,507 bytes on IPv4, 65,527 on IPv6",
    async run(trial) {
      const { a, b } = trial.pair();
      const bytes = Buffer.alloc(trial.addresses.maxPayloadBytes, "long ");
      a.write(bytes, b.local);
      const arrived = await trial.first(b);
      assert.ok(arrived.bytes.equals(bytes));
      assert.equal(arrived.arrival.truncated, false);
    },
  },
  {
    id: "RX-23",
    title: "with several senders, each datagram reports its own",
    access: "both",
    why: "recvfrom(2)",
    async run(trial) {
      const receiver = trial.open();
      const senders = [trial.open(), trial.open(), trial.open()];
      for (const sender of [...senders, ...senders]) sender.write(String(sender.local.port), receiver.local);
      const arrived = await trial.received(receiver, 6);
      for (const { bytes, from } of arrived) assert.equal(String(from.port), bytes.toString());
    },
  },
  {
    id: "RX-24",
    title: "an endpoint that was paused too long loses what did not fit, keeps the rest in order, and keeps receiving",
    access: "both",
    why: "socket(7), SO_RCVBUF: what does not fit is dropped on arrival; UDP promises no more (RFC 768)",
    async run(trial) {
      const SENT = 3_000;
      const sender = trial.open();
      const receiver = trial.open({ receiveBufferBytes: 16_384 });
      receiver.pause();
      const bytes = Buffer.alloc(512);
      for (let number = 0; number < SENT; number++) {
        bytes.writeUInt32BE(number);
        sender.write(bytes, receiver.local);
        if (number % 50 === 49) await trial.fence(sender); // the sender's own queue is not what is to overflow
      }
      receiver.resume();
      await trial.received(receiver, 1);
      await trial.fence(receiver);
      const numbers = receiver.arrived.map((datagram) => datagram.bytes.readUInt32BE());
      assert.ok(numbers.length < SENT, "nothing was lost");
      assert.equal(numbers[0], 0);
      assert.deepEqual(
        numbers,
        [...numbers].sort((one, other) => one - other),
      );
    },
  },
  {
    id: "RX-25",
    title: "a datagram to another port, or to another address, is not delivered",
    access: "both",
    why: "RFC 768; ip(7): a socket receives what is sent to the address and port that it is bound to",
    async run(trial) {
      const { a, b } = trial.pair();
      const other = trial.open();
      a.write("to another", other.local);
      await trial.received(other, 1);
      await trial.receivedOnly(b, []);
    },
  },
]);
