/** The outgoing interface of a port as desired state, and datagrams that leave by all of them. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { type Endpoint, textsOf } from "../endpoint/endpoint.js";
import type { Trial } from "../trial/trial.js";

export const OUTGOING_INTERFACES: readonly Contract[] = contracts([
  {
    id: "MC-87",
    title: "a port waits for its outgoing interface: datagrams fail meanwhile and leave nowhere, and leave by it when it exists",
    access: "reactor",
    host: ["interfaceControl"],
    why: "transport.ts: setOutgoingInterface is desired state; mafintosh/multicast-dns throws where an interface comes late",
    async run(trial) {
      const late = await trial.addInterface();
      await trial.control.remove(late.name);
      const member = trial.member();
      const sender = trial.open({ address: trial.addresses.any });
      sender.setOutgoing(late);
      await assertWaiting(trial, sender, member);
      member.join(trial.group(), await trial.restoreInterface(late));
      await assertSendingAgain(trial, sender, member);
    },
  },
  {
    id: "MC-88",
    title: "a port sends by its outgoing interface again when that was removed and comes back; datagrams fail meanwhile",
    access: "reactor",
    host: ["interfaceControl"],
    why: "transport.ts: setOutgoingInterface is desired state; inetdev_event() of net/ipv4/devinet.c: the new interface has another index",
    async run(trial) {
      const member = trial.member();
      const at = await trial.addInterface();
      const sender = trial.sender(at);
      await trial.control.remove(at.name);
      await assertWaiting(trial, sender, member);
      member.join(trial.group(), await trial.restoreInterface(at));
      await assertSendingAgain(trial, sender, member);
    },
  },
  {
    id: "MC-89",
    title: "a datagram that a port sends by all interfaces leaves once by each that carries multicast",
    access: "reactor",
    needs: ["sendPacketInfo", "packetInfo", "set receivePacketInfo"],
    host: ["secondInterface"],
    why: "transport.ts: WriteOptions; RFC 6762, 15: a responder sends on every interface",
    async run(trial) {
      const member = trial.member();
      member.join(trial.group(), trial.otherNet);
      trial.open({ address: trial.addresses.any }).write("by each", trial.toGroup(member), "all");
      const arrived = await trial.received(member, 2);
      const names = arrived.map(({ arrival }) => arrival.interface).sort();
      assert.deepEqual(names, [trial.net.name, trial.otherNet.name].sort());
      await trial.receivedOnly(member, ["by each", "by each"]);
    },
  },
]);

/** Asserts that what `sender` writes is reported as lost, and reaches no other interface. */
async function assertWaiting(trial: Trial, sender: Endpoint, member: Endpoint): Promise<void> {
  sender.write("too early", trial.toGroup(member));
  await trial.until("the datagram is reported as lost", () => sender.losses.length > 0);
  await trial.receivedOnly(member, []);
}

/** Asserts that what `sender` writes arrives as soon as it knows that the interface is back. */
async function assertSendingAgain(trial: Trial, sender: Endpoint, member: Endpoint): Promise<void> {
  const isHeard = (): boolean => {
    sender.write("now", trial.toGroup(member));
    return member.arrived.length > 0;
  };
  await trial.until("the port sends by the interface", isHeard, WATCH_DEADLINE_MS);
  assert.ok(textsOf(member).every((text) => text === "now"));
}

const WATCH_DEADLINE_MS = 4_000; // a backend that asks again and again does so once a second
