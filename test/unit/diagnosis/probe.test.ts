// The sockets of a probe, on a network in memory: what a flood of forged senders leaves in a diagnosis.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { Reactor } from "groupcast";
import { expect, test } from "vitest";
import { runProbe } from "../../../packages/diagnosis/src/probe/run-probe.js";

const GROUP = "ff15::5000:1";
const PORT = 5000;

test("runProbe() tells a hundred senders apart, and counts the others together", async () => {
  const network = new MemoryNetwork();
  const [reactor, sender] = ["victim", "mallory"].map((name) => new Reactor({ backend: network.host(name), clock: network.clock }));
  const sources = Array.from({ length: 250 }, (_, index) => `fd00::bad:${(index + 1).toString(16)}`);
  for (const source of sources) network.host("mallory").addAddress("eth0", `${source}/64`);
  const port = sender!.listenMulticast(0, { datagramReceived() {} }, { interface: "::", ipv6Only: true });
  const own = reactor!.listenMulticast(0, { datagramReceived() {} }, { interface: "::", ipv6Only: true });
  const to = { address: GROUP, port: PORT };
  const flood = () => {
    for (const source of sources) port.write("x", to, { source });
    network.clock.schedule(500, () => own.write("x", to));
  };
  const interfaces = reactor!.network.interfaces();
  const expected = interfaces.find(({ name }) => name === "eth0");
  const plan = { reactor: reactor!, group: GROUP, port: PORT, expected, interfaces, windowMs: 1000, signal: undefined, onJoined: flood };
  const probe = runProbe(plan);
  await network.clock.advance(2000);
  const { arrivals } = await probe;
  if (!("value" in arrivals)) throw new Error(arrivals.reason);
  expect(arrivals.value).toHaveLength(102);
  expect(arrivals.value.at(-1)).toMatchObject({ count: 1, isThisHost: true }); // told apart, however many there are
  expect(arrivals.value.find(({ source }) => source === "others")).toMatchObject({ count: 150, isThisHost: false, interface: "eth0" });
  expect(arrivals.value.reduce((sum, { count }) => sum + count, 0)).toBe(251);
});
