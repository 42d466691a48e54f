/** Connected endpoints, and reports of peers that refuse. */

import assert from "node:assert/strict";
import type { SocketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { type Contract, contracts } from "../contract.js";
import { type Endpoint, textsOf } from "../endpoint/endpoint.js";
import { assertRefused } from "../endpoint/refusal.js";
import type { SocketEndpoint } from "../endpoint/socket-endpoint.js";
import type { Trial } from "../trial/trial.js";

const CONNECT = "connect(2), udp(7)";
const REFUSED = "RFC 1122, 4.1.3.3: ICMP port unreachable is passed on; udp(7): ECONNREFUSED";

export const PEERS: readonly Contract[] = contracts([
  {
    id: "TX-40",
    title: "a connected endpoint writes to its peer without naming it",
    access: "both",
    why: CONNECT,
    async run(trial) {
      const { a, b } = trial.pair();
      a.connect(b.local);
      a.write("hello");
      assert.equal((await trial.first(b)).from.port, a.local.port);
    },
  },
  {
    id: "TX-41",
    title: "a connected endpoint may name its peer all the same",
    access: "both",
    why: "Twisted: None and the equal tuple are both accepted",
    async run(trial) {
      const { a, b } = trial.pair();
      a.connect(b.local);
      a.write("hello", b.local);
      assert.equal((await trial.first(b)).bytes.toString(), "hello");
    },
  },
  {
    id: "TX-42",
    title: "an endpoint knows its peer while it is connected, and has none before and after",
    access: "both",
    why: "getpeername(2)",
    run(trial) {
      const { a, b } = trial.pair();
      const told = [a.peer];
      a.connect(b.local);
      told.push(a.peer);
      a.disconnect();
      told.push(a.peer);
      const { address, port } = b.local;
      assert.deepEqual(
        told.map((peer) => peer && [peer.address, peer.port]),
        [undefined, [address, port], undefined],
      );
    },
  },
  {
    id: "TX-43",
    title: "a connected endpoint receives from its peer only",
    access: "both",
    why: "connect(2): the only address from which datagrams are received",
    async run(trial) {
      const { a, b } = trial.pair();
      a.connect(b.local);
      trial.open().write("from a stranger", a.local);
      b.write("from the peer", a.local);
      await trial.receivedOnly(a, ["from the peer"], { from: b });
    },
  },
  {
    id: "TX-48",
    title: "a port that is connected refuses to be connected again, with ERR_ALREADY_CONNECTED",
    access: "reactor",
    why: "Twisted: test_badConnect, RuntimeError",
    run(trial) {
      const { a, b } = trial.pair();
      a.connect(b.local);
      assertRefused(() => a.connect(b.local), [], "ERR_ALREADY_CONNECTED");
      assert.equal(a.peer?.port, b.local.port);
    },
  },
  {
    id: "TX-49",
    title: "a connected port refuses to write to anybody else, with ERR_DESTINATION_FIXED",
    access: "reactor",
    why: "Twisted: AssertionError",
    run(trial) {
      const { a, b } = trial.pair();
      const other = trial.open();
      a.connect(b.local);
      assertRefused(() => a.write("x", other.local), [], "ERR_DESTINATION_FIXED");
    },
  },
  {
    id: "TX-50",
    title: "a failed connect() leaves the endpoint as it was, not connected",
    access: "both",
    host: ["ownNetwork"],
    why: 'Twisted was stuck "connected" after a connect() that failed',
    async run(trial) {
      const { a, b } = { a: trial.open({ address: trial.addresses.any }), b: trial.open() };
      assertRefused(() => a.connect({ address: trial.addresses.foreign, port: 9 }), ["ENETUNREACH", "EHOSTUNREACH", "UNKNOWN"]);
      assert.equal(a.peer, undefined);
      a.connect(b.local);
      a.write("hello");
      await trial.first(b);
    },
  },
  {
    id: "TX-51",
    title: "a connected endpoint reports ECONNREFUSED, once for each datagram, when its peer's port is closed",
    access: "both",
    why: REFUSED,
    async run(trial) {
      const { endpoint, gone } = await connectedToNobody(trial);
      endpoint.write("anybody?");
      await trial.until("the refusal is reported", () => endpoint.losses.length > 0);
      const { errno, peer } = endpoint.losses[0]!;
      assert.equal(errno, ERRNO.ECONNREFUSED);
      assert.deepEqual([peer?.address, peer?.port], [gone.address, gone.port]);
      const peerAgain = trial.open({ port: gone.port });
      await trial.fence(endpoint, { from: peerAgain });
      assert.equal(endpoint.losses.length, 1);
    },
  },
  {
    id: "TX-52",
    title: "a refusal closes nothing: when a socket opens on the peer's port, both receive from each other",
    access: "both",
    why: "Twisted on epoll closed the port instead (#5377, #6287, #6467)",
    async run(trial) {
      const { endpoint, gone } = await connectedToNobody(trial);
      endpoint.write("anybody?");
      await trial.until("the refusal is reported", () => endpoint.losses.length > 0);
      const late = trial.open({ port: gone.port });
      endpoint.write("and now?");
      assert.equal((await trial.first(late)).bytes.toString(), "and now?");
      late.write("yes", endpoint.local);
      await trial.first(endpoint);
    },
  },
  {
    id: "TX-53",
    title: "a refusal is not reported from inside the call that writes",
    access: "both",
    why: "Twisted called connectionRefused() inside write(), which had not sent its datagram then",
    async run(trial) {
      const { endpoint } = await connectedToNobody(trial);
      for (let count = 0; count < 3; count++) {
        const before = endpoint.losses.length;
        endpoint.write("anybody?");
        assert.equal(endpoint.losses.length, before);
        await trial.until("the refusal is reported", () => endpoint.losses.length > before);
      }
    },
  },
  {
    id: "TX-54",
    title: "an endpoint that is not connected reports which peer refused its datagram",
    access: "both",
    needs: ["icmpErrors", "set receiveErrors"],
    why: "ip(7): IP_RECVERR; RFC 1122, 4.1.3.3",
    async run(trial) {
      const endpoint = trial.open();
      askForErrors(trial, endpoint);
      const [gone, other] = [trial.open(), trial.open()];
      const { local } = gone;
      await gone.close();
      endpoint.write("hello", other.local);
      endpoint.write("anybody?", local);
      await trial.until("the refusal is reported", () => endpoint.losses.length > 0);
      const { errno, peer } = endpoint.losses[0]!;
      assert.deepEqual([errno, peer?.address, peer?.port], [ERRNO.ECONNREFUSED, local.address, local.port]);
    },
  },
  {
    id: "TX-55",
    title: "datagrams to others leave while refusals come in",
    access: "both",
    needs: ["icmpErrors", "set receiveErrors"],
    why: "ip(7): with IP_RECVERR a send can fail with the error of an earlier one; the datagram is then sent again",
    async run(trial) {
      const { a, b } = trial.pair();
      askForErrors(trial, a);
      const gone = trial.open();
      const { local } = gone;
      await gone.close();
      const texts = Array.from({ length: 10 }, (_, number) => String(number));
      for (const text of texts) {
        a.write("anybody?", local);
        a.write(text, b.local);
      }
      await trial.received(b, texts.length);
      assert.deepEqual(textsOf(b), texts);
    },
  },
  {
    id: "TX-56",
    title: "a port whose protocol throws in connectionRefused() keeps running",
    access: "reactor",
    why: "Twisted closed the port; datagram-protocol.ts: what these methods throw never stops the port",
    async run(trial) {
      const { endpoint, gone } = await connectedToNobody(trial);
      endpoint.onLoss = () => {
        throw new Error("thrown by connectionRefused()");
      };
      endpoint.write("anybody?");
      await trial.until("the refusal is reported", () => endpoint.losses.length > 0);
      trial.open({ port: gone.port }).write("here I am", endpoint.local);
      await trial.first(endpoint);
      assert.deepEqual(endpoint.errors.map(String), ["Error: thrown by connectionRefused()"]);
    },
  },
]);

/** Opens an endpoint whose peer has just closed. */
async function connectedToNobody(trial: Trial): Promise<{ readonly endpoint: Endpoint; readonly gone: SocketAddress }> {
  const gone = trial.open();
  const { local } = gone;
  const endpoint = trial.open();
  endpoint.connect(local);
  await gone.close();
  return { endpoint, gone: local };
}

/** Turns on reports of ICMP errors. Ports do so by themselves. */
function askForErrors(trial: Trial, endpoint: Endpoint): void {
  if (trial.access === "bare") (endpoint as SocketEndpoint).set("receiveErrors", 1);
}
