/** Closing, and that it is the end. */

import assert from "node:assert/strict";
import { errnoName } from "@groupcast/base";
import { type Contract, contracts } from "../contract.js";
import { textsOf } from "../endpoint.js";
import { assertRefused } from "../refusal.js";
import { batchTo } from "../send-batch.js";
import { WIDE } from "../socket-endpoint.js";

const CLOSED = "backend.ts: one UDP socket is opened, bound once, closed once; close(2)";

export const CLOSING: readonly Contract[] = contracts([
  {
    id: "LIFE-20",
    title: "close() may be called twice, and settles both times",
    access: "both",
    why: "Twisted's stopListening() fired only the second of two; the same promise is due to both",
    async run(lab) {
      const endpoint = lab.open();
      await Promise.all([endpoint.close(), endpoint.close()]);
      await endpoint.close();
    },
  },
  {
    id: "LIFE-21",
    title: "close() frees the port at once",
    access: "both",
    why: CLOSED,
    async run(lab) {
      const first = lab.open();
      const { port } = first.local;
      await first.close();
      assert.equal(lab.open({ port }).local.port, port);
    },
  },
  {
    id: "LIFE-22",
    title: "nothing is delivered after close(), not even what was sent before it",
    access: "both",
    why: "backend.ts: nothing at all is delivered after close()",
    async run(lab) {
      const { a, b } = lab.pair();
      a.write("too late", b.local);
      const closed = b.close();
      await lab.fence(a);
      await closed;
      assert.deepEqual(textsOf(b), []);
    },
  },
  {
    id: "LIFE-23",
    title: "close() from inside a delivery ends delivery there",
    access: "both",
    why: "Twisted went on delivering after stopListening() inside datagramReceived; here stop means stop",
    async run(lab) {
      const { a, b } = lab.pair();
      let delivered = 0;
      b.onArrival = () => {
        delivered += 1;
        void b.close();
      };
      b.pause();
      for (let count = 0; count < 20; count++) a.write("x", b.local);
      b.resume();
      await lab.until("a first datagram", () => delivered > 0);
      await lab.fence(a);
      assert.equal(delivered, 1);
    },
  },
  {
    id: "LIFE-24",
    title: "a socket closed by the observer of another one, in the same turn, hears nothing more",
    access: "bare",
    why: "backend.ts: nothing is delivered after close(); one wake-up of the loop may serve several sockets",
    async run(lab) {
      const sender = lab.listen();
      const ends = [lab.listen(), lab.listen()];
      for (const [number, end] of ends.entries()) end.onBatch = () => ends[1 - number]!.socket.close();
      for (const { local } of ends) sender.write("to both", local);
      await lab.until("one of them hears", () => ends.some(({ arrived }) => arrived.length > 0));
      await lab.fence(sender);
      assert.equal(ends.filter(({ arrived }) => arrived.length > 0).length, 1);
    },
  },
  {
    id: "LIFE-25",
    title: "what was written before close() still leaves",
    access: "both",
    why: "send(2): what was taken is the kernel's; transport.ts: what was written still leaves",
    async run(lab) {
      const { a, b } = lab.pair();
      a.write("last words", b.local);
      await a.close();
      assert.equal((await lab.first(b)).bytes.toString(), "last words");
    },
  },
  {
    id: "LIFE-26",
    title: "after close() every call that can fail answers EBADF, and none throws",
    access: "bare",
    why: CLOSED,
    run(lab) {
      const { socket, local } = lab.listen();
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
        join: () => socket.join(lab.group(), undefined, undefined),
        leave: () => socket.leave(lab.group(), undefined, undefined),
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
    run(lab) {
      const { socket } = lab.listen();
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
    run(lab) {
      lab.socket().socket.close();
    },
  },
  {
    id: "LIFE-29",
    title: "a closed endpoint keeps telling the address it had",
    access: "reactor",
    why: "transport.ts: after the port has closed, the one it had; Twisted threw AttributeError",
    async run(lab) {
      const endpoint = lab.open();
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
    async run(lab) {
      const port = lab.open();
      const { local } = port;
      await port.close();
      const calls = [
        () => port.write("x", local),
        () => port.connect(local),
        () => port.disconnect(),
        () => port.join(lab.group(), undefined),
        () => port.leave(lab.group(), undefined),
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

/** The name of the errno that a call answers. A throw is no answer. */
function answerOf(call: () => unknown): string {
  try {
    return errnoName(Number(call()));
  } catch (error) {
    return `it throws ${String(error)}`;
  }
}
