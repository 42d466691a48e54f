// Deletes interfaces and makes them again with the same names and indices while the event loop is blocked, in a network namespace of its own;
// before that one leaves a bridge, and stays. Afterwards one port alone is left of two reactors. Arguments: number of interfaces, and by what the group is joined.
import { execFileSync } from "node:child_process";
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { SILENT } from "../support/silent.js";
import { until } from "../support/until.js";

const GROUP = "239.255.78.2";
const FIRST_INDEX = 1_000;

const [, , count, selector] = process.argv;
const interfaces = Array.from({ length: Number(count) }, (_, n) => ({ name: `g${n}`, index: FIRST_INDEX + n, address: `10.9.${n}.1/24` }));

function ip(...lines: string[]): void {
  execFileSync("ip", ["-batch", "-"], { input: lines.join("\n") });
}

const make = interfaces.flatMap(({ name, index, address }) => [
  `link add name ${name} index ${index} type veth peer name ${name}p`,
  `link set ${name}p up`,
  `addr add ${address} dev ${name}`,
  `link set ${name} up`,
]);

class Counting extends DatagramProtocol {
  got = 0;

  override datagramReceived(): void {
    this.got++;
  }
}

await attackProcess(async () => {
  ip("link set lo up", ...make);
  await using reactor = new Reactor({ backend: chooseBackend("native"), logger: SILENT });
  await using other = new Reactor({ backend: chooseBackend("native"), logger: SILENT });
  const protocols = [new Counting(), new Counting(), new Counting()];
  const events: string[] = [];
  const ports = protocols.map((protocol, n) => (n < 2 ? reactor : other).listenMulticast(5000, protocol, { listenMultiple: true }));
  for (const port of ports) {
    port.on("membership", ({ membership }) => events.push(membership.state));
    for (const { name, index } of interfaces) port.joinGroup(GROUP, selector === "index" ? index : name);
  }
  const sender = reactor.listenMulticast(0, {});
  const arrives = async (rounds: number): Promise<void> => {
    for (const { name } of interfaces) await sender.send("x", { address: GROUP, port: 5000 }, { interface: name });
    await until("each port has the datagrams", () => protocols.every(({ got }) => got === rounds * interfaces.length));
  };
  await arrives(1);
  // The kernel tells of an interface that leaves its bridge as of a deletion, for AF_BRIDGE.
  const isHeard = new Promise((resolve) => reactor.network.once("change", resolve));
  ip("link add br0 type bridge", "link set g0 master br0", "link set g0 nomaster", "addr add 10.10.0.1/24 dev g0");
  await isHeard;
  const beforeDeletion = countOf(events);
  ip(...interfaces.map(({ name }) => `link del ${name}`), ...make);
  await until("the memberships are renewed", () => countOf(events).lost === ports.length * interfaces.length);
  await arrives(2);
  const memberships = countOf(ports.flatMap((port) => port.memberships.map(({ state }) => state)));
  for (const port of ports.splice(1)) await port.stopListening();
  protocols.length = 1;
  await arrives(3); // the kernel counts the sockets that have joined: those that are closed now have taken away their own memberships only
  return { beforeDeletion, events: countOf(events), memberships };
});

function countOf(states: readonly string[]): Record<"joined" | "lost", number> {
  return { joined: states.filter((state) => state === "joined").length, lost: states.filter((state) => state === "lost").length };
}
