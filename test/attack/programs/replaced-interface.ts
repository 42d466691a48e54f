// Deletes an interface and makes it again with the same name and index while the event loop is blocked, in a network namespace of its own;
// before that it leaves a bridge, and stays. Argument: by what the group is joined.
import { execFileSync } from "node:child_process";
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { SILENT } from "../support/silent.js";
import { until } from "../support/until.js";

const GROUP = "239.255.78.2";
const NAME = "g0";
const INDEX = 77;

function ip(...args: string[]): void {
  execFileSync("ip", args);
}

function makeInterface(): void {
  ip("link", "add", "name", NAME, "index", String(INDEX), "type", "veth", "peer", "name", `${NAME}p`);
  ip("link", "set", `${NAME}p`, "up");
  ip("addr", "add", "10.9.0.1/24", "dev", NAME);
  ip("link", "set", NAME, "up");
}

class Counting extends DatagramProtocol {
  got = 0;

  override datagramReceived(): void {
    this.got++;
  }
}

await attackProcess(async () => {
  const [, , selector] = process.argv;
  ip("link", "set", "lo", "up");
  makeInterface();
  await using reactor = new Reactor({ backend: chooseBackend("native"), logger: SILENT });
  const protocols = [new Counting(), new Counting()];
  const events: string[] = [];
  const ports = protocols.map((protocol) => reactor.listenMulticast(5000, protocol, { listenMultiple: true }));
  for (const port of ports) {
    port.on("membership", ({ membership }) => events.push(membership.state));
    port.joinGroup(GROUP, selector === "index" ? INDEX : selector);
  }
  const sender = reactor.listenMulticast(0, {});
  const arrives = async (expected: number): Promise<void> => {
    await sender.send("x", { address: GROUP, port: 5000 }, { interface: NAME });
    await until("each port has the datagram", () => protocols.every(({ got }) => got === expected));
  };
  await arrives(1);
  ip("link", "add", "br0", "type", "bridge");
  ip("link", "set", NAME, "master", "br0");
  ip("link", "set", NAME, "nomaster"); // the kernel tells of it as of a deletion, for AF_BRIDGE
  const isHeard = new Promise((resolve) => reactor.network.once("change", resolve));
  ip("addr", "add", "10.9.0.2/24", "dev", NAME);
  await isHeard;
  const beforeDeletion = [...events];
  ip("link", "del", NAME);
  makeInterface();
  await until("the memberships are renewed", () => events.filter((state) => state === "lost").length === ports.length);
  await arrives(2);
  return { beforeDeletion, events, memberships: ports.flatMap((port) => port.memberships.map(({ state }) => state)) };
});
