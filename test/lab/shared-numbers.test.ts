// Several programs on one number: who gets what.
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../support/backends.js";
import { scenario } from "../support/lab/scenario.js";
import { cabled } from "../support/lab/topologies.js";
import { FAMILIES } from "./support/families.js";
import { inTurn } from "./support/in-turn.js";
import { type RemotePort, RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const PROGRAMS = 3;
const CLIENTS = 20;
let numbers = 5000;

function stopAll(ports: readonly RemotePort[]): Promise<unknown> {
  return Promise.all(ports.map((port) => port.do.stopListening()));
}

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(backend, async (lab) => {
    const { a, b } = await cabled(lab);
    const starting = Array.from({ length: PROGRAMS }, () => RemoteReactor.start(b.host, backend));
    return { a, b, far: await RemoteReactor.start(a.host, backend), programs: await Promise.all(starting) };
  });

  describe.each(FAMILIES)("$family", ({ family, any, group, address }) => {
    async function openEach(options: { readonly listenMultiple?: boolean; readonly reusePort?: boolean }): Promise<RemotePort[]> {
      numbers += 1;
      const ports: RemotePort[] = [];
      for (const program of net().programs) ports.push(await program.listenMulticast(numbers, { ...any, ...options }));
      return ports;
    }

    test("listenMultiple gives each of several programs every multicast datagram", async () => {
      const promise = `Several programs on one number each get every multicast datagram, ${family}`;
      const seenAt = [`all ${PROGRAMS} programs`];
      await scenario({ promise, keptBy: backend, sent: `to ${group(1)}`, seenAt, mustNotBeSeenAt: [] }, async () => {
        const ports = await openEach({ listenMultiple: true });
        await inTurn(ports, (port) => port.do.joinGroup(group(1), "eth0"));
        const sender = await net().far.listenMulticast(0, { ...any, outgoingInterface: "eth0" });
        await inTurn(["one", "two", "three"], (text) => sender.send(text, { address: group(1), port: ports[0]!.port }));
        await inTurn(ports, (port) => port.received({ text: "three" }));
        for (const port of ports) expect(port.texts).toEqual(["one", "two", "three"]);
        await stopAll([...ports, sender]);
      });
    });

    test("listenMultiple gives unicast to the port bound last, and to the one before when that stops", async () => {
      const promise = `Of several programs on one number the last gets unicast, ${family}`;
      const row = { promise, keptBy: backend, sent: "unicast", seenAt: ["the program bound last"], mustNotBeSeenAt: ["the others"] };
      await scenario(row, async () => {
        const ports = await openEach({ listenMultiple: true });
        const sender = await net().far.listenUDP(0, any);
        const to = { address: address(net().b), port: ports[0]!.port };
        const [first, second, third] = ports as [RemotePort, RemotePort, RemotePort];
        await sender.send("one", to);
        await third.received({ text: "one" });
        await third.do.stopListening();
        await sender.send("two", to);
        await second.received({ text: "two" });
        expect([first.texts, second.texts, third.texts]).toEqual([[], ["two"], ["one"]]);
        await stopAll([first, second, sender]);
      });
    });

    test("reusePort spreads unicast by flow and gives multicast to each, or is unsupported", async () => {
      const { far, b, programs } = net();
      const isSupported = await programs[0]!.canSet("reusePort");
      if (!isSupported) {
        const refusal = { name: "UnsupportedError", code: "ERR_UNSUPPORTED_OPTION", option: "reusePort" };
        return expect(openEach({ reusePort: true })).rejects.toMatchObject(refusal);
      }
      const ports = await openEach({ reusePort: true });
      await inTurn(ports, (port) => port.do.joinGroup(group(2), "eth0"));
      const to = { address: address(b), port: ports[0]!.port };
      const clients: RemotePort[] = [];
      for (let n = 0; n < CLIENTS; n++) clients.push(await far.listenMulticast(0, { ...any, outgoingInterface: "eth0" }));
      await inTurn(clients, (client, n) =>
        client.each("write", [
          [`${n} a`, to],
          [`${n} b`, to],
        ]),
      );
      await clients[0]!.send("fence", { address: group(2), port: to.port });
      await inTurn(ports, (port) => port.received({ text: "fence" }));
      const unicast = ports.map(({ texts }) => texts.filter((text) => text !== "fence"));
      expect(unicast.flat()).toHaveLength(2 * CLIENTS);
      expect(unicast.filter((texts) => texts.length > 0).length).toBeGreaterThan(1);
      unicast.forEach(expectWholeFlows);
      return stopAll([...ports, ...clients]);
    });

    test("listenMulticast() has a number for itself unless it is told otherwise", async () => {
      numbers += 1;
      const [one, other] = net().programs as [RemoteReactor, RemoteReactor];
      const refusal = { name: "CannotListenError", code: "ERR_LISTEN", errnoName: "EADDRINUSE", port: numbers };
      const port = await one.listenMulticast(numbers, any);
      for (const listenMultiple of [false, true])
        await expect(other.listenMulticast(numbers, { ...any, listenMultiple })).rejects.toMatchObject(refusal);
      await port.do.stopListening();
      const shared = await one.listenMulticast(numbers, { ...any, listenMultiple: true });
      await expect(other.listenMulticast(numbers, any)).rejects.toMatchObject(refusal);
      await shared.do.stopListening();
    });
  });
});

/** Each client has sent two, "a" and "b": what came of one has come of the other. */
function expectWholeFlows(texts: readonly string[]): void {
  const [a, b] = ["a", "b"].map((end) => texts.filter((text) => text.endsWith(end)).map((text) => Number.parseInt(text, 10)));
  expect(a).toEqual(b);
}
