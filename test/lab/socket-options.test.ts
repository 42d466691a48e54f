// Options of open ports, as the wire shows them: traffic class, TTL of unicast, the only interface, and multicast only.
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../support/backends.js";
import { scenario } from "../support/lab/scenario.js";
import { FAMILIES } from "./support/families.js";
import { inTurn } from "./support/in-turn.js";
import { dualHomed } from "./support/networks.js";
import { RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const PORT = 5000;
const EXPEDITED_FORWARDING = 0xb8; // RFC 3246: DSCP 46, above the two bits of ECN
const UNSUPPORTED = { name: "UnsupportedError", code: "ERR_UNSUPPORTED_OPTION" } as const;

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(backend, async (lab) => {
    const ends = await dualHomed(lab);
    const [atA, atB] = await Promise.all([ends.a.capture(), ends.b.capture()]);
    const [sending, far] = await Promise.all([RemoteReactor.start(ends.host, backend), RemoteReactor.start(ends.a.host, backend)]);
    return { ...ends, atA, atB, sending, far };
  });

  describe.each(FAMILIES)("$family", ({ family, any, group, address }) => {
    test("trafficClass and setTrafficClass() are the class of unicast and of multicast, or are unsupported", async () => {
      const { sending, a, eth0, atA } = net();
      const options = { ...any, outgoingInterface: eth0.name, trafficClass: EXPEDITED_FORWARDING };
      const promise = `A traffic class, of unicast and of multicast, ${family}`;
      const isNative = backend === "native";
      const seenAt = [isNative ? "a/eth0, DSCP 46, then DSCP 10" : "UnsupportedError"];
      await scenario({ promise, keptBy: backend, sent: "to a, and to a group", seenAt, mustNotBeSeenAt: [] }, async () => {
        if (!isNative) {
          await expect(sending.listenMulticast(0, options)).rejects.toMatchObject({ ...UNSUPPORTED, operation: "listenMulticast" });
          const port = await sending.listenMulticast(0, any);
          await expect(port.do.setTrafficClass(8)).rejects.toMatchObject({ ...UNSUPPORTED, operation: "setTrafficClass" });
          expect(await port.do.getTrafficClass()).toBeUndefined();
          return port.do.stopListening();
        }
        const port = await sending.listenMulticast(0, options);
        await inTurn([EXPEDITED_FORWARDING, 10 << 2, 0], async (trafficClass) => {
          await port.do.setTrafficClass(trafficClass);
          expect(await port.do.getTrafficClass()).toBe(trafficClass);
          await inTurn([address(a), group(1)], async (to) => {
            const text = `class ${trafficClass} to ${to}`;
            await port.send(text, { address: to, port: PORT });
            expect(await atA.saw({ payload: text })).toMatchObject({ trafficClass });
          });
        });
        await port.do.stopListening();
        const opened = await sending.listenMulticast(0, options);
        await opened.send(`opened ${family}`, { address: address(a), port: PORT });
        expect(await atA.saw({ payload: `opened ${family}` })).toMatchObject({ trafficClass: EXPEDITED_FORWARDING });
        await opened.do.stopListening();
      });
    });

    test("unicastTTL and setUnicastTTL() are the TTL of unicast, and leave that of multicast alone", async () => {
      const { sending, a, eth0, atA } = net();
      const promise = `A TTL of unicast, ${family}`;
      await scenario(
        { promise, keptBy: backend, sent: "to a, and to a group", seenAt: ["a/eth0, TTL 7"], mustNotBeSeenAt: [] },
        async () => {
          const port = await sending.listenMulticast(0, { ...any, outgoingInterface: eth0.name, unicastTTL: 33 });
          await port.send(`33 ${family}`, { address: address(a), port: PORT });
          expect(await atA.saw({ payload: `33 ${family}` })).toMatchObject({ ttl: 33 });
          await port.do.setUnicastTTL(7);
          expect([await port.do.getUnicastTTL(), await port.do.getTTL()]).toEqual([7, 1]);
          await port.send(`7 ${family}`, { address: address(a), port: PORT });
          expect(await atA.saw({ payload: `7 ${family}` })).toMatchObject({ ttl: 7 });
          await port.send(`multicast ${family}`, { address: group(2), port: PORT });
          expect(await atA.saw({ payload: `multicast ${family}` })).toMatchObject({ ttl: 1 });
          await port.do.stopListening();
        },
      );
    });

    test("bindToInterface sends by that interface, whatever the route says, or is unsupported", async () => {
      const { sending, a, eth0, eth1, atA, atB } = net();
      const promise = `The only interface of a port, ${family}`;
      const isNative = backend === "native";
      const seenAt = [isNative ? "b/eth0" : "UnsupportedError"];
      const mustNotBeSeenAt = isNative ? ["a/eth0"] : [];
      await scenario({ promise, keptBy: backend, sent: "to groups, the route is eth0", seenAt, mustNotBeSeenAt }, async () => {
        const options = { ...any, bindToInterface: eth1.name };
        if (!isNative) return expect(sending.listenMulticast(0, options)).rejects.toMatchObject(UNSUPPORTED);
        // Bound to the address of the other interface, the kernel sends by that one; without binding to an interface, so would a port.
        await inTurn([options, { ...options, interface: address(eth0) }], async (bound, index) => {
          const port = await sending.listenMulticast(0, bound);
          expect([await port.do.getBindToInterface(), await port.do.getOutgoingInterface()]).toEqual(["eth1", "eth1"]);
          const to = { address: group(3 + index), port: PORT };
          await port.send(`bound ${index} ${family}`, to);
          await atB.saw({ payload: `bound ${index} ${family}` });
          const fence = (await sending.listenMulticast(0, any)).fence({ address: address(a), port: PORT });
          await atA.didNotSee({ destination: to.address }, fence);
          await port.do.stopListening();
        });
        const [first, second] = await Promise.all([
          sending.listenUDP(5100, options),
          sending.listenUDP(5100, { ...any, bindToInterface: eth0.name }),
        ]);
        expect([first.port, second.port]).toEqual([5100, 5100]);
        await Promise.all([first.do.stopListening(), second.do.stopListening()]);
      });
    });

    test("multicastOnly keeps unicast out, which a port of a group alone lets in", async () => {
      const { sending, far, a, eth0 } = net();
      const to = { address: group(9), port: 0 };
      const promise = `Multicast only, ${family}`;
      const mustNotBeSeenAt = ["the port with multicastOnly"];
      await scenario(
        { promise, keptBy: backend, sent: `to ${address(eth0)} and ${to.address}`, seenAt: ["host"], mustNotBeSeenAt },
        async () => {
          const sender = await far.listenMulticast(0, { ...any, outgoingInterface: a.name });
          await inTurn([true, false], async (multicastOnly) => {
            const port = await sending.listenMulticast(0, { group: to.address, outgoingInterface: eth0.name, multicastOnly });
            const texts = [`unicast ${multicastOnly} ${family}`, `multicast ${multicastOnly} ${family}`];
            await sender.send(texts[0]!, { address: address(eth0), port: port.port });
            await sender.send(texts[1]!, { address: to.address, port: port.port });
            await port.received({ text: texts[1]! });
            expect(port.texts).toEqual(multicastOnly ? [texts[1]] : texts);
            const { foreign } = await port.do.statistics();
            expect(foreign).toBe(multicastOnly && backend === "native" ? 1 : 0);
            await port.do.stopListening();
          });
          await sender.do.stopListening();
        },
      );
    });
  });
});
