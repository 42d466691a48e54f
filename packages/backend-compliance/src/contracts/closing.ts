/** Closing, after which nothing happens any more. */

import assert from "node:assert/strict";
import { errnoName } from "@groupcast/base";
import { type Contract, contracts } from "../contract.js";
import { textsOf } from "../endpoint/endpoint.js";
import { assertRefused } from "../endpoint/refusal.js";
import { batchTo } from "../endpoint/send-batch.js";
import { WIDE } from "../endpoint/socket-endpoint.js";

const CLOSED = "backend.ts: one UDP socket is opened, bound once, closed once; close(2)";

export const CLOSING: readonly Contract[] = contracts([
  {
    id: "LIFE-20",
    title: "close() may be called twice, and settles both times",
    access: "both",
    why: "Twisted's stopListening() fired only the second of two; the same promise is due to both",
    async run(trial) {
      const endpoint = trial.open();
      await Promise.all([endpoint.close(), endpoint.close()]);
      await endpoint.close();
    },
  },
  {
    id: "LIFE-21",
    title: "close() frees the port at once",
    access: "both",
    why: CLOSED,
    async run(trial) {
      const first = trial.open();
      const { port } = first.local;
      await first.close();
      assert.equal(trial.open({ port }).local.port, port);
    },
  },
  {
    id: "LIFE-22",
    title: "nothing is delivered after close(), not even datagrams sent before it",
    access: "both",
    why: "backend.ts: nothing at all is delivered after close()",
    async run(trial) {
      const { a, b } = trial.pair();
      a.write("too late", b.local);
      const closed = b.close();
      await trial.fence(a);
      await closed;
      assert.deepEqual(textsOf(b), []);
    },
  },
  {
    id: "LIFE-23",
    title: "close() from inside a delivery ends delivery there",
    access: "both",
    why: "Twisted went on delivering after stopListening() inside datagramReceived; here stop means stop",
    async run(trial) {
      const { a, b } = trial.pair();
      let delivered = 0;
      b.onArrival = () => {
        delivered += 1;
        void b.close();
      };
      b.pause();
      for (let count = 0; count < 20; count++) a.write("x", b.local);
      b.resume();
      await trial.until("a first datagram", () => delivered > 0);
      await trial.fence(a);
      assert.equal(delivered, 1);
    },
  },
  {
    id: "LIFE-24",
    title: "a socket that another one's observer closes receives nothing more in the same turn",
    access: "bare",
    why: "backend.ts: nothing is delivered after close(); one wake-up of the loop may serve several sockets",
    async run(trial) {
      const sender = trial.listen();
      const ends = [trial.listen(), trial.listen()];
      for (const [number, end] of ends.entries()) end.onBatch = () => ends[1 - number]!.socket.close();
      for (const { local } of ends) sender.write("to both", local);
      await trial.until("one of them hears", () => ends.some(({ arrived }) => arrived.length > 0));
      await trial.fence(sender);
      assert.equal(ends.filter(({ arrived }) => arrived.length > 0).length, 1);
    },
  },
  {
    id: "LIFE-25",
    title: "datagrams written before close() still leave",
    access: "both",
    why: "send(2): what was taken is the kernel's; transport.ts: what was written still leaves",
    async run(trial) {
      const { a, b } = trial.pair();
      a.write("last words", b.local);
      await a.close();
      assert.equal((await trial.first(b)).bytes.toString(), "last words");
    },
  },
  {
    id: "LIFE-26",
    title: "after close() every call that can fail answers EBADF, and none throws",
    access: "bare",
    why: CLOSED,
    run(trial) {
      const { socket, local } = trial.listen();
      socket.close();
      const calls = {
        bind: () => socket.bind(local),
        connect: () => socket.connect(local),
        disconnect: () => socket.disconnect(),
        localAddress: () => socket.localAddress(),
        send: () => socket.send(batchTo(local, ["x"]), 0, 1),
        startReading: () => socket.startReading(WIDE),
        setOption: () => socket.setOption("multicastTtl", 1),
        getOption: () => socket.getOption("multicastTtl"),
        setMulticastInterface: () => socket.setMulticastInterface(undefined),
        join: () => socket.join(trial.group(), undefined, undefined),
        leave: () => socket.leave(trial.group(), undefined, undefined),
      };
      const outcomes = Object.entries(calls).map(([call, make]) => [call, answerOf(make)]);
      assert.deepEqual(
        outcomes,
        Object.keys(calls).map((call) => [call, "EBADF"]),
      );
    },
  },
  {
    id: "LIFE-27",
    title: "after close() the calls without outcome do nothing: peerAddress, stopReading, ref, unref, close",
    access: "bare",
    why: CLOSED,
    run(trial) {
      const { socket } = trial.listen();
      socket.close();
      assert.equal(socket.peerAddress(), undefined);
      socket.stopReading();
      socket.ref();
      socket.unref();
      socket.close();
    },
  },
  {
    id: "LIFE-28",
    title: "a socket that was never bound can be closed",
    access: "bare",
    why: CLOSED,
    run(trial) {
      trial.socket().socket.close();
    },
  },
  {
    id: "LIFE-29",
    title: "a closed endpoint keeps reporting the address it had",
    access: "reactor",
    why: "transport.ts: after the port has closed, the one it had; Twisted threw AttributeError",
    async run(trial) {
      const endpoint = trial.open();
      const { address, port } = endpoint.local;
      await endpoint.close();
      assert.deepEqual([endpoint.local.address, endpoint.local.port], [address, port]);
    },
  },
  {
    id: "LIFE-30",
    title: "every call into a closed port is refused with ERR_CLOSED",
    access: "reactor",
    why: "errors.md: ERR_CLOSED; Twisted threw AttributeError",
    async run(trial) {
      const port = trial.open();
      const { local } = port;
      await port.close();
      const calls = [
        () => port.write("x", local),
        () => port.connect(local),
        () => port.disconnect(),
        () => port.join(trial.group(), undefined),
        () => port.leave(trial.group(), undefined),
        () => port.setMulticastTtl(2),
        () => port.setMulticastLoopback(false),
        () => port.setBroadcast(true),
        () => port.pause(),
        () => port.resume(),
      ];
      for (const call of calls) assertRefused(call, [], "ERR_CLOSED");
    },
  },
]);

/** Returns the name of the errno that a call returns. A throw is no answer. */
function answerOf(call: () => unknown): string {
  try {
    return errnoName(Number(call()));
  } catch (error) {
    return `it throws ${String(error)}`;
  }
}
