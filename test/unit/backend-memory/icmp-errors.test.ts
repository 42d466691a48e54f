import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, ProbeOpener } from "./socket-probe.js";

function twoHosts(): ProbeOpener {
  const opener = new ProbeOpener(new MemoryNetwork({ link: { delayMs: 5 } }));
  opener.network.host("a");
  opener.network.host("b");
  return opener;
}

describe.each([
  { family: 4 as const, b: "10.0.0.2", own: "127.0.0.1", nobody: "10.0.0.77", peer: "10.0.0.2:9" },
  { family: 6 as const, b: "fd00::2", own: "::1", nobody: "fd00::77", peer: "[fd00::2]:9" },
])("IPv$family", ({ family, b, own, nobody, peer }) => {
  test("a port without a socket: sendFailed(ECONNREFUSED) on a connected socket, after the way there and back", async () => {
    const opener = twoHosts();
    const client = opener.open("a", { family });
    client.socket.connect(at(b, 9));
    expect(client.send("x")).toBe(1);
    await opener.clock.advance(9);
    expect(client.failures).toEqual([]);
    await opener.clock.advance(1);
    expect(client.failures).toEqual([`ECONNREFUSED ${peer}`]);
    expect(client.send("x")).toBe(1);
  });

  test("several refusals at one instant are one sendFailed(), as the kernel has one place for them", async () => {
    const opener = twoHosts();
    const client = opener.open("a", { family });
    client.socket.connect(at(b, 9));
    for (let index = 0; index < 3; index++) client.send("x");
    await opener.clock.advance(10);
    expect(client.failures).toEqual([`ECONNREFUSED ${peer}`]);
  });

  test("an unconnected socket is told only with receiveErrors, and then of each", async () => {
    const opener = twoHosts();
    const plain = opener.open("a", { family });
    const curious = opener.open("a", { family, port: 5001, options: { receiveErrors: 1 } });
    for (const socket of [plain, curious, curious]) socket.send("x", at(b, 9));
    await opener.clock.advance(10);
    expect(plain.failures).toEqual([]);
    expect(curious.failures).toEqual([`ECONNREFUSED ${peer}`, `ECONNREFUSED ${peer}`]);
  });

  test("on the own host it comes at the same instant, and never inside send()", async () => {
    const opener = twoHosts();
    const client = opener.open("a", { family });
    client.socket.connect(at(own, 9));
    client.send("x");
    expect(client.failures).toEqual([]);
    await opener.settle();
    expect(client.failures).toHaveLength(1);
  });

  test("nobody with that address: EHOSTUNREACH after three seconds, with receiveErrors, connected or not", async () => {
    const opener = twoHosts();
    const sockets = [0, 1].flatMap((receiveErrors) => [true, false].map((isConnected) => ({ receiveErrors, isConnected })));
    const probes = sockets.map(({ receiveErrors, isConnected }, index) => {
      const probe = opener.open("a", { family, port: 6000 + index, options: { receiveErrors } });
      if (isConnected) probe.socket.connect(at(nobody, 9));
      probe.send("x", isConnected ? undefined : at(nobody, 9));
      return probe;
    });
    await opener.clock.advance(2999);
    expect(probes.flatMap(({ failures }) => failures)).toEqual([]);
    await opener.clock.advance(1);
    const told = family === 4 ? `EHOSTUNREACH ${nobody}:9` : `EHOSTUNREACH [${nobody}]:9`;
    expect(probes.map(({ failures }) => failures)).toEqual([[], [], [told], [told]]);
  });

  test("sendFailed() is not called after close()", async () => {
    const opener = twoHosts();
    const client = opener.open("a", { family });
    client.socket.connect(at(b, 9));
    client.send("x");
    client.socket.close();
    await opener.clock.advance(100);
    expect(client.failures).toEqual([]);
  });

  test("a refused socket goes on receiving", async () => {
    const opener = twoHosts();
    const peerSocket = opener.open("b", { family });
    const client = opener.open("a", { family });
    client.socket.connect(at(b));
    peerSocket.socket.close();
    client.send("refused");
    await opener.clock.advance(10);
    const again = opener.open("b", { family });
    client.send("heard");
    await opener.clock.advance(10);
    expect(client.failures).toHaveLength(1);
    expect(again.texts).toEqual(["heard"]);
  });
});

test.each([
  [4, "10.0.0.1", []],
  [6, "fd00::1", ["ECONNREFUSED [fd00::1]:9"]],
] as const)("IPv%d: what the own host refuses, a socket that is bound to an interface is told, or not", async (family, own, told) => {
  const opener = twoHosts();
  const client = opener.open("a", { family, options: { bindToInterface: 2 } });
  client.socket.connect(at(own, 9));
  client.send("x");
  await opener.settle();
  expect(client.failures).toEqual(told);
});

test("nobody answers groups and broadcasts with an error", async () => {
  const opener = twoHosts();
  opener.network.trace.start();
  opener.member("b", "239.1.1.1", { port: 6000 });
  const sender = opener.open("a", { options: { receiveErrors: 1, broadcast: 1 } });
  for (const to of ["239.1.1.1", "10.0.0.255"]) sender.send("x", at(to, 9));
  await opener.clock.advance(5000);
  expect(sender.failures).toEqual([]);
  expect(opener.network.trace.records.filter(({ packet }) => packet.icmp !== undefined)).toEqual([]);
});

test("an error for a mapped peer names it mapped", async () => {
  const opener = twoHosts();
  const client = opener.open("a", { family: 6, options: { receiveErrors: 1 } });
  client.send("x", at("::ffff:10.0.0.2", 9));
  await opener.clock.advance(10);
  expect(client.failures).toEqual(["ECONNREFUSED [::ffff:10.0.0.2]:9"]);
});

test("the error gets lost where the datagram's way back is", async () => {
  const opener = twoHosts();
  const client = opener.open("a");
  client.socket.connect(at("10.0.0.2", 9));
  client.send("x");
  await opener.clock.advance(6);
  opener.network.host("a").setUp("eth0", false);
  await opener.clock.advance(10);
  expect(client.failures).toEqual([]);
});
