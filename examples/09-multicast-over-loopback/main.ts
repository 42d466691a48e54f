/**
 * Multicast that is meant for this host, and where it really goes.
 *
 * You learn: under a route to loopback, a plain socket keeps to the route with sendto and leaves it with connect and send: the second
 *            way fixes a source address first, and Linux then sends by the interface that has it. A port keeps to the route in both.
 * You run:   sudo ip route add 239.255.76.0/24 dev lo
 *            node examples/dist/09-multicast-over-loopback/main.js
 *            sudo ip route del 239.255.76.0/24 dev lo
 * You see:   a table of who sent how, and by which interface that left: lo in each row, but for "plain socket, connect and send".
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type Arrival, DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const GROUP = "239.255.76.9";
const WAYS = ["plain socket, sendto", "plain socket, connect and send", "port, write", "port, connect and write"];
const LIMIT_MS = 5000;

class Listener extends DatagramProtocol {
  readonly #heard: (way: string, interfaceName: string) => void;

  constructor(heard: (way: string, interfaceName: string) => void) {
    super();
    this.#heard = heard;
  }

  override startProtocol(): void {
    this.transport.joinGroup(GROUP, "all"); // what leaves by an interface comes back from there to the members on this host
  }

  override datagramReceived(data: Buffer, _from: SocketAddress, arrival: Arrival): void {
    this.#heard(String(data), arrival.interface ?? "unknown");
  }
}

class Sender extends DatagramProtocol {
  override datagramReceived(): void {}
}

const reactor = new Reactor();
const obstacle = findObstacle();
console.log(obstacle ?? (await measure()));

/** Returns the reason why this host cannot show it, if there is one. */
function findObstacle(): string | undefined {
  if (!reactor.backend.capabilities.has("packetInfo")) {
    return `The ${reactor.backend.name} backend cannot report the interface that a datagram came by.`;
  }
  const isLooped = reactor.network.routeTo(GROUP)?.interface.flags.loopback;
  return isLooped ? undefined : "There is no route to loopback. As root: ip route add 239.255.76.0/24 dev lo";
}

/** Sends in all four ways, and returns the table. */
async function measure(): Promise<string> {
  const table = new Map<string, string>();
  const listener = new Listener((way, interfaceName) => {
    table.set(way, interfaceName);
    if (table.size === WAYS.length) void reactor.stop();
  });
  const { port } = reactor.listenMulticast(PORT, listener, { arrival: true }).getHost();
  await sendPlain(WAYS[0]!, (socket, text, done) => socket.send(text, port, GROUP, done));
  await sendPlain(WAYS[1]!, (socket, text, done) => socket.connect(port, GROUP, () => socket.send(text, done)));
  reactor.listenMulticast(0, new Sender()).write(WAYS[2]!, { address: GROUP, port });
  reactor.connectUDP(GROUP, port, new Sender()).write(WAYS[3]!);
  reactor.callLater(LIMIT_MS, () => void reactor.stop());
  await reactor.run();
  return WAYS.map((way) => `${way.padEnd(30)} | ${table.get(way) ?? "did not come back"}`).join("\n");
}

/** Sends one datagram from a socket of node:dgram. */
async function sendPlain(text: string, send: (socket: Socket, text: string, done: () => void) => void): Promise<void> {
  const socket = createSocket("udp4").bind();
  await once(socket, "listening");
  await new Promise<void>((done) => send(socket, text, done));
  socket.close();
}
