// reactor.diagnose(): what it takes, when it loads its code, and what it says of a port of this program. Causes are proven in test/lab.
import { Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { hasMulticastLoopback, skipUnless } from "../../support/probe.js";

const idle = () => ({ datagramReceived: () => {} });

function reactorForTest(): Reactor {
  const reactor = new Reactor();
  onTestFinished(() => reactor.stop());
  return reactor;
}

test.each([undefined, null, 5, "5000", {}])("diagnose() rejects %o, which is no port", async (port) => {
  await expect(reactorForTest().diagnose(port as never)).rejects.toMatchObject({ code: "ERR_ARGUMENT_TYPE", argument: "port" });
});

test("diagnose() rejects a port of another reactor, and one that is closed", async () => {
  const [own, other] = [reactorForTest(), reactorForTest()];
  const [foreign, closed] = [other.listenUDP(0, idle()), own.listenUDP(0, idle())];
  await closed.stopListening();
  for (const port of [foreign, closed]) {
    await expect(own.diagnose(port)).rejects.toMatchObject({ code: "ERR_ARGUMENT_RANGE", argument: "port" });
  }
});

test("diagnose() rejects options that it does not have, and times that are none", async () => {
  const reactor = reactorForTest();
  const port = reactor.listenUDP(0, idle());
  await expect(reactor.diagnose(port, { window: 1 } as never)).rejects.toMatchObject({ code: "ERR_OPTION_UNKNOWN" });
  await expect(reactor.diagnose(port, { windowMs: -1 })).rejects.toMatchObject({ code: "ERR_ARGUMENT_RANGE" });
  await expect(reactor.diagnose(port, { windowMs: "1" as never })).rejects.toMatchObject({ code: "ERR_ARGUMENT_TYPE" });
});

test("diagnose() says what it judged a port without memberships by, and leaves it open", async () => {
  const reactor = reactorForTest();
  const port = reactor.listenUDP(0, idle(), { interface: "127.0.0.1" });
  const [diagnosis, ...others] = await reactor.diagnose(port, { windowMs: 1 });
  expect(others).toEqual([]);
  expect(diagnosis).toMatchObject({ address: "127.0.0.1", port: port.getHost().port, findings: [] });
  expect(reactor.ports).toEqual([port]);
});

test("diagnose() judges each membership, the port's own options, and interfaces that it waits for", async (context) => {
  await skipUnless(context, hasMulticastLoopback);
  const reactor = reactorForTest();
  const port = reactor.listenMulticast(0, idle(), { ttl: 0, loopback: false, outgoingInterface: "lo" });
  port.joinGroup("239.255.77.1", "lo");
  port.joinGroup("239.255.77.2", "nosuch0");
  const diagnoses = await reactor.diagnose(port, { windowMs: 1 });
  expect(diagnoses.map(({ address }) => address)).toEqual(["239.255.77.1", "239.255.77.2"]);
  for (const { findings } of diagnoses) {
    const causes = findings.map(({ cause }) => cause);
    expect(causes).toEqual(expect.arrayContaining(["ttl-zero", "loopback-off", "membership-lost"]));
  }
  expect(diagnoses[1]!.interface).toBeUndefined();
  expect(port.memberships).toHaveLength(2);
});

test("diagnose() sees that datagrams arrive at a port that shares its number with nobody", async (context) => {
  await skipUnless(context, hasMulticastLoopback);
  const reactor = reactorForTest();
  const port = reactor.listenMulticast(0, idle(), { outgoingInterface: "lo" });
  port.joinGroup("239.255.77.3", "lo");
  const to = { address: "239.255.77.3", port: port.getHost().port };
  const sending = setInterval(() => port.write("x", to), 20);
  onTestFinished(() => clearInterval(sending));
  const [diagnosis] = await reactor.diagnose(port, { windowMs: 60_000 }); // it ends when something arrives
  expect(diagnosis!.arrivals![0]!.count).toBeGreaterThan(0);
});
