// What joining and leaving do on the wire: IGMP and MLD messages, and a switch that sends to members only.
import { describe, expect, test } from "vitest";
import { BACKENDS, type BackendName } from "../support/backends.js";
import type { Capture, Fence } from "../support/lab/capture.js";
import type { HostInterface } from "../support/lab/host.js";
import { type MembershipMessage, saysJoin, saysLeave } from "../support/lab/membership-message.js";
import type { Packet } from "../support/lab/packet.js";
import { scenario } from "../support/lab/scenario.js";
import type { Switch, SwitchOptions } from "../support/lab/switch.js";
import { switched } from "../support/lab/topologies.js";
import { FAMILIES, type FamilyRow } from "./support/families.js";
import { type RemotePort, RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const PORT = 5000;
const FLOODED = { IPv4: "224.0.0.200", IPv6: "ff02::1%eth0" } as const; // never pruned: RFC 4541 2.1.2 and 3

interface Net {
  readonly uplink: Switch;
  readonly b: HostInterface;
  readonly atB: Capture;
  readonly atC: Capture;
  /** What host b says to the switch. */
  readonly fromB: Capture;
  readonly sending: RemoteReactor;
  readonly receiving: RemoteReactor;
  readonly senders: Readonly<Record<FamilyRow["family"], RemotePort>>;
}

function switchLab(backend: BackendName, options: SwitchOptions): () => Net {
  return sharedLab(backend, async (lab) => {
    const { uplink, interfaces } = await switched(lab, ["a", "b", "c"], options);
    const [a, b, c] = interfaces as readonly [HostInterface, HostInterface, HostInterface];
    const [atB, atC, fromB] = await Promise.all([b.capture(), c.capture(), b.capture({ direction: "out" })]);
    const [sending, receiving] = await Promise.all([RemoteReactor.start(a.host, backend), RemoteReactor.start(b.host, backend)]);
    const [ipv4, ipv6] = [await sending.listenMulticast(0), await sending.listenMulticast(0, { interface: "::" })];
    for (const sender of [ipv4, ipv6]) await sender.do.setOutgoingInterface(a.name);
    return { uplink, b, atB, atC, fromB, sending, receiving, senders: { IPv4: ipv4, IPv6: ipv6 } };
  });
}

function saying(decides: (message: MembershipMessage | undefined, group: string) => boolean, group: string): (packet: Packet) => boolean {
  return ({ membership }) => decides(membership, group);
}

function since(startMs: number): string {
  return `${Math.round(performance.now() - startMs)} ms`;
}

describe.each(BACKENDS)("on %s, a switch that snoops and asks", (backend) => {
  const net = switchLab(backend, {});

  describe.each(FAMILIES)("$family", ({ family, any, group }) => {
    const to = { address: group(1), port: PORT };

    function fence(): Fence {
      return net().senders[family].fence({ address: FLOODED[family], port: PORT });
    }

    test("joinGroup() has the switch send the group to this host alone, and leaveGroup() ends it", async () => {
      const { uplink, b, atB, atC, fromB, receiving, senders } = net();
      const member = await receiving.listenMulticast(PORT, any);
      const promise = `A switch sends a joined group to its members only, ${family}`;
      await scenario({ promise, keptBy: backend, sent: `to ${to.address}`, seenAt: ["b/eth0"], mustNotBeSeenAt: ["c/eth0"] }, async () => {
        await member.do.joinGroup(to.address, b.name);
        await fromB.saw(saying(saysJoin, to.address));
        await uplink.whenMembers(to.address, ["b"]);
        await senders[family].send("joined", to);
        await member.received({ text: "joined" });
        await atC.didNotSee({ payload: "joined", destination: to.address }, fence());
      });
      const left = `A leave is seen on the cable, and ends the flow, ${family}`;
      const said = family === "IPv4" ? "IGMP leave" : "MLD leave";
      await scenario(
        { promise: left, keptBy: backend, sent: said, seenAt: ["b/eth0 (leave)"], mustNotBeSeenAt: ["b/eth0"] },
        async (notes) => {
          const leftMs = performance.now();
          await member.do.leaveGroup(to.address, b.name);
          await fromB.saw(saying(saysLeave, to.address));
          await uplink.whenMembers(to.address, []);
          notes.measured(`pruned ${since(leftMs)} after leaveGroup()`);
          await senders[family].send("left", to);
          await atB.didNotSee({ payload: "left", destination: to.address }, fence());
          await member.do.stopListening();
        },
      );
    });

    test("joinGroup() and leaveGroup() of one source say so on the cable", async () => {
      const { b, fromB, receiving } = net();
      const [ssm, source] = family === "IPv4" ? ["232.1.2.3", "10.77.1.1"] : ["ff35::123", "fd77:0:0:1::1"]; // RFC 4607
      const promise = `Source-specific joins and leaves name their source, ${family}`;
      const seenAt = ["b/eth0 (allow, block)"];
      await scenario({ promise, keptBy: backend, sent: `join and leave ${ssm} from ${source}`, seenAt, mustNotBeSeenAt: [] }, async () => {
        const member = await receiving.listenMulticast(0, any);
        await member.do.joinGroup(ssm, b.name, { source });
        const join = await fromB.saw(saying(saysJoin, ssm));
        expect(join.membership?.groups).toContainEqual({ group: ssm, record: "allow", sources: [source] });
        await member.do.leaveGroup(ssm, b.name, { source });
        const leave = await fromB.saw(saying(saysLeave, ssm));
        expect(leave.membership?.groups).toContainEqual({ group: ssm, record: "block", sources: [source] });
        await member.do.stopListening();
      });
    });

    test("stopListening() leaves the port's groups", async () => {
      const { uplink, b, receiving } = net();
      const member = await receiving.listenMulticast(0, any);
      await member.do.joinGroup(group(2), b.name);
      await uplink.whenMembers(group(2), ["b"]);
      await member.do.stopListening();
      await uplink.whenMembers(group(2), []);
    });
  });

  test("joinGroup() is undone by the kernel, when the process is killed", async () => {
    const { uplink, b } = net();
    const doomed = await RemoteReactor.start(b.host, backend);
    const member = await doomed.listenMulticast(0);
    await member.do.joinGroup("239.255.9.9", b.name);
    await uplink.whenMembers("239.255.9.9", ["b"]);
    doomed.program.signal("SIGKILL");
    await doomed.program.exited();
    await uplink.whenMembers("239.255.9.9", []);
  });
});

describe("on dgram, a switch that does not snoop", () => {
  const net = switchLab("dgram", { snooping: false, querier: false });

  test.each(FAMILIES)("joinGroup() changes nothing for the other hosts, $family", async ({ family, any, group }) => {
    const { b, atC, receiving, senders } = net();
    const promise = `A switch that does not snoop floods what is joined, ${family}`;
    await scenario({ promise, keptBy: "lab", sent: `to ${group(1)}`, seenAt: ["b/eth0", "c/eth0"], mustNotBeSeenAt: [] }, async () => {
      const member = await receiving.listenMulticast(PORT, any);
      await member.do.joinGroup(group(1), b.name);
      await senders[family].send(`flooded ${family}`, { address: group(1), port: PORT });
      await member.received({ text: `flooded ${family}` });
      await atC.saw({ payload: `flooded ${family}` });
      await member.do.stopListening();
    });
  });
});
