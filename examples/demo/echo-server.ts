import { DatagramProtocol, type SocketAddress } from "groupcast";

/** Sends back what it receives. */
export class EchoServer extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}
