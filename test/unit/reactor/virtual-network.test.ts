import { answered } from "@groupcast/backend-compliance";
import { type MemoryHost, MemoryNetwork } from "@groupcast/backend-memory";
import { type Arrival, type MulticastListenOptions, type MulticastPort, Reactor, type SocketAddress } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { Received } from "./loopback-stage.js";

const PORT = 5000;
const WORLDS = [
  { family: 4, any: "0.0.0.0", group: "225.0.0.250", other: "225.0.0.251", noGroup: "127.0.0.1", foreign: "::1", loopback: "127.0.0.1" },
  { family: 6, any: "::", group: "ff15::1", other: "ff15::2", noGroup: "::1", foreign: "127.0.0.1", loopback: "::1" },
] as const;

/** Hosts a, b … on one switch, each with a reactor. */
class Lan {
  readonly network: MemoryNetwork = new MemoryNetwork();
  readonly #reactors = new Map<string, Reactor>();

  host(name: string): MemoryHost {
    return this.network.host(name);
  }

  reactor(name: string): Reactor {
    const made = this.#reactors.get(name);
    if (made !== undefined) return made;
    const logger = { info() {}, warn() {}, error() {} };
    const reactor = new Reactor({ backend: this.host(name), clock: this.network.clock, logger });
    this.#reactors.set(name, reactor);
    return reactor;
  }

  listen(name: string, options: MulticastListenOptions, number = PORT): { readonly port: MulticastPort; readonly got: Received } {
    const got = new Received();
    return { port: this.reactor(name).listenMulticast(number, got, options), got };
  }

  /** Lets everything that is under way arrive. */
  async settle(): Promise<void> {
    await this.network.clock.advance(10);
  }
}

