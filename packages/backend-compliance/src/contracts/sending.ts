/** Sending single datagrams. */

import assert from "node:assert/strict";
import { errnoName } from "@groupcast/base";
import { type Contract, contracts } from "../contract.js";
import { type Endpoint, textsOf } from "../endpoint/endpoint.js";
import { assertRefused } from "../endpoint/refusal.js";
import type { Trial } from "../trial/trial.js";

export const SENDING: readonly Contract[] = contracts([
  {
    id: "TX-1",
    title: "a payload may be changed as soon as the call that sends it has returned",
    access: "both",
    why: "backend.ts: what is taken is copied; transport.ts: write copies",
    async run(trial) {
      const { a, b } = trial.pair();
      const bytes = Buffer.from("as it was");
      a.write(bytes, b.local);
      bytes.fill("!");
      assert.equal((await trial.first(b)).bytes.toString(), "as it was");
    },
  },
  {
    id: "TX-2",
    title: "a payload one byte too long for UDP is refused with EMSGSIZE, and nothing of it arrives",
    access: "both",
    why: "RFC 768; udp(7): EMSGSIZE",
    async run(trial) {
      const { a, b } = trial.pair();
      const error = await lossOf(trial, a, () => a.write(Buffer.alloc(trial.addresses.maxPayloadBytes + 1), b.local));
      assert.equal(error, "EMSGSIZE");
      await trial.receivedOnly(b, []);
    },
  },
  {
    id: "TX-3",
    title: "after a refused datagram the endpoint sends on",
    access: "both",
    why: "udp(7): an error concerns one datagram",
    async run(trial) {
      const { a, b } = trial.pair();
      await lossOf(trial, a, () => a.write(Buffer.alloc(70_000), b.local));
      a.write("next", b.local);
      assert.equal((await trial.first(b)).bytes.toString(), "next");
    },
  },
  {
    id: "TX-4",
    title: "a burst arrives whole and in order",
    access: "both",
    why: "backend.ts: in order; the send queue of a port keeps it",
    async run(trial) {
      const { a, b } = trial.pair();
      const texts = Array.from({ length: 130 }, (_, number) => `burst ${number}`);
      for (const text of texts) a.write(text, b.local);
      await trial.received(b, texts.length);
      assert.deepEqual(textsOf(b), texts);
    },
  },
  {
    id: "TX-5",
    title: "datagrams to different peers each arrive at their own peer",
    access: "both",
    why: "sendto(2)",
    async run(trial) {
      const sender = trial.open();
      const peers = [trial.open(), trial.open(), trial.open()];
      for (const round of [1, 2, 3]) for (const [number, peer] of peers.entries()) sender.write(`${number} ${round}`, peer.local);
      for (const [number, peer] of peers.entries()) {
        await trial.received(peer, 3);
        assert.deepEqual(textsOf(peer), [`${number} 1`, `${number} 2`, `${number} 3`]);
      }
    },
  },
  {
    id: "TX-6",
    title: "datagrams of all lengths, empty ones among them, stay apart",
    access: "both",
    why: "RFC 768: UDP keeps the bounds of messages; UDP_SEGMENT must not show",
    async run(trial) {
      const { a, b } = trial.pair();
      const lengths = [0, 1, 100, 100, 100, 99, 0, 0, 1_472, 1_473, 3_000, 100, 100, 101];
      for (const length of lengths) a.write(Buffer.alloc(length, "x"), b.local);
      const arrived = await trial.received(b, lengths.length);
      assert.deepEqual(
        arrived.map(({ bytes }) => bytes.length),
        lengths,
      );
    },
  },
  {
    id: "TX-7",
    title: "writing to a closed port does no harm: the endpoint keeps sending and receiving",
    access: "both",
    why: "Twisted: test_serverReadFailure; on epoll it closed the port (#5377)",
    async run(trial) {
      const { a, b } = trial.pair();
      const gone = trial.open();
      await gone.close();
      for (let count = 0; count < 10; count++) attempt(() => a.write("anybody?", gone.local));
      attempt(() => a.write("hello", b.local)); // Linux may report the refusal here, when the socket asked for reports
      await trial.fence(a);
      a.write("hello again", b.local);
      await trial.until("it is heard", () => textsOf(b).includes("hello again"));
    },
  },
  {
    id: "TX-8",
    title: "a datagram without a route is reported as lost, with ENETUNREACH or EHOSTUNREACH",
    access: "both",
    host: ["ownNetwork"],
    why: "ip(7), send(2): ENETUNREACH",
    async run(trial) {
      const sender = trial.open({ address: trial.addresses.any });
      const error = await lossOf(trial, sender, () => sender.write("x", { address: trial.addresses.foreign, port: 9 }));
      assert.ok(["ENETUNREACH", "EHOSTUNREACH"].includes(error), error);
    },
  },
  {
    id: "TX-9",
    title: "a broadcast is refused with EACCES until it is allowed",
    access: "both",
    families: [4],
    needs: ["set broadcast"],
    host: ["multicast"],
    why: "socket(7): SO_BROADCAST; ip(7): EACCES",
    async run(trial) {
      const sender = trial.open({ address: trial.addresses.any });
      assert.equal(await lossOf(trial, sender, () => sender.write("x", { address: broadcastOf(trial), port: 9 })), "EACCES");
    },
  },
  {
    id: "TX-10",
    title: "an allowed broadcast reaches endpoints on every address of the sending host, too",
    access: "both",
    families: [4],
    needs: ["set broadcast"],
    host: ["multicast"],
    why: "RFC 919; ip_mc_output() of net/ipv4/ip_output.c loops a copy back",
    async run(trial) {
      const receiver = trial.open({ address: trial.addresses.any });
      const sender = trial.open({ address: trial.addresses.any });
      sender.setBroadcast(true);
      sender.write("to all", { address: broadcastOf(trial), port: receiver.local.port });
      assert.equal((await trial.first(receiver)).bytes.toString(), "to all");
    },
  },
  {
    id: "TX-11",
    title: "broadcast can be forbidden again",
    access: "both",
    families: [4],
    needs: ["set broadcast"],
    host: ["multicast"],
    why: "socket(7): SO_BROADCAST",
    async run(trial) {
      const sender = trial.open({ address: trial.addresses.any });
      sender.setBroadcast(true);
      sender.setBroadcast(false);
      assert.equal(await lossOf(trial, sender, () => sender.write("x", { address: broadcastOf(trial), port: 9 })), "EACCES");
    },
  },
  {
    id: "TX-12",
    title: "a datagram can be sent from any local address of the host",
    access: "both",
    needs: ["sendPacketInfo"],
    host: ["twoSources"],
    why: "ip(7): ipi_spec_dst of IP_PKTINFO; RFC 3542, 6.2",
    async run(trial) {
      const receiver = trial.open({ address: trial.addresses.any });
      const sender = trial.open({ address: trial.addresses.any });
      for (const source of trial.sources.slice(0, 2)) {
        sender.write(source, { address: trial.sources[0]!, port: receiver.local.port }, { interfaceIndex: 0, source });
      }
      for (const { bytes, from } of await trial.received(receiver, 2)) assert.equal(from.address, bytes.toString());
    },
  },
  {
    id: "TX-13",
    title: "the origin of one datagram does not change that of the next one",
    access: "both",
    needs: ["sendPacketInfo"],
    host: ["twoSources"],
    why: "ip(7): control data belongs to its datagram",
    async run(trial) {
      const [first = "", second = ""] = trial.sources;
      const receiver = trial.open({ address: trial.addresses.any });
      const sender = trial.open({ address: first });
      const to = { address: first, port: receiver.local.port };
      sender.write(second, to, { interfaceIndex: 0, source: second });
      sender.write(first, to);
      for (const { bytes, from } of await trial.received(receiver, 2)) assert.equal(from.address, bytes.toString());
    },
  },
  {
    id: "TX-14",
    title: "a datagram longer than the interface's MTU arrives whole",
    access: "both",
    host: ["multicast"],
    why: "RFC 791, RFC 8200: the sending host fragments; ip(7): IP_PMTUDISC_WANT",
    async run(trial) {
      const member = trial.member();
      const bytes = Buffer.alloc((trial.net.mtu ?? 1_500) * 3, "fragments ");
      if (bytes.length > trial.addresses.maxPayloadBytes) return; // loopback: nothing is longer than its MTU
      trial.sender().write(bytes, trial.toGroup(member));
      assert.ok((await trial.first(member)).bytes.equals(bytes));
    },
  },
  {
    id: "TX-15",
    title: "a datagram without destination is refused with ERR_NO_DESTINATION by a port that is not connected",
    access: "reactor",
    why: "Twisted: an AssertionError, which vanishes under python -O",
    run(trial) {
      const port = trial.open();
      assertRefused(() => port.write("x"), [], "ERR_NO_DESTINATION");
    },
  },
  {
    id: "TX-16",
    title: "a loss is reported once, after the call that wrote the datagram",
    access: "both",
    host: ["ownNetwork"],
    why: "backend.ts: refused late is told by sendFailed; transport.ts: sendFailed",
    async run(trial) {
      const sender = trial.open({ address: trial.addresses.any });
      const error = await lossOf(trial, sender, () => sender.write("x", { address: trial.addresses.foreign, port: 9 }));
      await trial.fence(sender);
      assert.ok(sender.losses.length <= 1, `${error} was told ${sender.losses.length} times`);
    },
  },
]);

/** Returns the name of the errno that a datagram is lost with: refused at once, or reported later. */
export async function lossOf(trial: Trial, from: Endpoint, write: () => void): Promise<string> {
  const before = from.losses.length;
  let refused: unknown;
  try {
    write();
  } catch (error) {
    refused = error;
  }
  if (refused !== undefined) return errnoName((refused as { errno: number }).errno);
  await trial.until("the loss is reported", () => from.losses.length > before);
  return errnoName(from.losses.at(-1)!.errno);
}

/** Returns the directed broadcast address of the interface: every host bit set (RFC 922). Linux accepts it even if it was not configured. */
function broadcastOf(trial: Trial): string {
  const found = trial.net.addresses.find(({ family }) => family === 4);
  if (found === undefined) return assert.fail(`${trial.net.name} has no IPv4 address`);
  const value = found.address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const hosts = 2 ** (32 - found.prefixLength);
  const last = value - (value % hosts) + hosts - 1;
  return [24, 16, 8, 0].map((shift) => (last >>> shift) & 255).join(".");
}

/** Makes a call that may be refused. */
function attempt(call: () => void): void {
  try {
    call();
  } catch {
    // either is right
  }
}
