// Whichever packages a program imports, and from wherever, it has one copy of each class: docs/decisions/0013.
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import * as backend from "@groupcast/backend";
import { DgramBackend } from "@groupcast/backend-dgram";
import { MemoryNetwork } from "@groupcast/backend-memory";
import * as base from "@groupcast/base";
import * as reactors from "@groupcast/reactor";
import * as groupcast from "groupcast";
import { expect, test } from "vitest";

const own = createRequire(import.meta.url);

test("groupcast and @groupcast/reactor export the same classes, except that groupcast's Reactor extends the other", () => {
  const ofGroupcast = new Map<string, unknown>(Object.entries(groupcast));
  const differing = Object.entries(reactors).filter(([name, value]) => ofGroupcast.get(name) !== value);
  expect(differing.map(([name]) => name)).toEqual(["Reactor"]);
  expect(Object.getPrototypeOf(groupcast.Reactor)).toBe(reactors.Reactor);
});

test("groupcast, @groupcast/backend and @groupcast/base have the same errors", () => {
  expect(groupcast.StateError).toBe(base.StateError);
  expect(groupcast.BackendLoadError).toBe(backend.BackendLoadError);
});

test.each([
  "groupcast",
  "@groupcast/base",
  "@groupcast/reactor",
  "@groupcast/backend",
  "@groupcast/backend-native",
  "@groupcast/backend-dgram",
])("require() of %s takes the module that import takes", async (name) => {
  const required = own(name) as Readonly<Record<string, unknown>>;
  const imported = (await import(/* @vite-ignore */ import.meta.resolve(name))) as Readonly<Record<string, unknown>>;
  expect(Object.keys(imported).length).toBeGreaterThan(0);
  for (const [each, value] of Object.entries(imported)) expect(required[each], each).toBe(value);
});

test("a protocol of @groupcast/reactor has its transport in a reactor of groupcast, and the other way round", async () => {
  const network = new MemoryNetwork();
  for (const Reactor of [groupcast.Reactor, reactors.Reactor]) {
    for (const DatagramProtocol of [groupcast.DatagramProtocol, reactors.DatagramProtocol]) {
      class Heard extends DatagramProtocol {
        override datagramReceived(): void {}
      }
      const protocol = new Heard();
      const reactor = new Reactor({ backend: network.host("one") });
      const port = reactor.listenUDP(0, protocol);
      expect(protocol.transport?.getHost().port).toBe(port.getHost().port);
      await reactor.stop();
    }
  }
});

test("a backend of @groupcast/backend-dgram serves a reactor of groupcast, whose errors it knows", async () => {
  const reactor = new groupcast.Reactor({ backend: new DgramBackend() });
  const port = reactor.listenUDP(0, { datagramReceived() {} }, { interface: "127.0.0.1" });
  const taken = () => reactor.listenUDP(port.getHost().port, { datagramReceived() {} }, { interface: "127.0.0.1" });
  expect(taken).toThrow(reactors.CannotListenError);
  await reactor.stop();
});

test("a thread has one copy, too", async () => {
  const code = `import("groupcast").then(async (groupcast) => {
    const { StateError } = await import("@groupcast/base");
    require("node:worker_threads").parentPort.postMessage(groupcast.StateError === StateError);
  })`;
  const worker = new Worker(code, { eval: true });
  try {
    expect(await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject))).toBe(true);
  } finally {
    await worker.terminate();
  }
});
