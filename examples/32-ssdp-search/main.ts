/**
 * Finds the devices on a link that answer SSDP, as routers, televisions and media servers do (UPnP Device Architecture 1.1).
 *
 * You learn: a question to a group is answered by many, each to the port that asked. A DatagramStream is read like any other, and ends
 *            with its port.
 * You run:   node examples/dist/32-ssdp-search/main.js [target] [interface]
 * You see:   a line for each device and service, with the address of its description, and after two seconds: found 2
 */
import { DatagramStream, Reactor } from "groupcast";

const [TARGET = "ssdp:all", INTERFACE = "default"] = process.argv.slice(2);
const GROUP = { address: "239.255.255.250", port: 1900 };
const LONGEST_WAIT_S = 1; // devices choose a moment within this time, so that not all answer at once
const LISTEN_MS = 2000;
const ASK_AT_MS = [0, 200]; // twice: one may get lost

const QUESTION = [
  "M-SEARCH * HTTP/1.1",
  `HOST: ${GROUP.address}:${GROUP.port}`,
  'MAN: "ssdp:discover"',
  `MX: ${LONGEST_WAIT_S}`,
  `ST: ${TARGET}`,
  "\r\n",
].join("\r\n");

function headerOf(answer: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.+)$`, "im").exec(answer)?.[1];
}

const reactor = new Reactor();
const answers = new DatagramStream();
const port = reactor.listenMulticast(0, answers, { outgoingInterface: INTERFACE, ttl: 2 });
for (const ms of ASK_AT_MS) reactor.callLater(ms, () => void port.write(QUESTION, GROUP));
reactor.callLater(LISTEN_MS, () => port.stopListening());

const found = new Set<string>();
for await (const { data, from } of answers) {
  const answer = String(data);
  const name = headerOf(answer, "USN");
  if (!answer.startsWith("HTTP/1.1 200 ") || name === undefined || found.has(name)) continue;
  found.add(name);
  console.log(`${from.address} has ${JSON.stringify(name)} at ${JSON.stringify(headerOf(answer, "LOCATION"))}`); // as JSON: see 33-syslog-sink
}
console.log(`found ${found.size}`);
