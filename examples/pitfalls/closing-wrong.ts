// Wrong: with node:dgram, send() looks its address up before it sends, even an IP address, and close() does not wait for it: all are lost.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { DatagramProtocol, Reactor } from "groupcast";

class Counter extends DatagramProtocol {
  arrived = 0;

  override datagramReceived(data: Buffer): void {
    if (String(data) === "fence") reactor.stop();
    else this.arrived += 1;
  }
}

const reactor = new Reactor();
const counter = new Counter();
const { port } = reactor.listenUDP(0, counter, { interface: "127.0.0.1" }).getHost();

const socket = createSocket("udp4");
for (let n = 0; n < 20; n++) socket.send(`datagram ${n}`, port, "127.0.0.1");
socket.close();
await once(socket, "close");

const fence = createSocket("udp4");
fence.send("fence", port, "127.0.0.1", () => fence.close());
await reactor.run();
console.log(`${counter.arrived} of 20 arrived`);
