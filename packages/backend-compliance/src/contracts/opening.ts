/** Opening sockets, and the order of calls. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { assertOutcome } from "../endpoint/refusal.js";
import { WIDE } from "../endpoint/socket-endpoint.js";

export const OPENING: readonly Contract[] = contracts([
  {
    id: "LIFE-1",
    title: "opening on port 0 yields a port from 1 to 65,535, known at once",
    access: "both",
    why: "bind(2), ip(7): an ephemeral port; decision 1: listening is synchronous",
    run(trial) {
      const { port } = trial.open().local;
      assert.ok(Number.isInteger(port) && port >= 1 && port <= 65_535, `port ${port}`);
    },
  },
  {
    id: "LIFE-2",
    title: "two endpoints on port 0 get different ports",
    access: "both",
    why: "ip(7): ip_local_port_range",
    run(trial) {
      const { a, b } = trial.pair();
      assert.notEqual(a.local.port, b.local.port);
    },
  },
  {
    id: "LIFE-3",
    title: "binding a second time is refused with EINVAL",
    access: "bare",
    why: "bind(2): EINVAL, the socket is already bound to an address",
    run(trial) {
      const end = trial.listen();
      assertOutcome(end.socket.bind(trial.listen().local), "EINVAL");
    },
  },
  {
    id: "LIFE-4",
    title: "before bind the local address is the unspecified one, port 0",
    access: "bare",
    why: "getsockname(2) of an unbound socket",
    run(trial) {
      const { address, port, family } = trial.socket().local;
      assert.deepEqual({ address, port, family }, { address: trial.addresses.any, port: 0, family: trial.family });
    },
  },
  {
    id: "LIFE-5",
    title: "sending from a socket that is not bound binds it to a free port, which receivers see",
    access: "bare",
    why: "ip(7): a port is chosen when an unbound socket sends",
    async run(trial) {
      const receiver = trial.listen();
      const sender = trial.socket();
      sender.write("hello", receiver.local);
      const { from } = await trial.first(receiver);
      assert.ok(from.port > 0);
      assert.equal(sender.local.port, from.port);
    },
  },
  {
    id: "LIFE-6",
    title: "connecting a socket that is not bound binds it to a free port",
    access: "bare",
    why: "connect(2), ip(7)",
    run(trial) {
      const end = trial.socket();
      end.connect(trial.listen().local);
      assert.ok(end.local.port > 0);
    },
  },
  {
    id: "LIFE-7",
    title: "a socket is of the family that was asked for",
    access: "bare",
    why: "socket(2)",
    run(trial) {
      assert.equal(trial.socket().socket.family, trial.family);
      assert.equal(trial.listen().local.family, trial.family);
    },
  },
  {
    id: "LIFE-8",
    title: "a socket that failed to bind can be bound elsewhere",
    access: "bare",
    why: "bind(2)",
    async run(trial) {
      const taken = trial.listen();
      const end = trial.socket();
      assertOutcome(end.socket.bind(taken.local), "EADDRINUSE");
      end.bind(trial.addresses.loopback);
      end.read(WIDE);
      taken.write("hello", end.local);
      await trial.first(end);
    },
  },
  {
    id: "LIFE-9",
    title: "a backend has a name and, in a sentence, the reason why it is in use",
    access: "bare",
    why: "backend.ts: name, reason",
    run({ backend }) {
      assert.match(backend.name, /^[a-z][a-z0-9-]*$/);
      assert.ok(backend.reason.length > 0);
    },
  },
]);
