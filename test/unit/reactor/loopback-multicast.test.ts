import { networkInterfaces } from "node:os";
import type { MulticastListenOptions, MulticastPort, Reactor } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { BACKENDS, type BackendName } from "../../support/backends.js";
import { hasMulticastLoopback } from "../../support/probe.js";
import { needs, Received, reactorOn } from "./loopback-stage.js";

const LOOPBACK = Object.entries(networkInterfaces()).find(([, entries]) => entries?.some(({ internal }) => internal))?.[0] ?? "lo";

/** A group for each test and backend, so that files that run side by side do not hear each other. */
function groupFor(backend: BackendName, number: number): string {
  return `239.255.${BACKENDS.indexOf(backend) + 100}.${number}`;
}

describe.each(BACKENDS)("%s:", (backend) => {
  needs(backend, hasMulticastLoopback);

  /** A port that sends by the loopback interface. */
  const listen = (reactor: Reactor, protocol: Received, options: MulticastListenOptions = {}): MulticastPort =>
    reactor.listenMulticast(0, protocol, { outgoingInterface: LOOPBACK, ...options });

  test("a member gets what a port that is none sends to its group", async () => {
    await using reactor = reactorOn(backend);
    const group = groupFor(backend, 1);
    const server = new Received();
    const port = listen(reactor, server);
    port.joinGroup(group, LOOPBACK);
    expect(port.memberships).toEqual([{ group, interface: LOOPBACK, state: "joined" }]);
    listen(reactor, new Received()).write("hello", { address: group, port: port.getHost().port });
    await server.arrivals(1);
    expect(server.texts).toEqual(["hello"]);
  });

  test("joinGroup() and leaveGroup() of one group by two ports do not disturb each other", async () => {
    await using reactor = reactorOn(backend);
    const group = groupFor(backend, 2);
    const server = new Received();
    const [first, second] = [listen(reactor, new Received()), listen(reactor, server)];
    first.joinGroup(group, LOOPBACK);
    second.joinGroup(group, LOOPBACK);
    first.leaveGroup(group, LOOPBACK);
    first.write("still joined", { address: group, port: second.getHost().port });
    await server.arrivals(1);
  });

  test("leaveGroup() ends delivery", async () => {
    await using reactor = reactorOn(backend);
    const group = groupFor(backend, 3);
    const server = new Received();
    const port = listen(reactor, server);
    port.joinGroup(group, LOOPBACK);
    port.leaveGroup(group, LOOPBACK);
    const client = listen(reactor, new Received());
    client.write("left", { address: group, port: port.getHost().port });
    client.write("fence", { address: "127.0.0.1", port: port.getHost().port });
    await server.arrivals(1);
    expect(server.texts).toEqual(["fence"]);
  });

  test("isolated: false lets in what another port has joined on the same number, and isolation is none", async () => {
    await using reactor = reactorOn(backend);
    const group = groupFor(backend, 6);
    const [member, open, isolated] = [new Received(), new Received(), new Received()];
    const first = listen(reactor, member, { listenMultiple: true });
    const { port } = first.getHost();
    first.joinGroup(group, LOOPBACK);
    const second = reactor.listenMulticast(port, open, { listenMultiple: true, isolated: false });
    const third = reactor.listenMulticast(port, isolated, { listenMultiple: true });
    const own = groupFor(backend, 7);
    third.joinGroup(own, LOOPBACK);
    const sender = listen(reactor, new Received());
    for (const to of [group, own]) sender.write(to, { address: to, port });
    await Promise.all([member.arrivals(1), open.arrivals(2), isolated.until(own, () => isolated.texts.includes(own))]);
    expect(open.texts).toEqual([group, own]);
    expect(second.isolation).toBe("none");
    expect(isolated.texts.at(-1)).toBe(own); // the fence
    if (third.isolation !== "none") expect(isolated.texts).toEqual([own]);
  });

  test("setLoopbackMode() is told back, and on at first", async () => {
    await using reactor = reactorOn(backend);
    const port = listen(reactor, new Received());
    expect(port.getLoopbackMode()).toBe(true);
    port.setLoopbackMode(false); // what it does shows on other interfaces only: ip_mc_output() does not heed it on loopback
    expect(port.getLoopbackMode()).toBe(false);
  });

  test("listenMultiple lets two ports have one number, and each gets the datagram once", async () => {
    await using reactor = reactorOn(backend);
    const group = groupFor(backend, 5);
    const protocols = [new Received(), new Received()] as const;
    const first = listen(reactor, protocols[0], { listenMultiple: true });
    const { port: number } = first.getHost();
    const second = reactor.listenMulticast(number, protocols[1], { listenMultiple: true });
    for (const port of [first, second]) port.joinGroup(group, LOOPBACK);
    for (const text of ["both", "fence"]) first.write(text, { address: group, port: number });
    await Promise.all(protocols.map((protocol) => protocol.arrivals(2)));
    expect(protocols.map(({ texts }) => texts)).toEqual([
      ["both", "fence"],
      ["both", "fence"],
    ]);
  });

  test("setTTL() and setOutgoingInterface() are told back, with 1 and the route at first", async () => {
    await using reactor = reactorOn(backend);
    const port = reactor.listenMulticast(0, new Received());
    expect([port.getTTL(), port.getOutgoingInterface()]).toEqual([1, "default"]);
    port.setTTL(2);
    port.setOutgoingInterface("127.0.0.1");
    expect([port.getTTL(), port.getOutgoingInterface()]).toEqual([2, LOOPBACK]);
  });

  test("setOutgoingInterface(0), joinGroup() of what is no group, and of the other family, throw before they do anything", async () => {
    await using reactor = reactorOn(backend);
    const port = listen(reactor, new Received());
    const isWrong = expect.objectContaining({ name: "InvalidArgumentError" });
    expect(() => port.setOutgoingInterface(0)).toThrow(isWrong);
    expect(() => port.joinGroup("127.0.0.1", LOOPBACK)).toThrow(isWrong);
    expect(() => port.joinGroup("ff02::1", LOOPBACK)).toThrow(isWrong);
    expect(port.memberships).toEqual([]);
  });

  test("a source-specific member gets its source alone", async () => {
    await using reactor = reactorOn(backend);
    const group = groupFor(backend, 6);
    const server = new Received();
    const port = listen(reactor, server);
    port.joinGroup(group, LOOPBACK, { source: "127.0.0.2" });
    const to = { address: group, port: port.getHost().port };
    listen(reactor, new Received(), { interface: "127.0.0.1" }).write("stranger", to);
    listen(reactor, new Received(), { interface: "127.0.0.2" }).write("source", to);
    await server.arrivals(1);
    expect(server.texts).toEqual(["source"]);
  });

  test("a port that joins 50 groups gets each of their datagrams once, where the backend can open further sockets", async () => {
    await using reactor = reactorOn(backend);
    const server = new Received();
    const port = listen(reactor, server);
    const groups = Array.from({ length: 50 }, (_, index) => groupFor(backend, 100 + index));
    const joinAll = (): void => groups.forEach((group) => void port.joinGroup(group, LOOPBACK));
    if (backend === "dgram") {
      expect(joinAll).toThrow(
        expect.objectContaining({ code: "ERR_JOIN", errnoName: "ENOBUFS", message: expect.stringContaining("igmp_max_memberships") }),
      );
      expect(port.memberships).toHaveLength(20);
      return;
    }
    joinAll();
    const client = listen(reactor, new Received());
    for (const group of groups) client.write(group, { address: group, port: port.getHost().port });
    client.write("fence", { address: "127.0.0.1", port: port.getHost().port });
    await server.until("the fence", () => server.texts.includes("fence"));
    await server.arrivals(51);
    expect(server.texts.toSorted()).toEqual([...groups, "fence"].toSorted());
  });

  test("TTL 0 reaches members on this host", async () => {
    await using reactor = reactorOn(backend);
    const group = groupFor(backend, 7);
    const server = new Received();
    const port = listen(reactor, server);
    port.joinGroup(group, LOOPBACK);
    reactor.listenMulticast(0, new Received(), { ttl: 0 }).write("near", { address: group, port: port.getHost().port });
    await server.arrivals(1);
    expect(server.texts).toEqual(["near"]);
  });
});

