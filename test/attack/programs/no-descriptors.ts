// Makes every call that opens something with no descriptor left, and with one to four: each is done, or refused with a typed error, and
// gives back what it opened. Argument: backend. Runs under a low limit of descriptors.
import { closeSync, existsSync, openSync, readdirSync } from "node:fs";
import { ChannelNode, ChannelRelay, type RelayOptions, UdpTransport } from "@groupcast/channels";
import { chooseBackend, DatagramProtocol, isGroupcastError, type MulticastPort, Reactor } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { Audit } from "../support/audit.js";
import { SILENT } from "../support/silent.js";
import { until } from "../support/until.js";

const MOST_LEFT = 4;
const LOOPBACK = { interface: "127.0.0.1" } as const;
const ALREADY_MEMBER = 20; // net.ipv4.igmp_max_memberships: one more takes a further socket
const GROUP = "239.255.81.1";
const NO_DESCRIPTOR = 0x7fff_ffff;

class Idle extends DatagramProtocol {
  override datagramReceived(): void {}
}

class Counter extends DatagramProtocol {
  count = 0;

  override datagramReceived(): void {
    this.count++;
  }
}

/** What a call is made on. */
interface Victim {
  readonly reactor: Reactor;
  readonly port: MulticastPort;
}

/** Returns a reactor to stop afterwards, if it made one. */
type Opening = (victim: Victim) => unknown;

interface Try {
  readonly name: string;
  readonly open: Opening;
  /** What goes on in the process while it has no descriptors. */
  readonly meanwhile: () => void;
}

const OPENINGS: Readonly<Record<string, Opening>> = {
  listenUDP: ({ reactor }) => reactor.listenUDP(0, new Idle(), LOOPBACK),
  "listenUDP with buffers": ({ reactor }) => reactor.listenUDP(0, new Idle(), { receiveBufferBytes: 8192, sendBufferBytes: 8192 }),
  listenMulticast: ({ reactor }) => reactor.listenMulticast(0, new Idle(), { ttl: 0, listenMultiple: true }),
  "listenMulticast on an interface": ({ reactor }) => reactor.listenMulticast(0, new Idle(), { outgoingInterface: "lo" }),
  connectUDP: ({ reactor }) => reactor.connectUDP("127.0.0.1", 9, new Idle()),
  "connectUDP to a group": ({ reactor }) => reactor.connectUDP(GROUP, 9, new Idle(), { ttl: 0 }),
  adoptDatagramPort: ({ reactor }) => reactor.adoptDatagramPort(adoptable, new Idle()),
  "joinGroup on a further socket": ({ port }) => port.joinGroup(GROUP, "lo"),
  "joinGroup by route": ({ port }) => port.joinGroup("239.255.81.2"),
  "joinGroup on all interfaces": ({ port }) => port.joinGroup("239.255.81.3", "all"),
  "write to a group": ({ port }) => port.write("x", { address: GROUP, port: 9 }),
  "write to a group with TTL 0": ({ port }) => {
    port.setTTL(0);
    port.write("x", { address: GROUP, port: 9 });
  },
  setOutgoingInterface: ({ port }) => port.setOutgoingInterface("lo"),
  "connect and disconnect": ({ port }) => [port.connect("127.0.0.1", 9), port.disconnect()],
  interfaces: ({ reactor }) => reactor.network.interfaces(),
  routeTo: ({ reactor }) => reactor.network.routeTo("127.0.0.1"),
  getDefaultGatewayInterface: ({ reactor }) => reactor.network.getDefaultGatewayInterface(),
  "a first listener of changes": ({ reactor }) => {
    const other = new Reactor({ backend: reactor.backend, logger: SILENT });
    other.network.on("change", () => {});
    return other;
  },
  resolve: ({ reactor }) => reactor.resolve("localhost"),
  "a channel that is subscribed": ({ reactor }) =>
    void quietNode(reactor)
      .channel("c")
      .subscribe(() => {}),
  "a channel that is published": ({ reactor }) => void quietNode(reactor).channel("c").publish(Buffer.from("x")),
  "a node with heartbeats": ({ reactor }) => void new ChannelNode(reactor, { name: "n", logger: SILENT }),
  "a relay": ({ reactor }) => {
    const [a, b] = [18_765, 18_766].map((port) => new UdpTransport(reactor, { port, logger: SILENT }));
    const sides: RelayOptions["sides"] = [
      { transport: a!, network: "a" },
      { transport: b!, network: "b" },
    ];
    try {
      new ChannelRelay(reactor, { sides, allow: [{ channels: "**" }], logger: SILENT });
    } catch (error) {
      for (const { transport } of sides) void transport.close(); // a relay leaves them open
      throw error;
    }
  },
};

