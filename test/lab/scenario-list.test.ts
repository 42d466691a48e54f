// What the tests of multicast_expert 1.6 try of its sockets, tried of ports. Finding interfaces is in interfaces.test.ts, other groups,
// interfaces and numbers in isolation.test.ts, loopback mode in outgoing.test.ts, wrong addresses in refusals.test.ts; its time-outs have
// no counterpart, since nobody waits in a call to receive.
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../support/backends.js";
import { scenario } from "../support/lab/scenario.js";
import { FAMILIES } from "./support/families.js";
import { inTurn } from "./support/in-turn.js";
import { dualHomed } from "./support/networks.js";
import { RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

/** What leaves by loopback, and comes in there. IPv6 needs a group that stays on the interface, and a route that only root can add. */
const ON_LOOPBACK = {
  IPv4: { group: "239.255.6.1", source: "127.0.0.1" },
  IPv6: { group: "ff11::6:1", source: "::1" },
} as const;

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(backend, async (lab) => {
    const ends = await dualHomed(lab);
    await ends.host.namespace.ip(["route add table local ff11::/16 dev lo"]);
    const [here, atA, atB] = await Promise.all([ends.host, ends.a.host, ends.b.host].map((host) => RemoteReactor.start(host, backend)));
    return { ...ends, here: here!, atA: atA!, atB: atB! };
  });

  describe.each(FAMILIES)("$family", ({ family, any, group, address }) => {
    const { group: loopbackGroup, source: loopbackAddress } = ON_LOOPBACK[family];

    test("on loopback: text, and the address and number of the sender", async () => {
      const promise = `Multicast on loopback, ${family}`;
      const row = { promise, keptBy: backend, sent: `to ${loopbackGroup} by lo`, seenAt: ["host (member on lo)"], mustNotBeSeenAt: [] };
      await scenario(row, async () => {
        const member = await net().here.listenMulticast(0, any);
        await member.do.joinGroup(loopbackGroup, "lo");
        const sender = await net().here.listenMulticast(0, { ...any, outgoingInterface: "lo" });
        await sender.send("hello", { address: loopbackGroup, port: member.port });
        expect(await member.received({ text: "hello" })).toMatchObject({ from: { address: loopbackAddress, port: sender.port } });
        await Promise.all([member.do.stopListening(), sender.do.stopListening()]);
      });
    });

    test("on loopback, for one source: the sender's, and not for another's", async () => {
      const member = await net().here.listenMulticast(0, any);
      await member.do.joinGroup(loopbackGroup, "lo", { source: loopbackAddress });
      const deaf = await net().here.listenMulticast(0, any);
      await deaf.do.joinGroup(loopbackGroup, "lo", { source: family === "IPv4" ? "192.0.2.7" : "2001:db8::7" });
      await deaf.do.joinGroup(group(1), "eth0");
      const sender = await net().here.listenMulticast(0, { ...any, outgoingInterface: "lo" });
      await inTurn([member, deaf], (port) => sender.send("hello", { address: loopbackGroup, port: port.port }));
      await member.received({ text: "hello" });
      const fence = await net().atA.listenMulticast(0, { ...any, outgoingInterface: "eth0" });
      await fence.send("fence", { address: group(1), port: deaf.port });
      await deaf.received({ text: "fence" });
      expect(deaf.texts).toEqual(["fence"]);
      await Promise.all([member, deaf, sender, fence].map((port) => port.do.stopListening()));
    });

    test("one datagram is received once, and then nothing", async () => {
      const member = await net().here.listenMulticast(0, any);
      await member.do.joinGroup(group(2), "eth0");
      const sender = await net().atA.listenMulticast(0, { ...any, outgoingInterface: "eth0" });
      await sender.send("one", { address: group(2), port: member.port });
      await sender.send("fence", { address: address(net().eth0), port: member.port });
      await member.received({ text: "fence" });
      expect(member.texts).toEqual(["one", "fence"]);
      await Promise.all([member.do.stopListening(), sender.do.stopListening()]);
    });

    test("two interfaces, a datagram from each, with the addresses of their senders", async () => {
      const { here, atA, atB, a, b } = net();
      const member = await here.listenMulticast(0, any);
      await inTurn(["eth0", "eth1"], (on) => member.do.joinGroup(group(3), on));
      const senders = [
        await atA.listenMulticast(0, { ...any, outgoingInterface: "eth0" }),
        await atB.listenMulticast(0, { ...any, outgoingInterface: "eth0" }),
      ];
      await inTurn(senders, (sender, n) => sender.send(`from ${n}`, { address: group(3), port: member.port }));
      await inTurn([a, b], async (end, n) => {
        expect(await member.received({ text: `from ${n}` })).toMatchObject({ from: { address: address(end), port: senders[n]!.port } });
      });
      await Promise.all([member, ...senders].map((port) => port.do.stopListening()));
    });

    test("a port that is bound to its group receives no unicast, and one that is not does", async () => {
      const { here, atA, eth0 } = net();
      const bound = await here.listenMulticast(0, { interface: group(4) });
      await bound.do.joinGroup(group(4), "eth0");
      const open = await here.listenMulticast(0, any);
      const sender = await atA.listenMulticast(0, { ...any, outgoingInterface: "eth0" });
      await inTurn([bound, open], ({ port }) => sender.send("unicast", { address: address(eth0), port }));
      await sender.send("to the group", { address: group(4), port: bound.port });
      await bound.received({ text: "to the group" });
      await open.received({ text: "unicast" });
      expect(bound.texts).toEqual(["to the group"]);
      await Promise.all([bound, open, sender].map((port) => port.do.stopListening()));
    });
  });
});
