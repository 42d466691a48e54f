// The option steering of ports: which port gets which datagram, on the kernel and in memory; refused elsewhere.
import type { Steering } from "@groupcast/backend";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { Reactor } from "@groupcast/reactor";
import { chooseBackend } from "groupcast";
import { describe, expect, test } from "vitest";
import { needs, Received, reactorOn } from "./loopback-stage.js";
import { Notes, Stage } from "./stage.js";

const BY_FIRST_BYTE: Steering = { by: "payload", offsetBytes: 0, lengthBytes: 1, ports: 3 };
const logger = { info() {}, warn() {}, error() {} };

describe("native:", () => {
  needs("native");

  test("listenUDP() with steering gives each key to one port, also to those opened later", async () => {
    await using reactor = reactorOn("native");
    const options = { interface: "127.0.0.1", reusePort: true };
    const ends = [new Received(), new Received(), new Received()];
    const to = reactor.listenUDP(0, ends[0]!, { ...options, steering: BY_FIRST_BYTE }).getHost();
    for (const end of ends.slice(1)) reactor.listenUDP(to.port, end, options);
    for (const text of ["<a", "=a", ">a", "<b"]) reactor.listenUDP(0, new Received()).write(text, to);
    await Promise.all([ends[0]!.arrivals(2), ends[1]!.arrivals(1), ends[2]!.arrivals(1)]);
    expect(ends.map(({ packets }) => packets.map(({ text }) => text))).toEqual([["<a", "<b"], ["=a"], [">a"]]);
  });

  test("listenUDP() takes every rule of the longest and the shortest key", async () => {
    await using reactor = reactorOn("native");
    for (let lengthBytes = 1; lengthBytes <= 64; lengthBytes++) {
      const steering: Steering = { by: "payload", offsetBytes: lengthBytes % 2 === 0 ? 65_534 : 0, lengthBytes, ports: 65_535 };
      reactor.listenUDP(0, new Received(), { interface: "127.0.0.1", reusePort: true, steering });
    }
    expect(reactor.ports).toHaveLength(64);
  });
});

test("listenUDP() with steering by payload asks for no receiveOffload, unless it is told to", () => {
  const offload = (options: object): number | undefined => {
    const stage = new Stage();
    stage.reactor.listenUDP(9999, new Notes(), { reusePort: true, ...options });
    return stage.backend.openSockets[0]!.option("receiveOffload");
  };
  expect(offload({})).toBe(1);
  expect(offload({ steering: BY_FIRST_BYTE })).toBe(0);
  expect(offload({ steering: BY_FIRST_BYTE, receiveOffload: true })).toBe(1);
  expect(offload({ steering: { by: "source", ports: 2 } })).toBe(1);
});

test("listenUDP() hands the checked rule alone to the bound socket", () => {
  const stage = new Stage();
  const given = { ...BY_FIRST_BYTE };
  stage.reactor.listenUDP(9999, new Notes(), { reusePort: true, steering: given });
  Object.assign(given, { ports: 0 });
  expect(stage.backend.openSockets[0]!.steering).toEqual(BY_FIRST_BYTE);
  expect(stage.backend.calls.indexOf("steer")).toBeGreaterThan(stage.backend.calls.indexOf("bind"));
});

