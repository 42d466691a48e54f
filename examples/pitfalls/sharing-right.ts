// Right: two ports share a number by reusePort. The kernel spreads unicast over them, by flow: one client stays with one of them.
import { DatagramProtocol, Reactor } from "groupcast";

class Worker extends DatagramProtocol {
  served = 0;

  override datagramReceived(): void {
    this.served += 1;
    if (workers.reduce((sum, { served }) => sum + served, 0) === REQUESTS) reactor.stop();
  }
}

class Client extends DatagramProtocol {
  override datagramReceived(): void {} // ignores what arrives
}

const REQUESTS = 64;
const reactor = new Reactor();
const workers = [new Worker(), new Worker()];
const options = { interface: "127.0.0.1", reusePort: true };
const to = reactor.listenUDP(0, workers[0]!, options).getHost();
reactor.listenUDP(to.port, workers[1]!, options);
for (let n = 0; n < REQUESTS; n++) reactor.listenUDP(0, new Client()).write("request", to);
await reactor.run();
console.log(workers.every(({ served }) => served > 0) ? "both serve" : "one serves, one idles");