function quietNode(reactor: Reactor): ChannelNode {
  return new ChannelNode(reactor, { name: "n", heartbeatMs: 0, logger: SILENT });
}

const backend = chooseBackend(process.argv[2]);
const refused: Record<string, string[]> = {};
const wrong: string[] = [];
let adoptable = NO_DESCRIPTOR;

await attackProcess(async () => {
  await new Reactor({ backend, logger: SILENT }).resolve("localhost"); // starts threads, whose descriptors stay
  const audit = new Audit(backend);
  const reactor = new Reactor({ backend, logger: SILENT });
  const counter = new Counter();
  const bystander = reactor.listenUDP(0, counter, LOOPBACK);
  if (backend.name === "native") adoptable = newestDescriptor(); // dgram would take it away from its port
  let sent = 0;
  const meanwhile = (): void => {
    if (bystander.write("still here", bystander.getHost())) sent++;
  };
  for (const [name, open] of Object.entries(OPENINGS)) {
    for (let left = 0; left <= MOST_LEFT; left++) await tryWith(left, { name, open, meanwhile });
  }
  await until("what was sent meanwhile", () => counter.count === sent);
  await reactor.stop();
  await audit.end(backend);
  return { refused, wrong };
});

/** Makes one call with so many descriptors left, and gives back what it opened. */
async function tryWith(left: number, { name, open, meanwhile }: Try): Promise<void> {
  const victim = new Reactor({ backend, logger: SILENT });
  const port = victim.listenMulticast(0, new Idle());
  for (let i = 0; i < ALREADY_MEMBER; i++) port.joinGroup(`239.255.82.${i}`, "lo");
  const before = descriptors().length;
  const eaten = eatDescriptors();
  await new Promise((resolve) => setImmediate(resolve));
  eaten.push(...eatDescriptors()); // those that other threads have just closed
  for (const fd of eaten.splice(0, left)) closeSync(fd);
  let opened: unknown;
  let isRefused = false;
  try {
    opened = await open({ reactor: victim, port });
  } catch (error) {
    isRefused = true;
    judge(name, error);
  }
  meanwhile();
  await new Promise((resolve) => setImmediate(resolve));
  for (const fd of eaten) closeSync(fd);
  const what = `${name}, refused with ${left} left, to give back its descriptors`;
  if (isRefused) await until(what, () => descriptors().length <= before).catch((error: Error) => wrong.push(error.message));
  if (opened instanceof Reactor) await opened.stop();
  await victim.stop();
}

function judge(name: string, error: unknown): void {
  if (!isGroupcastError(error)) wrong.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
  refused[name] = [...new Set([...(refused[name] ?? []), String((error as { readonly code?: string }).code)])];
}

/** Opens a file until the system refuses. */
function eatDescriptors(): number[] {
  const eaten: number[] = [];
  for (;;) {
    try {
      eaten.push(openSync("/dev/null", "r"));
    } catch {
      return eaten;
    }
  }
}

function descriptors(): number[] {
  return readdirSync("/proc/self/fd").map(Number);
}

function newestDescriptor(): number {
  return Math.max(...descriptors().filter((fd) => existsSync(`/proc/self/fd/${fd}`)));
}
