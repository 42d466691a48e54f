// Which interface and which address a datagram leaves by.
import type { Arrival } from "groupcast";
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../support/backends.js";
import { scenario } from "../support/lab/scenario.js";
import { FAMILIES } from "./support/families.js";
import { inTurn } from "./support/in-turn.js";
import { dualHomed } from "./support/networks.js";
import { RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const PORT = 5000;
const SECOND_ADDRESS = { IPv4: "10.78.0.9", IPv6: "fd78::9" } as const; // of the sending host, on eth0
const UNSUPPORTED = { name: "UnsupportedError", code: "ERR_UNSUPPORTED_OPERATION" } as const;

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(backend, async (lab) => {
    const ends = await dualHomed(lab);
    for (const address of ["10.78.0.9/24", "fd78::9/64"]) await ends.eth0.addAddress(address);
    const [atA, atB] = await Promise.all([ends.a.capture(), ends.b.capture()]);
    const [sending, far] = await Promise.all([RemoteReactor.start(ends.host, backend), RemoteReactor.start(ends.a.host, backend)]);
    return { ...ends, atA, atB, sending, far };
  });

  describe.each(FAMILIES)("$family", ({ family, any, group, address }) => {
    const to = { address: group(1), port: PORT };

    test("setOutgoingInterface() takes a name, an index, an address and an interface of the network, and reads back as a name", async () => {
      const { sending, eth1, atA, atB } = net();
      const listed = (await sending.network.interfaces()).find(({ name }) => name === eth1.name)!;
      const selectors = { name: eth1.name, index: await eth1.index(), address: address(eth1), zone: `::%${eth1.name}`, listed };
      const promise = `The chosen interface, not the route's, by name, index, address or zone, ${family}`;
      await scenario({ promise, keptBy: backend, sent: `to ${to.address}`, seenAt: ["b/eth0"], mustNotBeSeenAt: ["a/eth0"] }, async () => {
        const sender = await sending.listenMulticast(0, any);
        expect(await sender.do.getOutgoingInterface()).toBe("default");
        await inTurn(Object.entries(selectors), async ([kind, selector]) => {
          await sender.do.setOutgoingInterface("eth0");
          await sender.do.setOutgoingInterface(selector);
          expect(await sender.do.getOutgoingInterface()).toBe("eth1");
          await sender.send(`${kind} ${family}`, to);
          const packet = await atB.saw({ payload: `${kind} ${family}` });
          expect(packet.source).toBe(address(eth1));
        });
        await atA.didNotSee({ kind: "udp", destination: to.address }, sender.fence({ address: address(net().a), port: PORT }));
        await sender.do.setOutgoingInterface("default");
        await sender.send(`default ${family}`, { address: group(2), port: PORT });
        await atA.saw({ payload: `default ${family}` });
        await sender.do.stopListening();
      });
    });

    test("outgoingInterface holds for a connected port, and for one that is bound to another interface's address", async () => {
      const { sending, eth0, atB } = net();
      const connected = await sending.connectUDP(to, { outgoingInterface: "eth1" });
      await connected.do.write(`connected ${family}`);
      await atB.saw({ payload: `connected ${family}` });
      const bound = await sending.listenMulticast(0, { interface: address(eth0), outgoingInterface: "eth1" });
      await bound.send(`bound ${family}`, to);
      expect(await atB.saw({ payload: `bound ${family}` })).toMatchObject({ source: address(eth0) });
      await Promise.all([connected.do.stopListening(), bound.do.stopListening()]);
    });

    test("write() takes an interface for one datagram, by name, index or address, or is unsupported", async () => {
      const { sending, eth1, atA, atB } = net();
      const promise = `An interface for one datagram, ${family}`;
      const seenAt = backend === "native" ? ["b/eth0, then a/eth0"] : ["UnsupportedError"];
      await scenario(
        { promise, keptBy: backend, sent: `to ${to.address}, by eth1 and as usual`, seenAt, mustNotBeSeenAt: [] },
        async () => {
          const sender = await sending.listenMulticast(0, { ...any, outgoingInterface: "eth0" });
          await inTurn(["eth1", await eth1.index(), address(eth1)], async (selector) => {
            const text = `by ${selector} ${family}`;
            const written = sender.send(text, to, { interface: selector });
            if (backend === "dgram") return expect(written).rejects.toMatchObject(UNSUPPORTED);
            await written;
            return atB.saw({ payload: text });
          });
          await sender.send(`as usual ${family}`, to);
          await atA.saw({ payload: `as usual ${family}` });
          await sender.do.stopListening();
        },
      );
    });

    test("write() to a group with a zone leaves by that interface", async () => {
      const { sending, atB } = net();
      const sender = await sending.listenMulticast(0, any);
      const zoned = { address: "ff12::77%eth1", port: PORT };
      if (family === "IPv6") {
        await sender.send("by its zone", zoned);
        await atB.saw({ payload: "by its zone", destination: "ff12::77" });
      } else await expect(sender.send("by its zone", zoned)).rejects.toMatchObject({ code: "ERR_FAMILY_MISMATCH" });
      await sender.do.stopListening();
    });

    test("write() with a source answers from the address that was asked, on a host with two", async () => {
      const { sending, far } = net();
      const promise = `A reply leaves from the address that it was sent to, on a host with two, ${family}`;
      const asked = SECOND_ADDRESS[family];
      const sent = `to ${asked} (eth0), and back`;
      const seenAt = [backend === "native" ? `a, from ${asked}` : "UnsupportedError"];
      await scenario({ promise, keptBy: backend, sent, seenAt, mustNotBeSeenAt: [] }, async () => {
        const server = await sending.listenUDP(0, { ...any, arrival: true });
        const client = await far.listenUDP(0, any);
        await client.send("question", { address: asked, port: server.port });
        const question = await server.received({ text: "question" });
        const { destination } = question.arrival as Arrival;
        const answer = server.do.write("answer", question.from, { source: asked });
        if (backend === "dgram") await expect(answer).rejects.toMatchObject(UNSUPPORTED);
        else {
          expect(destination).toBe(asked);
          await answer;
          expect(await client.received({ text: "answer" })).toMatchObject({ from: { address: asked, port: server.port } });
        }
        await Promise.all([server.do.stopListening(), client.do.stopListening()]);
      });
    });

    test("arrival says group, interface, TTL and time, as far as the backend can tell", async () => {
      const { sending, far, a } = net();
      const member = await sending.listenMulticast(0, { ...any, arrival: true });
      await member.do.joinGroup(group(3), "eth0");
      const sender = await far.listenMulticast(0, { ...any, ttl: 9, outgoingInterface: a.name });
      await sender.send("look", { address: group(3), port: member.port });
      const { arrival } = await member.received({ text: "look" });
      if (backend === "dgram") expect(arrival).toEqual({ truncated: false });
      else {
        const facts = { destination: group(3), interface: "eth0", interfaceIndex: await net().eth0.index(), ttl: 9, truncated: false };
        expect(arrival).toMatchObject(facts);
        expect(Math.abs(Number(arrival.timestampNs) / 1e6 - Date.now())).toBeLessThan(60_000);
      }
      await Promise.all([member.do.stopListening(), sender.do.stopListening()]);
    });

    test.each([true, false])("setLoopbackMode(%s) decides whether members on this host receive", async (isOn) => {
      const { sending, atA } = net();
      const promise = `Loopback mode ${isOn ? "on" : "off"}, ${family}`;
      const row = { promise, keptBy: backend, sent: `to ${group(4)} by eth0` };
      const places = ["host (member)"];
      await scenario({ ...row, seenAt: ["a/eth0", ...(isOn ? places : [])], mustNotBeSeenAt: isOn ? [] : places }, async () => {
        const member = await sending.listenMulticast(0, any);
        await member.do.joinGroup(group(4), "eth0");
        const sender = await sending.listenMulticast(0, { ...any, outgoingInterface: "eth0", loopback: isOn });
        expect(await sender.do.getLoopbackMode()).toBe(isOn);
        await sender.send(`loopback ${isOn} ${family}`, { address: group(4), port: member.port });
        await atA.saw({ payload: `loopback ${isOn} ${family}` });
        await sender.do.setLoopbackMode(true);
        await sender.send("fence", { address: group(4), port: member.port });
        await member.received({ text: "fence" });
        expect(member.texts).toEqual(isOn ? [`loopback true ${family}`, "fence"] : ["fence"]);
        await Promise.all([member.do.stopListening(), sender.do.stopListening()]);
      });
    });
  });
});
