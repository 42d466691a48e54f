/**
 * Finds the devices on a link that answer SSDP, as routers, televisions and media servers do (UPnP Device Architecture 1.1).
 *
 * You learn: a question to a group is answered by many, each to the port that asked; the program chooses how long it listens.
 * You run:   node examples/dist/32-ssdp-search/main.js [target] [interface]
 * You see:   a line for each device and service, with the address of its description, and after two seconds: found 2
 */
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const [TARGET = "ssdp:all", INTERFACE = "default"] = process.argv.slice(2);
const GROUP = { address: "239.255.255.250", port: 1900 };
const LONGEST_WAIT_S = 1; // devices choose a moment within this time, so that not all answer at once
const LISTEN_MS = 2000;
const QUESTIONS = 2; // one may get lost
const PAUSE_MS = 200;

const QUESTION = [
  "M-SEARCH * HTTP/1.1",
  `HOST: ${GROUP.address}:${GROUP.port}`,
  'MAN: "ssdp:discover"',
  `MX: ${LONGEST_WAIT_S}`,
  `ST: ${TARGET}`,
  "\r\n",
].join("\r\n");

class Search extends DatagramProtocol {
  readonly found = new Set<string>();

  override startProtocol(): void {
    for (let n = 0; n < QUESTIONS; n += 1) reactor.callLater(n * PAUSE_MS, () => this.transport.write(QUESTION, GROUP));
  }

  override datagramReceived(data: Buffer, from: SocketAddress): void {
    const answer = String(data);
    const name = headerOf(answer, "USN");
    if (!answer.startsWith("HTTP/1.1 200 ") || name === undefined || this.found.has(name)) return;
    this.found.add(name);
    console.log(`${from.address} has ${JSON.stringify(name)} at ${JSON.stringify(headerOf(answer, "LOCATION"))}`);
  }
}

function headerOf(answer: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.+)$`, "im").exec(answer)?.[1];
}

const reactor = new Reactor();
const search = new Search();
reactor.listenMulticast(0, search, { outgoingInterface: INTERFACE, ttl: 2 });
reactor.callLater(LISTEN_MS, () => reactor.stop());
await reactor.run();
console.log(`found ${search.found.size}`);
