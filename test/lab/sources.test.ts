// Joining and leaving: by each kind of selector, any source or one, and blocking single sources.
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../support/backends.js";
import { scenario } from "../support/lab/scenario.js";
import { FAMILIES } from "./support/families.js";
import { inTurn } from "./support/in-turn.js";
import { dualHomed } from "./support/networks.js";
import { type RemotePort, RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const SECOND_ADDRESS = { IPv4: "10.78.0.3", IPv6: "fd78::3" } as const;
let numbers = 5000;

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(backend, async (lab) => {
    const ends = await dualHomed(lab);
    for (const address of ["10.78.0.3/24", "fd78::3/64"]) await ends.a.addAddress(address);
    const [receiving, atA, atB] = await Promise.all([
      RemoteReactor.start(ends.host, backend),
      RemoteReactor.start(ends.a.host, "dgram"),
      RemoteReactor.start(ends.b.host, "dgram"),
    ]);
    return { ...ends, receiving, atA, atB };
  });

  describe.each(FAMILIES)("$family", ({ family, any, group, address }) => {
    /** Sends from a: its first address, or its second. */
    async function sendFromA(text: string, to: { address: string; port: number }, from?: string): Promise<void> {
      const sender = await net().atA.listenMulticast(0, { interface: from ?? address(net().a), outgoingInterface: net().a.name });
      await sender.send(text, to);
      await sender.do.stopListening();
    }

    async function sendFromB(text: string, to: { address: string; port: number }): Promise<void> {
      const sender = await net().atB.listenMulticast(0, { ...any, outgoingInterface: net().b.name });
      await sender.send(text, to);
      await sender.do.stopListening();
    }

    function open(): Promise<RemotePort> {
      numbers += 1;
      return net().receiving.listenMulticast(numbers, any);
    }

    test("joinGroup() takes a name, an index, an address, a zone and an interface of the network", async () => {
      const { receiving, eth0 } = net();
      const listed = (await receiving.network.interfaces()).find(({ name }) => name === eth0.name)!;
      const selectors = [eth0.name, await eth0.index(), address(eth0), `::%${eth0.name}`, listed];
      const groups = selectors.map((_, n) => group(10 + n));
      const promise = `Joining by name, index, address, zone or listed interface, ${family}`;
      await scenario({ promise, keptBy: backend, sent: "to each group", seenAt: ["the member"], mustNotBeSeenAt: [] }, async () => {
        const member = await open();
        await inTurn(groups, (one, n) => member.do.joinGroup(one, selectors[n]));
        const joined = groups.map((one) => ({ group: one, interface: "eth0", state: "joined" }));
        expect(await member.do.memberships()).toEqual(joined);
        await inTurn(groups, (one) => sendFromA(`to ${one}`, { address: one, port: member.port }));
        await inTurn(groups, (one) => member.received({ text: `to ${one}` }));
        await inTurn(groups, (one, n) => member.do.leaveGroup(one, selectors[n]));
        expect(await member.do.memberships()).toEqual([]);
        await member.do.stopListening();
      });
    });

    test('joinGroup(group, "all") joins on every interface, loopback too, and leaveGroup() undoes it', async () => {
      const promise = `Joining on all interfaces, ${family}`;
      const seenAt = ["the member, from a and b"];
      await scenario(
        { promise, keptBy: backend, sent: `to ${group(20)} from a and b`, seenAt, mustNotBeSeenAt: ["the member, twice"] },
        async () => {
          const member = await open();
          await member.do.joinGroup(group(20), "all");
          const joined = (await member.do.memberships()).map(({ interface: on }) => on);
          expect(joined.toSorted()).toEqual(["eth0", "eth1", "lo"]);
          await sendFromA("from a", { address: group(20), port: member.port });
          await member.received({ text: "from a" });
          await sendFromB("from b", { address: group(20), port: member.port });
          await member.received({ text: "from b" });
          expect(member.texts).toEqual(["from a", "from b"]);
          await member.do.leaveGroup(group(20), "all");
          expect(await member.do.memberships()).toEqual([]);
          await member.do.stopListening();
        },
      );
    });

    test("leaveGroup() ends one membership, and leaves the others", async () => {
      const promise = `Leaving one group of two, ${family}`;
      await scenario(
        { promise, keptBy: backend, sent: "to both groups", seenAt: ["the one still joined"], mustNotBeSeenAt: ["the one left"] },
        async () => {
          const member = await open();
          for (const n of [30, 31]) await member.do.joinGroup(group(n), "eth0");
          await member.do.leaveGroup(group(30), "eth0");
          await sendFromA("left", { address: group(30), port: member.port });
          await sendFromA("joined", { address: group(31), port: member.port });
          await member.received({ text: "joined" });
          expect(member.texts).toEqual(["joined"]);
          await member.do.stopListening();
        },
      );
    });

    test("joinGroup() of two sources lets in both, and after leaving one the other", async () => {
      const [one, other] = [address(net().a), SECOND_ADDRESS[family]];
      const promise = `Source-specific membership of two sources, ${family}`;
      const sent = `to ${group(40)} from ${one} and ${other}`;
      await scenario(
        { promise, keptBy: backend, sent, seenAt: ["the member, joined sources"], mustNotBeSeenAt: ["the member, left source"] },
        async () => {
          const member = await open();
          const to = { address: group(40), port: member.port };
          for (const source of [one, other]) await member.do.joinGroup(to.address, "eth0", { source });
          await sendFromA("one", to);
          await sendFromA("other", to, other);
          await member.received({ text: "other" });
          await member.do.leaveGroup(to.address, "eth0", { source: one });
          await sendFromA("one has left", to);
          await sendFromA("still there", to, other);
          await member.received({ text: "still there" });
          expect(member.texts).toEqual(["one", "other", "still there"]);
          await member.do.stopListening();
        },
      );
    });

    test("blockSource() shuts one source out until unblockSource(), or is unsupported", async () => {
      const blocked = SECOND_ADDRESS[family];
      const member = await open();
      const to = { address: group(50), port: member.port };
      await member.do.joinGroup(to.address, "eth0");
      if (backend === "dgram") {
        const refusal = { name: "UnsupportedError", code: "ERR_UNSUPPORTED_OPERATION", backend: "dgram" };
        await expect(member.do.blockSource(to.address, blocked, "eth0")).rejects.toMatchObject(refusal);
        return void (await member.do.stopListening());
      }
      const promise = `Blocking and unblocking a source, ${family}`;
      const seenAt = ["the member, before and after"];
      await scenario(
        { promise, keptBy: backend, sent: `to ${to.address} from ${blocked}`, seenAt, mustNotBeSeenAt: ["the member, while blocked"] },
        async () => {
          await sendFromA("before", to, blocked);
          await member.do.blockSource(to.address, blocked, "eth0");
          await sendFromA("blocked", to, blocked);
          await sendFromA("another", to);
          await member.received({ text: "another" });
          await member.do.unblockSource(to.address, blocked, "eth0");
          await sendFromA("after", to, blocked);
          await member.received({ text: "after" });
          expect(member.texts).toEqual(["before", "another", "after"]);
          await member.do.stopListening();
        },
      );
    });
  });
});
