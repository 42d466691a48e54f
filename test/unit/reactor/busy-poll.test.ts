// The option busyPollUs of ports: on native, and refused elsewhere.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { Reactor } from "@groupcast/reactor";
import { chooseBackend } from "groupcast";
import { describe, expect, test } from "vitest";
import { needs, Received, reactorOn } from "./loopback-stage.js";
import { Stage } from "./stage.js";

const logger = { info() {}, warn() {}, error() {} };

describe("native:", () => {
  needs("native");

  test("a port with busyPollUs answers, timers run, and stopListening() ends it all", async () => {
    await using reactor = reactorOn("native");
    const server = new Received();
    const options = { interface: "127.0.0.1", busyPollUs: 1_000_000 };
    const to = reactor.listenUDP(0, server, options).getHost();
    server.onReceived = () => server.transport.write("answer", server.packets.at(-1)!.from);
    const client = new Received();
    const port = reactor.connectUDP(to.address, to.port, client, options);
    for (let i = 1; i <= 20; i++) {
      port.write(`question ${i}`);
      await client.arrivals(i);
      await reactor.deferLater(1);
    }
    port.pauseReading();
    port.resumeReading();
    port.write("after a pause");
    await client.arrivals(21);
  });
});

test.each([
  ["dgram", () => chooseBackend("dgram")],
  ["memory", () => new MemoryNetwork().host("a")],
])("listenUDP() on %s refuses busyPollUs, and takes 0, which is off", async (name, backend) => {
  await using reactor = new Reactor({ backend: backend(), logger });
  expect(reactor.backend.capabilities).not.toContain("set busyPollUs");
  expect(() => reactor.listenUDP(0, new Received(), { busyPollUs: 50 })).toThrow(
    expect.objectContaining({ code: "ERR_UNSUPPORTED_OPTION", operation: "listenUDP", option: "busyPollUs", backend: name }),
  );
  expect(reactor.ports).toEqual([]);
  expect(reactor.listenUDP(0, new Received(), { busyPollUs: 0 }).statistics().received).toBe(0);
});

test("busyPollUs is set on every socket of a port, also on those that are opened for further groups", () => {
  const stage = new Stage();
  stage.backend.maxMemberships = 1;
  const { port } = stage.listenMulticast({ busyPollUs: 50 });
  for (const group of ["239.255.0.1", "239.255.0.2", "239.255.0.3"]) port.joinGroup(group, "eth0");
  expect(stage.backend.openSockets.map((socket) => socket.option("busyPollUs"))).toEqual([50, 50, 50]);
});

test("a port without busyPollUs sets nothing of it", () => {
  const stage = new Stage();
  stage.listen({ busyPollUs: 0 });
  expect(stage.backend.calls).not.toContain("set busyPollUs");
});
