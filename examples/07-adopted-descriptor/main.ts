/**
 * A server whose socket another program opened, such as systemd.
 *
 * You learn: a program that is passed its socket needs no right to open it, and can be restarted without losing a datagram.
 * You run:   python3 examples/07-adopted-descriptor/activate.py 9999 node examples/dist/07-adopted-descriptor/main.js
 * You see:   adopted port 9999; it echoes like the server of lesson 1. Ctrl-C ends it. systemd-socket-activate --datagram -l 9999 can take
 *            the place of activate.py; it starts the server when the first datagram comes.
 */
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const FIRST_PASSED = 3; // SD_LISTEN_FDS_START in sd_listen_fds(3): behind standard input, output and error

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

const { LISTEN_PID, LISTEN_FDS } = process.env;
const isPassed = Number(LISTEN_PID) === process.pid && Number(LISTEN_FDS) === 1; // meant for this process, not for its parent
if (!isPassed) throw new Error("No socket was passed: start this program with activate.py");

const reactor = new Reactor();
const echo = reactor.adoptDatagramPort(FIRST_PASSED, new Echo());
console.log(`adopted port ${echo.getHost().port}`);
await reactor.run();
