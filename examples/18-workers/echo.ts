/** The protocol of each worker thread: main.ts says the rest. */
import { DatagramProtocol, type SocketAddress } from "groupcast";

export default class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}
