// Right: here written datagrams leave before the port closes, and the promise resolves when it has closed.
import { DatagramProtocol, Reactor } from "groupcast";

class Counter extends DatagramProtocol {
  arrived = 0;

  override datagramReceived(data: Buffer): void {
    if (String(data) === "fence") reactor.stop();
    else this.arrived += 1;
  }
}

class Sender extends DatagramProtocol {
  override datagramReceived(): void {} // ignores what arrives
}

const reactor = new Reactor();
const counter = new Counter();
const to = reactor.listenUDP(0, counter, { interface: "127.0.0.1" }).getHost();

const sender = reactor.listenUDP(0, new Sender());
for (let n = 0; n < 20; n++) sender.write(`datagram ${n}`, to);
await sender.stopListening();

reactor.listenUDP(0, new Sender()).write("fence", to);
await reactor.run();
console.log(`${counter.arrived} of 20 arrived`);
