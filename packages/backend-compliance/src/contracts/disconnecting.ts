/** Endpoints that give up their peer, and keep their own address. */

import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { assertRefused } from "../endpoint/refusal.js";

export const DISCONNECTING: readonly Contract[] = contracts([
  {
    id: "TX-44",
    title: "after disconnect() an endpoint receives from everybody, on the port it had",
    access: "both",
    why: "connect(2), AF_UNSPEC; Linux forgets a port that it chose (__udp_disconnect of net/ipv4/udp.c), and must not here",
    async run(trial) {
      const { a, b } = trial.pair();
      const { port } = a.local;
      a.connect(b.local);
      a.disconnect();
      assert.equal(a.local.port, port);
      trial.open().write("from anybody", a.local);
      assert.equal((await trial.first(a)).bytes.toString(), "from anybody");
    },
  },
  {
    id: "TX-45",
    title: "after disconnect() an endpoint on the wildcard address is still bound to it",
    access: "both",
    why: "connect(2) fixes the local address of a socket that is bound everywhere; disconnecting undoes it",
    run(trial) {
      const a = trial.open({ address: trial.addresses.any });
      a.connect(trial.open().local);
      a.disconnect();
      assert.equal(a.local.address, trial.addresses.any);
    },
  },
  {
    id: "TX-57",
    title: "after disconnect() an endpoint on the wildcard address receives from other addresses than its peer's, too",
    access: "both",
    host: ["twoSources"],
    why: "connect(2): AF_UNSPEC dissolves the association",
    async run(trial) {
      const [peer = "", stranger = ""] = trial.sources;
      const a = trial.open({ address: trial.addresses.any });
      a.connect(trial.open({ address: peer }).local);
      a.disconnect();
      trial.open({ address: stranger }).write("from a stranger", { address: peer, port: a.local.port });
      assert.equal((await trial.first(a)).bytes.toString(), "from a stranger");
    },
  },
  {
    id: "TX-58",
    title: "disconnect() keeps the port of an endpoint, although another one has its number on another address meanwhile",
    access: "both",
    host: ["twoSources"],
    why: "getsockname(2): a local address does not change by itself; Linux keeps a number that was asked for (SOCK_BINDPORT_LOCK in __udp_disconnect of net/ipv4/udp.c)",
    async run(trial) {
      const [peer = "", other = ""] = trial.sources;
      const a = trial.open({ address: trial.addresses.any });
      const b = trial.open({ address: peer });
      const { port } = a.local;
      a.connect(b.local); // from here on the kernel knows a by the address it sends from, so its number is free on others
      const taker = trial.open({ address: other, port });
      a.disconnect();
      assert.equal(a.local.port, port);
      a.write("from the same port", b.local);
      assert.equal((await trial.first(b)).from.port, port);
      assert.equal(taker.local.port, port);
    },
  },
  {
    id: "TX-46",
    title: "after disconnect() an endpoint can be connected to somebody else",
    access: "both",
    why: "transport.ts: disconnect(); Twisted had neither (#2699)",
    async run(trial) {
      const { a, b } = trial.pair();
      const next = trial.open();
      a.connect(b.local);
      a.disconnect();
      a.connect(next.local);
      a.write("hello");
      await trial.first(next);
      assert.equal(b.arrived.length, 0);
    },
  },
  {
    id: "TX-47",
    title: "a port that is not connected refuses to disconnect, with ERR_NOT_CONNECTED",
    access: "reactor",
    why: "errors.md: ERR_NOT_CONNECTED",
    run(trial) {
      assertRefused(() => trial.open().disconnect(), [], "ERR_NOT_CONNECTED");
    },
  },
]);
