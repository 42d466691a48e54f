// How far multicast goes: TTL 0, 1 and 2 across a router.
import { describe, test } from "vitest";
import { BACKENDS } from "../support/backends.js";
import { scenario } from "../support/lab/scenario.js";
import { routed } from "../support/lab/topologies.js";
import { FAMILIES } from "./support/families.js";
import { RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const PORT = 5000;
const GROUPS = FAMILIES.map(({ group }) => group(1));

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(backend, async (lab) => {
    const { a, b, toA } = await routed(lab, GROUPS);
    const [onLink, beyond] = await Promise.all([toA.capture(), b.capture()]);
    return { a, b, onLink, beyond, sending: await RemoteReactor.start(a.host, backend) };
  });

  describe.each(FAMILIES)("$family", ({ family, any, group }) => {
    const to = { address: group(1), port: PORT };

    test("setTTL(0) keeps a group's datagrams on the host, where a member receives them", async () => {
      const { a, onLink, sending } = net();
      const promise = `TTL 0 stays on the host, ${family}`;
      const sent = `"zero ${family}" to ${to.address}, TTL 0, out of eth0`;
      await scenario({ promise, keptBy: backend, sent, seenAt: ["a (member)"], mustNotBeSeenAt: ["router/to-a"] }, async () => {
        const member = await sending.listenMulticast(PORT, { ...any, listenMultiple: true });
        await member.do.joinGroup(to.address, a.name);
        const sender = await sending.listenMulticast(0, { ...any, ttl: 0, outgoingInterface: a.name });
        await sender.send(`zero ${family}`, to);
        await member.received({ text: `zero ${family}` });
        const fence = sender.fence(to);
        const send = async () => {
          await sender.do.setTTL(1);
          await fence.send();
        };
        await onLink.didNotSee({ payload: `zero ${family}` }, { ...fence, send });
        await Promise.all([member.do.stopListening(), sender.do.stopListening()]);
      });
    });

    test("setTTL(1) ends a group's datagrams at the router", async () => {
      const { a, onLink, beyond, sending } = net();
      const promise = `TTL 1 stays on the link, ${family}`;
      const sent = `"one ${family}" to ${to.address}, TTL 1 (the default)`;
      await scenario({ promise, keptBy: backend, sent, seenAt: ["router/to-a"], mustNotBeSeenAt: ["b/eth0"] }, async () => {
        const sender = await sending.listenMulticast(0, { ...any, outgoingInterface: a.name });
        await sender.send(`one ${family}`, to);
        await onLink.saw({ payload: `one ${family}`, ttl: 1 });
        const fence = sender.fence(to);
        const send = async () => {
          await sender.do.setTTL(2);
          await fence.send();
        };
        await beyond.didNotSee({ payload: `one ${family}` }, { ...fence, send });
        await sender.do.stopListening();
      });
    });

    test("setTTL(2) lets a group's datagrams pass one router", async () => {
      const { beyond, sending } = net();
      const promise = `TTL 2 passes one router, ${family}`;
      const sent = `"two ${family}" to ${to.address}, TTL 2`;
      await scenario({ promise, keptBy: backend, sent, seenAt: ["b/eth0, TTL 1"], mustNotBeSeenAt: [] }, async () => {
        const sender = await sending.listenMulticast(0, { ...any, ttl: 2 });
        await sender.send(`two ${family}`, to);
        await beyond.saw({ payload: `two ${family}`, ttl: 1 });
        await sender.do.stopListening();
      });
    });
  });
});
