// Steering where it is refused, and against payloads and rules that nobody chose: the kernel and the network in memory must agree.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Steering } from "@groupcast/backend";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { chooseBackend, DatagramProtocol, Reactor, type SocketAddress, type UDPPort } from "groupcast";
import { beforeEach, describe, expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { canMakeNamespaces, hasCommand, hasIPv6, isRoot, type Probe, skipUnless } from "../support/probe.js";
import { runAttack } from "./support/attack-program.js";
import { Dice } from "./support/dice.js";
import { SILENT } from "./support/silent.js";
import { until } from "./support/until.js";

const REFUSE = fileURLToPath(new URL("programs/refuse-steering.py", import.meta.url));
const LONGEST_BYTES = 65_507; // payload of UDP over IPv4: RFC 768, RFC 791
const ROUNDS = 60;
const DATAGRAMS = 24; // each round

beforeEach((context) => skipUnless(context, canLoad("native"), hasCommand("python3", "python3")));

describe("a port that the kernel refuses to steer is closed, its number's other port gets every datagram, and no worker starts:", () => {
  test.each([
    ["EPERM", /security policy/],
    ["ENOPROTOOPT", /Linux 4\.5/],
    ["ENOMEM", /optmem_max/],
  ] as const)("%s", async (errnoName, advice) => {
    const outcome = await runAttack("refused-steering.ts", [], { under: ["/usr/bin/python3", REFUSE, errnoName] });
    expect(outcome).toEqual(refusal(errnoName, advice));
  });

  test("ENOMEM of a kernel whose net.core.optmem_max is too low", async (context) => {
    await skipUnless(context, isRoot, canMakeNamespaces, hasCommand("ip", "iproute2"), hasOwnLimit);
    const starve = 'ip link set lo up && echo 300 > /proc/sys/net/core/optmem_max && exec "$@"';
    const outcome = await runAttack("refused-steering.ts", [], { under: ["unshare", "--net", "sh", "-c", starve, "sh"] });
    expect(outcome).toEqual(refusal("ENOMEM", /optmem_max/));
  });
});

function refusal(errnoName: string, advice: RegExp): object {
  const error = { code: "ERR_SET_OPTION", errnoName, option: "steering", remedy: expect.stringMatching(advice) as string };
  return { second: error, got: [20, 0], workers: error, strays: [] };
}

/** From Linux 6.8 on, each network namespace has a net.core.optmem_max of its own. Before, the machine's would change. */
const hasOwnLimit: Probe = async () => ({
  isAvailable: spawnSync("unshare", ["--net", "test", "-w", "/proc/sys/net/core/optmem_max"]).status === 0,
  reason: "net.core.optmem_max belongs to the whole machine: it needs Linux 6.8",
});

test("steering by CPU gives a port what the kernel handles on its CPU, and on loopback that is the sender's", async (context) => {
  await skipUnless(context, hasCommand("taskset", "util-linux"), hasTwoCPUs);
  const [first = 0, second = 0] = allowedCPUs();
  const ports = second + 1;
  await using reactor = new Reactor({ backend: chooseBackend("native"), logger: SILENT });
  const group = new Group(reactor, "127.0.0.1", ports, { by: "cpu", ports });
  for (const cpu of [first, second, first]) {
    const under = ["taskset", "-c", String(cpu)];
    expect(await runAttack("send-steadily.ts", [String(group.port), `CPU ${cpu}`, "25"], { under })).toEqual({ sent: 25, strays: [] });
  }
  await until("all datagrams arrive", () => group.arrived === 75);
  expect(group.places((text) => text)).toEqual({ [`CPU ${first}`]: [first], [`CPU ${second}`]: [second] });
});

function allowedCPUs(): number[] {
  const [, list = ""] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return list.split(",").flatMap((range) => {
    const [from = 0, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

/** With receive packet steering, the kernel hands a datagram to another CPU before it looks for a socket. */
const hasTwoCPUs: Probe = async () => {
  const isMoved = /[1-9a-f]/.test(readFileSync("/sys/class/net/lo/queues/rx-0/rps_cpus", "utf8"));
  const [, second = Number.POSITIVE_INFINITY] = allowedCPUs();
  return { isAvailable: !isMoved && second < 64, reason: "it needs two CPUs of a number below 64, and no rps_cpus on lo" };
};

/** Ports that share a number, and which of them got which datagram. */
class Group {
  readonly ports: UDPPort[] = [];
  readonly port: number;
  arrived = 0;
  readonly #got: { readonly text: string; readonly from: SocketAddress; readonly place: number }[] = [];

  constructor(reactor: Reactor, address: string, count: number, steering: Steering) {
    const options = { interface: address, reusePort: true, maxPacketSize: LONGEST_BYTES, receiveBufferBytes: 4_194_304, steering };
    const note = (text: string, from: SocketAddress, place: number): void => {
      this.arrived += 1;
      this.#got.push({ text, from, place });
    };
    let port = 0;
    for (let place = 0; place < count; place++) {
      class Member extends DatagramProtocol {
        override datagramReceived(data: Buffer, from: SocketAddress): void {
          note(data.toString("latin1"), from, place);
        }
      }
      const opened = reactor.listenUDP(port, new Member(), options);
      ({ port } = opened.getHost());
      this.ports.push(opened);
    }
    this.port = port;
  }

  /** Returns the places of the ports that got what has the same name. */
  places(nameOf: (text: string, from: SocketAddress) => string | number): Record<string, number[]> {
    const places: Record<string, number[]> = {};
    for (const { text, from, place } of this.#got) {
      const name = nameOf(text, from);
      places[name] = [...new Set([...(places[name] ?? []), place])];
    }
    return places;
  }
}

/** A rule and payloads, of lengths around the edges of the key. */
function attack(
  dice: Dice,
  count: number,
): { readonly steering: Steering & { readonly by: "payload" }; readonly payloads: readonly Buffer[] } {
  const lengthBytes = 1 + dice.roll(64);
  const offsets = [0, dice.roll(8), dice.roll(1500), dice.roll(65_000), LONGEST_BYTES - lengthBytes, 65_526];
  const offsetBytes = dice.pick(offsets)!;
  const end = offsetBytes + lengthBytes;
  const payloads = Array.from({ length: DATAGRAMS }, () => {
    const length = dice.pick([0, 1, offsetBytes, end - 1, end, end, end, end + 1, end + dice.roll(100), dice.roll(LONGEST_BYTES)])!;
    const payload = Buffer.alloc(Math.min(length, LONGEST_BYTES));
    for (let at = Math.max(0, offsetBytes - 4); at < Math.min(payload.length, end + 4); at++) payload[at] = dice.roll(256);
    return payload;
  });
  return { steering: { by: "payload", offsetBytes, lengthBytes, ports: count }, payloads };
}

/** Where payloads are sent. */
interface Stage {
  readonly reactor: Reactor;
  readonly address: string;
  readonly settle: () => Promise<void>;
}

/** Sends each payload from a port of its own, and returns the places of the ports that got them. */
async function placesOf({ reactor, address, settle }: Stage, rule: Steering, payloads: readonly Buffer[]): Promise<(number | undefined)[]> {
  const group = new Group(reactor, address, rule.ports, rule);
  const senders: number[] = [];
  for (const payload of payloads) {
    const sender = reactor.listenUDP(0, new (class extends DatagramProtocol {})(), { interface: address, sendBufferBytes: 262_144 });
    senders.push(sender.getHost().port);
    sender.write(payload, { address, port: group.port });
    await settle();
  }
  await until("all datagrams arrive", () => group.arrived === payloads.length);
  const places = group.places((_text, { port }) => port);
  await Promise.all(reactor.ports.map((port) => port.stopListening()));
  return senders.map((sender) => places[sender]?.[0]);
}

test.for([
  { address: "127.0.0.1", probes: [] },
  { address: "::1", probes: [hasIPv6] },
])(
  "the kernel and the network in memory give each whole key to the same port, and lose nothing, at $address",
  async ({ address, probes }, context) => {
    await skipUnless(context, ...probes);
    const dice = new Dice(20_261_123);
    const network = new MemoryNetwork();
    await using reactor = new Reactor({ backend: chooseBackend("native"), logger: SILENT });
    const native: Stage = { reactor, address, settle: () => new Promise(setImmediate) };
    await using modelled = new Reactor({ backend: network.host("a"), clock: network.clock, logger: SILENT });
    const memory: Stage = { reactor: modelled, address, settle: () => network.clock.advance(1) };
    let whole = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const { steering, payloads } = attack(dice, 1 + dice.roll(6));
      const onKernel = await placesOf(native, steering, payloads);
      const inMemory = await placesOf(memory, steering, payloads);
      const end = steering.offsetBytes + steering.lengthBytes;
      for (const [index, { length }] of payloads.entries()) {
        if (length < end) continue; // its flow chooses, and the two hash flows in their own ways
        whole += 1;
        expect({ steering, length, place: onKernel[index] }).toEqual({ steering, length, place: inMemory[index] });
        if (steering.lengthBytes > 4) continue;
        const key = payloads[index]!.readUIntBE(steering.offsetBytes, steering.lengthBytes);
        expect(onKernel[index]).toBe(key % steering.ports);
      }
    }
    expect(whole).toBeGreaterThan(ROUNDS);
  },
);

test.each(["native", "memory"] as const)("a steered port that connects gets its peer's datagrams and no others, on %s", async (backend) => {
  const network = new MemoryNetwork();
  const isNative = backend === "native";
  const where = isNative ? { backend: chooseBackend("native") } : { backend: network.host("a"), clock: network.clock };
  await using reactor = new Reactor({ ...where, logger: SILENT });
  const settle = (): Promise<void> => (isNative ? new Promise(setImmediate) : network.clock.advance(1));
  const address = "127.0.0.1";
  const group = new Group(reactor, address, 3, { by: "payload", offsetBytes: 0, lengthBytes: 1, ports: 3 });
  const open = (): UDPPort => reactor.listenUDP(0, new (class extends DatagramProtocol {})(), { interface: address });
  const peer = open();
  group.ports[1]!.connect(address, peer.getHost().port);
  const keys = ["<", "=", ">"]; // 60, 61, 62: ports 0, 1 and 2
  for (let round = 0; round < 10; round++) {
    for (const key of keys) {
      open().write(`${key} of others`, { address, port: group.port });
      await settle();
      peer.write(`${key} of the peer`, { address, port: group.port });
      await settle();
    }
  }
  await until("all datagrams arrive", () => group.arrived === 60);
  const { peer: ofPeer, others = [] } = group.places((text) => (text.endsWith("peer") ? "peer" : "others"));
  expect(ofPeer).toEqual([1]);
  expect(others.toSorted()).toEqual([0, 2]);
});
