// A program that asks its reactor why its port receives nothing: at once, on each line of its input, and on "pause" without reading.
import { createInterface } from "node:readline";
import { Reactor } from "groupcast";

const { group, port: number, interface: name } = JSON.parse(process.argv[2]!) as { group: string; port: number; interface: string };

const reactor = new Reactor();
const port = reactor.listenMulticast(number, { datagramReceived: () => {} });
port.joinGroup(group, name);
await diagnose("as it is");
createInterface({ input: process.stdin }).on("line", (line) => void obey(JSON.parse(line) as string));

async function obey(word: string): Promise<void> {
  if (word === "pause") {
    port.setReceiveBufferBytes(4096);
    port.pauseReading();
  }
  await diagnose(word === "pause" ? "paused" : word);
}

async function diagnose(what: string): Promise<void> {
  console.log(JSON.stringify({ event: "diagnosed", what, diagnoses: await reactor.diagnose(port) }));
}