describe.each(WORLDS)("IPv$family:", ({ any, group, other, noGroup, foreign, loopback }) => {
  test("a group reaches its members on other hosts and on this one, and nobody else", async () => {
    const lan = new Lan();
    const [sender, near] = [lan.listen("a", { interface: any }, 0), lan.listen("a", { interface: any })];
    const [member, stranger] = [lan.listen("b", { interface: any }), lan.listen("c", { interface: any })];
    near.port.joinGroup(group);
    member.port.joinGroup(group);
    stranger.port.joinGroup(other);
    sender.port.write("hello", { address: group, port: PORT });
    await lan.settle();
    expect([near.got.texts, member.got.texts, stranger.got.texts]).toEqual([["hello"], ["hello"], []]);
  });

  test("loopback mode is on at first; off, members on this host get nothing, others still do", async () => {
    const lan = new Lan();
    const [self, member] = [lan.listen("a", { interface: any }), lan.listen("b", { interface: any })];
    self.port.joinGroup(group);
    member.port.joinGroup(group);
    expect(self.port.getLoopbackMode()).toBe(true);
    self.port.write("on", { address: group, port: PORT });
    await lan.settle();
    self.port.setLoopbackMode(false);
    expect(self.port.getLoopbackMode()).toBe(false);
    self.port.write("off", { address: group, port: PORT });
    await lan.settle();
    expect([self.got.texts, member.got.texts]).toEqual([["on"], ["on", "off"]]);
  });

  test("setTTL() changes what it was, and the hop limit of IPv6 too", async () => {
    const lan = new Lan();
    const sender = lan.listen("a", { interface: any }, 0);
    expect(sender.port.getTTL()).toBe(1);
    sender.port.setTTL(2);
    expect(sender.port.getTTL()).toBe(2);
    class Hops extends Received {
      readonly hops: (number | undefined)[] = [];
      override datagramReceived(data: Buffer, from: SocketAddress, arrival?: Arrival): void {
        this.hops.push(arrival?.ttl);
        super.datagramReceived(data, from);
      }
    }
    const got = new Hops();
    lan.reactor("b").listenMulticast(PORT, got, { interface: any, arrival: true }).joinGroup(group);
    sender.port.write("x", { address: group, port: PORT });
    await lan.settle();
    expect(got.hops).toEqual([2]);
  });

  test("TTL 0 stays on the host, where its members get it; a fence with TTL 1 does not", async () => {
    const lan = new Lan();
    const sender = lan.listen("a", { interface: any, ttl: 0, outgoingInterface: "eth0" }, 0);
    const [near, far] = [lan.listen("a", { interface: any }), lan.listen("b", { interface: any })];
    near.port.joinGroup(group, "eth0");
    far.port.joinGroup(group);
    sender.port.write("near", { address: group, port: PORT });
    await lan.settle();
    sender.port.setTTL(1);
    sender.port.write("fence", { address: group, port: PORT });
    await lan.settle();
    expect([near.got.texts, far.got.texts]).toEqual([["near", "fence"], ["fence"]]);
  });

  test("TTL 0 without a chosen interface reaches no other host", async () => {
    const lan = new Lan();
    const sender = lan.listen("a", { interface: any, ttl: 0 }, 0);
    const far = lan.listen("b", { interface: any });
    far.port.joinGroup(group);
    sender.port.write("near", { address: group, port: PORT });
    await lan.settle();
    sender.port.setTTL(1);
    sender.port.write("fence", { address: group, port: PORT });
    await lan.settle();
    expect(far.got.texts).toEqual(["fence"]);
  });

  test("a write before setTTL() leaves with the TTL of its moment", async () => {
    const lan = new Lan();
    const sender = lan.listen("a", { interface: any, outgoingInterface: "eth0" }, 0);
    const far = lan.listen("b", { interface: any });
    far.port.joinGroup(group);
    sender.port.write("far", { address: group, port: PORT });
    sender.port.setTTL(0);
    sender.port.write("near", { address: group, port: PORT });
    sender.port.setTTL(1);
    sender.port.write("fence", { address: group, port: PORT });
    await lan.settle();
    expect(far.got.texts).toEqual(["far", "fence"]);
  });

  test("setOutgoingInterface() by name, index and address is told back as the name", () => {
    const { port } = new Lan().listen("a", { interface: any });
    expect(port.getOutgoingInterface()).toBe("default");
    for (const selector of ["lo", 1, loopback]) {
      port.setOutgoingInterface("default");
      port.setOutgoingInterface(selector);
      expect(port.getOutgoingInterface()).toBe("lo");
    }
  });

  test("joinGroup() of what is no group, or of the other family, throws", () => {
    const { port } = new Lan().listen("a", { interface: any });
    expect(() => port.joinGroup(noGroup)).toThrow(expect.objectContaining({ code: "ERR_NOT_MULTICAST" }));
    expect(() => port.joinGroup(foreign)).toThrow(expect.objectContaining({ code: "ERR_FAMILY_MISMATCH" }));
  });

  test("joinGroup() on an interface named by an address of the other family joins there: it only names it", () => {
    const { port } = new Lan().listen("a", { interface: any });
    port.joinGroup(group, foreign);
    expect(port.memberships).toEqual([{ group, interface: "lo", state: "joined" }]);
  });

  test("a port that joined on one interface gets nothing of its group from another", async () => {
    const lan = new Lan();
    lan.network.switch("other");
    lan.host("a").addInterface("eth1", { switch: "other" });
    lan.host("c");
    lan.network.host("b", { switch: "other" });
    const [first, second] = [
      lan.listen("a", { interface: any, listenMultiple: true }),
      lan.listen("a", { interface: any, listenMultiple: true }),
    ];
    first.port.joinGroup(group, "eth0");
    second.port.joinGroup(group, "eth1");
    lan.listen("b", { interface: any }, 0).port.write("from b, on eth1", { address: group, port: PORT });
    lan.listen("c", { interface: any }, 0).port.write("from c, on eth0", { address: group, port: PORT });
    await lan.settle();
    expect([first.got.texts, second.got.texts]).toEqual([["from c, on eth0"], ["from b, on eth1"]]);
  });

  test("a stream resumes when its interface is deleted and made again, and its events say so", async () => {
    const lan = new Lan();
    const member = lan.listen("b", { interface: any });
    const states: string[] = [];
    member.port.on("membership", ({ membership }) => states.push(membership.state));
    member.port.joinGroup(group, "eth0");
    const sender = lan.listen("a", { interface: any }, 0);
    sender.port.write("before", { address: group, port: PORT });
    await lan.settle();
    lan.host("b").removeInterface("eth0");
    await lan.settle();
    sender.port.write("lost", { address: group, port: PORT });
    await lan.settle();
    lan.host("b").addInterface("eth0", { switch: "lan" });
    await lan.settle();
    sender.port.write("after", { address: group, port: PORT });
    await lan.settle();
    expect(member.got.texts).toEqual(["before", "after"]);
    expect(states).toEqual(["joined", "lost", "joined"]);
  });

  test("a source that is blocked is not heard until it is unblocked; others are", async () => {
    const lan = new Lan();
    const member = lan.listen("c", { interface: any });
    const [a, b] = [lan.listen("a", { interface: any }, 0), lan.listen("b", { interface: any }, 0)];
    const source = addressOf(lan.host("a"), any);
    member.port.joinGroup(group, "eth0");
    member.port.blockSource(group, source, "eth0");
    a.port.write("blocked", { address: group, port: PORT });
    b.port.write("other", { address: group, port: PORT });
    await lan.settle();
    member.port.unblockSource(group, source, "eth0");
    a.port.write("unblocked", { address: group, port: PORT });
    await lan.settle();
    expect(member.got.texts).toEqual(["other", "unblocked"]);
  });

  test("a member for one source hears it alone", async () => {
    const lan = new Lan();
    const member = lan.listen("c", { interface: any });
    const [a, b] = [lan.listen("a", { interface: any }, 0), lan.listen("b", { interface: any }, 0)];
    member.port.joinGroup(group, "eth0", { source: addressOf(lan.host("a"), any) });
    a.port.write("source", { address: group, port: PORT });
    b.port.write("stranger", { address: group, port: PORT });
    await lan.settle();
    expect(member.got.texts).toEqual(["source"]);
  });

  test("100 groups are heard once each", async () => {
    const lan = new Lan();
    const member = lan.listen("b", { interface: any });
    const groups = Array.from({ length: 100 }, (_, index) => (any === "::" ? `ff15::${index + 1}` : `239.255.0.${index + 1}`));
    for (const each of groups) member.port.joinGroup(each, "eth0");
    const sender = lan.listen("a", { interface: any }, 0);
    for (const each of groups) sender.port.write(each, { address: each, port: PORT });
    await lan.settle();
    expect(member.got.texts.toSorted()).toEqual(groups.toSorted());
  });

  test("members answer a port that is connected to their group, from their own addresses", async () => {
    const lan = new Lan();
    const member = lan.listen("b", { interface: any });
    member.port.joinGroup(group);
    member.got.onReceived = () => void member.port.write("answer", member.got.packets.at(-1)!.from);
    const asking = lan.listen("a", { interface: any }, 0);
    asking.port.connect(group, PORT);
    asking.port.write("question");
    await lan.settle();
    expect(asking.got.texts).toEqual(["answer"]);
  });
});

/** The address a host sends from to the groups of these tests. */
function addressOf(host: MemoryHost, any: string): string {
  const eth0 = answered(host.network.interfaces()).find(({ name }) => name === "eth0")!;
  const family = any === "::" ? 6 : 4;
  return eth0.addresses.find((entry) => entry.family === family && !entry.address.startsWith("fe80"))!.address;
}
