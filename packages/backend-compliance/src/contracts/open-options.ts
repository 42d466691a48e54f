/** Options that change while an endpoint is open, and what a port keeps out. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { type OpeningGroup, textsOf } from "../endpoint/endpoint.js";
import { assertRefused, isTaken } from "../endpoint/refusal.js";
import type { Trial } from "../trial/trial.js";

const EXPEDITED_FORWARDING = 0xb8; // RFC 3246: DSCP 46, above the two bits of ECN
const BYTES_PER_SECOND = 200_000;
const DEVICE = "socket(7): SO_BINDTODEVICE; SO_BINDTOIFINDEX is Linux 5.0";
const GROUP = "docs/decisions, isolation: a port of one group, with and without multicastOnly";

export const OPEN_OPTIONS: readonly Contract[] = contracts([
  {
    id: "OPT-5",
    title: "the TTL of unicast that is set while an endpoint is open is that of the datagrams written later",
    access: "both",
    needs: ["set unicastTtl", "set receiveTtl"],
    why: "ip(7): IP_TTL; ipv6(7): IPV6_UNICAST_HOPS",
    async run(trial) {
      const { a, b } = trial.pair();
      a.write("as the system has it", b.local);
      a.setUnicastTtl(37);
      a.write("37", b.local);
      const [before, after] = await trial.received(b, 2);
      assert.notEqual(before!.arrival.ttl, 37);
      assert.equal(after!.arrival.ttl, 37);
    },
  },
  {
    id: "OPT-6",
    title: "the TTL of unicast is not that of multicast",
    access: "both",
    needs: ["set unicastTtl", "set receiveTtl"],
    host: ["multicast"],
    why: "ip(7): IP_TTL, IP_MULTICAST_TTL; RFC 1112, 6.1",
    async run(trial) {
      const member = trial.member();
      const sender = trial.sender();
      sender.setUnicastTtl(37);
      sender.write("x", trial.toGroup(member));
      assert.equal((await trial.first(member)).arrival.ttl, 1);
    },
  },
  {
    id: "OPT-7",
    title: "a traffic class that is set while an endpoint is open is in force, on this endpoint only, and nothing is lost by it",
    access: "both",
    needs: ["set trafficClass", "get trafficClass"],
    why: "ip(7): IP_TOS; RFC 3542: IPV6_TCLASS",
    async run(trial) {
      const { a, b } = trial.pair();
      assert.equal(a.setTrafficClass(EXPEDITED_FORWARDING), EXPEDITED_FORWARDING);
      assert.equal(b.setTrafficClass(0), 0);
      assert.equal(a.setTrafficClass(EXPEDITED_FORWARDING | 3), EXPEDITED_FORWARDING | 3);
      a.write("x", b.local);
      await trial.receivedOnly(b, ["x"]);
    },
  },
  {
    id: "OPT-8",
    title: "the receive buffer of an open endpoint can be made smaller and larger",
    access: "both",
    needs: ["set receiveBufferBytes", "get receiveBufferBytes"],
    why: "socket(7): SO_RCVBUF",
    run(trial) {
      const end = trial.open();
      const small = end.resizeReceiveBuffer(8_192)!;
      const large = end.resizeReceiveBuffer(65_536)!;
      assert.ok(small >= 8_192 && large >= 65_536 && small < large, `${small} and ${large}`);
    },
  },
  {
    id: "OPT-9",
    title: "an endpoint that is bound to an interface receives by that one only",
    access: "both",
    needs: ["set bindToInterface"],
    host: ["secondInterface"],
    why: DEVICE,
    async run(trial) {
      const member = trial.open({ address: trial.addresses.any });
      for (const at of [trial.net, trial.otherNet]) member.join(trial.group(), at);
      member.bindTo(trial.net); // after joining: a bound port refuses the other interface
      const here = trial.sender(trial.net);
      trial.sender(trial.otherNet).write("elsewhere", trial.toGroup(member));
      here.write("here", trial.toGroup(member));
      await trial.received(member, 1);
      await trial.receivedOnly(member, ["here"], { from: here, to: trial.toGroup(member) });
    },
  },
  {
    id: "OPT-10",
    title: "an endpoint that is bound to an interface sends to groups by that one, whichever the route names",
    access: "both",
    needs: ["set bindToInterface", "packetInfo"],
    host: ["secondInterface"],
    why: DEVICE,
    async run(trial) {
      const member = trial.open({ address: trial.addresses.any });
      for (const at of [trial.net, trial.otherNet]) member.join(trial.group(), at);
      for (const at of [trial.net, trial.otherNet]) {
        const sender = trial.open({ address: trial.addresses.any });
        sender.bindTo(at);
        sender.write(at.name, trial.toGroup(member));
      }
      const arrived = await trial.received(member, 2);
      assert.deepEqual(
        arrived.map(({ arrival }) => arrival.interface),
        textsOf(member),
      );
    },
  },
  {
    id: "OPT-13",
    title:
      "a port that is bound to an interface refuses datagrams and memberships that name another one, and sends its copies for all by that one alone",
    access: "reactor",
    needs: ["set bindToInterface", "sendPacketInfo", "packetInfo"],
    host: ["secondInterface"],
    why: "udp_sendmsg() of net/ipv4/udp.c: IP_PKTINFO wins over SO_BINDTOIFINDEX; udpv6_sendmsg() of net/ipv6/udp.c: so does the zone",
    async run(trial) {
      const member = trial.open({ address: trial.addresses.any });
      for (const at of [trial.net, trial.otherNet]) member.join(trial.group(), at);
      const port = trial.open({ address: trial.addresses.any });
      port.bindTo(trial.net);
      const to = trial.toGroup(member);
      const elsewhere = { interfaceIndex: trial.otherNet.index, source: undefined };
      assertRefused(() => port.write("elsewhere", to, elsewhere), [], "ERR_INTERFACE_FIXED");
      assertRefused(() => port.setOutgoing(trial.otherNet), [], "ERR_INTERFACE_FIXED");
      assertRefused(() => port.join(trial.group(), trial.otherNet), [], "ERR_INTERFACE_FIXED");
      port.write("here", to, { interfaceIndex: trial.net.index, source: undefined });
      port.write("by all", to, "all");
      const arrived = await trial.received(member, 2);
      assert.deepEqual(
        arrived.map(({ arrival }) => arrival.interface),
        [trial.net.name, trial.net.name],
      );
      await trial.receivedOnly(member, ["here", "by all"]);
    },
  },
  {
    id: "OPT-11",
    title: "a port of a group receives unicast, too",
    access: "reactor",
    host: ["multicast"],
    why: GROUP,
    async run(trial) {
      const port = trial.open({ opening: opening(trial, false) });
      const sender = trial.sender();
      sender.write("unicast", { address: trial.addresses.loopback, port: port.local.port });
      await trial.received(port, 1);
      sender.write("multicast", trial.toGroup(port));
      await trial.received(port, 2);
      assert.deepEqual(textsOf(port), ["unicast", "multicast"]);
    },
  },
  {
    id: "OPT-12",
    title: "a port of a group that takes multicast only receives no unicast",
    access: "reactor",
    host: ["multicast"],
    why: GROUP,
    async run(trial) {
      const port = trial.open({ opening: opening(trial, true) });
      const sender = trial.sender();
      sender.write("unicast", { address: trial.addresses.loopback, port: port.local.port });
      sender.write("multicast", trial.toGroup(port));
      await trial.received(port, 1);
      await trial.receivedOnly(port, ["multicast"], { from: sender, to: trial.toGroup(port) });
    },
  },
  {
    id: "OPT-14",
    title: "a port that takes multicast only receives each group that it joins, or refuses the join with ERR_GROUP_FIXED",
    access: "reactor",
    host: ["multicast"],
    why: `${GROUP}; __udp_is_mcast_sock() of net/ipv4/udp.c: a socket that is bound to a group receives that one`,
    async run(trial) {
      const port = trial.open({ opening: opening(trial, true) });
      const second = trial.group(1);
      const expected = isTaken(() => port.join(second, trial.net), "ERR_GROUP_FIXED") ? ["second", "first"] : ["first"];
      const sender = trial.sender();
      sender.write("second", trial.toGroup(port, second));
      sender.write("first", trial.toGroup(port));
      await trial.received(port, expected.length);
      await trial.receivedOnly(port, expected, { from: sender, to: trial.toGroup(port) });
    },
  },
  {
    id: "OPT-15",
    title: "a port with a rate sends all that is written, in order, and nothing before its time",
    access: "reactor",
    why: "docs/decisions, the rate of a port: what waits for its time leaves in parts of the batch that it was written in",
    async run(trial) {
      const receiver = trial.open();
      const sender = trial.open({ maxBytesPerSecond: BYTES_PER_SECOND });
      const texts = Array.from({ length: 40 }, (_, number) => `${number} `.padEnd(100, "."));
      const startMs = trial.clock.nowMs();
      for (const text of texts) sender.write(text, receiver.local);
      await trial.received(receiver, texts.length);
      const tookMs = trial.clock.nowMs() - startMs;
      assert.deepEqual(textsOf(receiver), texts);
      const leastMs = (1000 * texts.slice(1).join("").length) / BYTES_PER_SECOND; // the first leaves at once; headers count, too
      assert.ok(tookMs >= leastMs, `${tookMs} ms, and not ${leastMs} or more`);
    },
  },
]);

function opening(trial: Trial, multicastOnly: boolean): OpeningGroup {
  return { group: trial.group(), at: trial.net, multicastOnly };
}
