/**
 * The fate of one datagram.
 *
 * You learn: a protocol may be a plain object; send() resolves when the system has taken the datagram, and rejects when it has not.
 * You run:   node examples/dist/15-fate-of-a-datagram/main.js
 * You see:   one datagram taken, one refused, and the taken one received.
 */
import { once, Reactor, SystemError } from "groupcast";

const reactor = new Reactor();
const port = reactor.listenUDP(
  0,
  {
    datagramReceived(data) {
      console.log(`received: ${data}`);
      this.transport.stopListening();
    },
  },
  { interface: "127.0.0.1" },
);

try {
  await port.send("to everybody", { address: "255.255.255.255", port: 9999 }); // nobody called setBroadcastAllowed(true)
} catch (error) {
  if (!(error instanceof SystemError)) throw error;
  console.log(`refused: ${error.errnoName}`);
}

const closed = once(port, "closed");
await port.send("to myself", port.getHost());
console.log("taken");
await closed;
await reactor.stop();
