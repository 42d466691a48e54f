/**
 * Datagrams read in a loop.
 *
 * You learn: a DatagramStream is a protocol for `for await`; leaving the loop stops nothing, and a stopped port ends it.
 * You run:   node examples/dist/13-datagram-stream/main.js
 * You see:   the first datagram, then the others.
 */
import { DatagramStream, Reactor } from "groupcast";

const reactor = new Reactor();
const inbox = new DatagramStream({ maxDatagrams: 100 }); // when so many wait, the port is paused
const port = reactor.listenUDP(0, inbox, { interface: "127.0.0.1" });
for (const text of ["one", "two", "three"]) port.write(text, port.getHost()); // to itself

for await (const { data } of inbox) {
  console.log(`first: ${data}`);
  break; // the port goes on, and the next loop begins where this one ended
}

for await (const { data, from } of inbox) {
  console.log(`then: ${data} from ${from.address}`);
  if (String(data) === "three") port.stopListening(); // ends the loop
}
console.log("the port has stopped");
await reactor.stop();