test.each([
  ["by", { by: "flow", ports: 2 }, "ERR_NAME_UNKNOWN", "steering.by"],
  ["by, inherited", { by: "toString", ports: 2 }, "ERR_NAME_UNKNOWN", "steering.by"],
  ["ports missing", { by: "cpu" }, "ERR_ARGUMENT_TYPE", "steering.ports"],
  ["ports 0", { by: "cpu", ports: 0 }, "ERR_ARGUMENT_RANGE", "steering.ports"],
  ["ports too many", { by: "source", ports: 65_536 }, "ERR_ARGUMENT_RANGE", "steering.ports"],
  ["ports no integer", { by: "source", ports: 1.5 }, "ERR_ARGUMENT_RANGE", "steering.ports"],
  ["offsetBytes below 0", { ...BY_FIRST_BYTE, offsetBytes: -4096 }, "ERR_ARGUMENT_RANGE", "steering.offsetBytes"],
  ["offsetBytes too large", { ...BY_FIRST_BYTE, offsetBytes: 2 ** 31 }, "ERR_ARGUMENT_RANGE", "steering.offsetBytes"],
  ["lengthBytes 0", { ...BY_FIRST_BYTE, lengthBytes: 0 }, "ERR_ARGUMENT_RANGE", "steering.lengthBytes"],
  ["lengthBytes 65", { ...BY_FIRST_BYTE, lengthBytes: 65 }, "ERR_ARGUMENT_RANGE", "steering.lengthBytes"],
  ["a field of another rule", { by: "cpu", ports: 2, lengthBytes: 1 }, "ERR_OPTION_UNKNOWN", "option"],
  ["an array", [], "ERR_ARGUMENT_TYPE", "steering.by"],
])("listenUDP() refuses a wrong rule before any call of the backend: %s", (_name, steering, code, argument) => {
  const stage = new Stage();
  expect(() => stage.reactor.listenUDP(0, new Notes(), { reusePort: true, steering: steering as never })).toThrow(
    expect.objectContaining({ code, argument, operation: "listenUDP" }),
  );
  expect(stage.backend.calls).toEqual([]);
});

test("listenUDP() refuses steering without reusePort, and names it", () => {
  const stage = new Stage();
  expect(() => stage.reactor.listenUDP(0, new Notes(), { steering: BY_FIRST_BYTE })).toThrow(/reusePort: true/);
  expect(stage.backend.calls).toEqual([]);
});

test.each([
  ["EPERM", /security policy/],
  ["ENOPROTOOPT", /Linux 4\.5/],
  ["ENOMEM", /net\.core\.optmem_max/],
  ["EINVAL", /docs\/options\.md/],
])("listenUDP() closes a port that is not steered, and says what to do about %s", (errnoName, advice) => {
  const stage = new Stage();
  const protocol = new Notes();
  stage.backend.refuse("steer", errnoName);
  const options = { reusePort: true, steering: BY_FIRST_BYTE };
  expect(() => stage.reactor.listenUDP(9999, protocol, options)).toThrow(
    expect.objectContaining({ code: "ERR_SET_OPTION", errnoName, option: "steering", remedy: expect.stringMatching(advice) }),
  );
  expect(stage.backend.openSockets).toEqual([]);
  expect(stage.reactor.listenUDP(9999, protocol, options).getHost().port).toBe(9999);
});

test("listenUDP() on dgram refuses steering with ERR_UNSUPPORTED_OPTION, and leaves nothing open", async () => {
  await using reactor = new Reactor({ backend: chooseBackend("dgram"), logger });
  const reusePort = reactor.backend.capabilities.has("set reusePort");
  expect(() => reactor.listenUDP(0, new Received(), { reusePort: true, steering: BY_FIRST_BYTE })).toThrow(
    expect.objectContaining({ code: "ERR_UNSUPPORTED_OPTION", option: reusePort ? "steering" : "reusePort" }),
  );
  expect(reactor.ports).toEqual([]);
});

test("listenUDP() in memory steers, and CPU 0 is the only one", async () => {
  const network = new MemoryNetwork();
  await using reactor = new Reactor({ backend: network.host("a"), clock: network.clock, logger });
  const ends = [new Received(), new Received()];
  const to = reactor.listenUDP(9999, ends[0]!, { reusePort: true }).getHost();
  reactor.listenUDP(9999, ends[1]!, { reusePort: true, steering: { by: "cpu", ports: 2 } });
  const destination = { address: "127.0.0.1", port: to.port };
  for (let flow = 0; flow < 20; flow++) reactor.listenUDP(0, new Received()).write(String(flow), destination);
  await network.clock.advance(1);
  expect(ends.map(({ packets }) => packets.length)).toEqual([20, 0]);
});
