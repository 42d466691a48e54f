/** npm run bench:memory: measures the speed of the network in memory, through reactors, as users' tests use it. Some fifteen seconds. */
import { ManualClock, MemoryNetwork, type MemoryNetworkOptions } from "@groupcast/backend-memory";
import { type DatagramBatch, DatagramProtocol, LoopingCall, type MulticastPort, Reactor } from "@groupcast/reactor";
import { asText } from "../tables.js";

const GROUP = "239.255.1.1";
const PORT = 5000;
const BURST = 64;
const HOUR_MS = 3_600_000;

class Counter extends DatagramProtocol {
  static received = 0;

  override datagramsReceived(batch: DatagramBatch): void {
    Counter.received += batch.length;
  }
}

/** A network, its clock, and one reactor with a port per host. */
function world(
  hosts: number,
  members: number,
  options: MemoryNetworkOptions = {},
): { clock: ManualClock; reactors: Reactor[]; ports: MulticastPort[] } {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ ...options, clock });
  const reactors = Array.from({ length: hosts }, (_, i) => new Reactor({ backend: network.host(`host${i}`), clock }));
  const ports = reactors.map((reactor) => reactor.listenMulticast(PORT, new Counter(), { loopback: false }));
  for (const port of ports.slice(0, members)) port.joinGroup(GROUP, "eth0");
  return { clock, reactors, ports };
}

async function million(): Promise<number> {
  const { clock, reactors, ports } = world(2, 0);
  const sender = ports[0]!;
  const [address] = reactors[1]!.network.interfaces().find(({ name }) => name === "eth0")!.addresses;
  const to = { address: address!.address, port: PORT };
  for (let sent = 0; sent < 1_000_000; sent += BURST) {
    for (let i = 0; i < BURST; i++) sender.write("a datagram of some thirty bytes", to);
    await clock.runUntilIdle();
  }
  return 1_000_000;
}

async function thousandHosts(): Promise<number> {
  const { clock, ports } = world(1001, 1000, { subnets: ["10.0.0.0/16", "fd00::/64"] });
  const sender = ports[1000]!;
  for (let i = 0; i < 1000; i++) {
    sender.write("hello", { address: GROUP, port: PORT });
    await clock.runUntilIdle();
  }
  return 1_000_000;
}

async function hour(): Promise<number> {
  const { clock, reactors, ports } = world(100, 10);
  // Members receive their own beacons, too, so each beacon is delivered ten times.
  for (const port of ports) port.setLoopbackMode(true);
  reactors.forEach((reactor, i) => {
    const beacon = new LoopingCall(reactor, () => ports[i]!.write("I am here", { address: GROUP, port: PORT }));
    reactor.callLater(7 * i, () => void beacon.start(1000));
  });
  await clock.advance(HOUR_MS - 1);
  return HOUR_MS;
}

const SCENARIOS = [
  { name: "1,000,000 datagrams from host to host", run: million, limitMs: 5000 },
  { name: "1,000 hosts in one group, 1,000,000 deliveries", run: thousandHosts, limitMs: undefined },
  { name: "an hour of 100 beacons to 10 members, 3,600,000 deliveries", run: hour, limitMs: 10_000 },
];

const rows: string[][] = [];
for (const { name, run, limitMs } of SCENARIOS) {
  process.stderr.write(`${name} …\n`);
  Counter.received = 0;
  const started = performance.now();
  const startedCpu = process.cpuUsage();
  const expected = await run();
  const tookMs = performance.now() - started;
  const { user, system } = process.cpuUsage(startedCpu);
  if (Counter.received !== expected) throw new Error(`${name}: ${Counter.received} of ${expected} arrived`);
  const held = limitMs === undefined ? "none" : `${limitMs / 1000} s: ${tookMs <= limitMs ? "held" : "missed"}`;
  rows.push([
    name,
    `${(tookMs / 1000).toFixed(2)} s`,
    `${((user + system) / 1e6).toFixed(2)} s`,
    `${Math.round(expected / tookMs)} k/s`,
    held,
  ]);
}
console.log(asText({ head: ["network in memory, through reactors", "time", "CPU", "deliveries", "limit"], rows }));
process.exit(0); // the beacons of the hour would never end
