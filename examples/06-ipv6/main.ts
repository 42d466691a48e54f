/**
 * One port for IPv6 and IPv4.
 *
 * You learn: the address to bind chooses the family, and "::" takes both; IPv4 senders then have addresses like ::ffff:127.0.0.1.
 * You run:   node examples/dist/06-ipv6/main.js
 * You see:   ::1 says "hello" and the echo, after echo hello | socat -t1 - UDP6:[::1]:9999 in another terminal;
 *            ::ffff:127.0.0.1 says "hello" after the same with UDP4:127.0.0.1:9999. Ctrl-C ends it.
 */
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    console.log(`${from.address} says "${String(data).trim()}"`);
    this.transport.write(data, from); // right as it is, for either family
  }
}

const reactor = new Reactor();
const echo = reactor.listenUDP(PORT, new Echo(), { interface: "::", ipv6Only: false });
console.log(`listening on port ${echo.getHost().port}`);
await reactor.run();