describe("isolation:", () => {
  needs("native", hasMulticastLoopback);

  test("native: a port gets nothing of a group that only another port has joined", async () => {
    await using reactor = reactorOn("native");
    const [own, other] = [groupFor("native", 20), groupFor("native", 21)];
    const protocols = [new Received(), new Received()] as const;
    const options = { listenMultiple: true, outgoingInterface: LOOPBACK };
    const first = reactor.listenMulticast(0, protocols[0], options);
    const { port: number } = first.getHost();
    const second = reactor.listenMulticast(number, protocols[1], options);
    first.joinGroup(own, LOOPBACK);
    second.joinGroup(other, LOOPBACK);
    for (const [text, address] of [
      ["other", other],
      ["own", own],
    ] as const) {
      first.write(text, { address, port: number });
    }
    await protocols[0].arrivals(1);
    await protocols[1].arrivals(1);
    expect([first.isolation, protocols[0].texts, protocols[1].texts]).toEqual(["kernel", ["own"], ["other"]]);
  });

  test("dgram: a port of one group that takes no unicast binds to it, and says so", async () => {
    await using reactor = reactorOn("dgram");
    const group = groupFor("dgram", 20);
    const port = reactor.listenMulticast(0, new Received(), { group, multicastOnly: true, outgoingInterface: LOOPBACK });
    expect([port.isolation, port.getHost().address]).toEqual(["bound", group]);
    expect(reactor.listenMulticast(0, new Received()).isolation).toBe("none");
  });
});
