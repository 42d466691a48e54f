// Numbered datagrams that leave one by one, and their reader: they tell what was lost on the way.
import { DatagramProtocol, type Reactor, type SocketAddress } from "groupcast";

const SHORTEST_BYTES = 100;
const LENGTHS = 1_000;
const FENCE = 0xffff_ffff;
const REPEAT_MS = 20;

/** Keeps the numbers of what arrives. */
export class NumberReader extends DatagramProtocol {
  readonly numbers: number[] = [];
  hasEnded = false;

  override datagramReceived(data: Buffer): void {
    const number = data.readUInt32BE();
    if (number === FENCE) this.hasEnded = true;
    else this.numbers.push(number);
  }
}

/** Each is longer than the one before, so that they leave one by one: a queue that drops half of a run takes it as a whole (tbf_segment()). */
export function numbered(number: number): Buffer {
  const data = Buffer.alloc(SHORTEST_BYTES + (number % LENGTHS));
  data.writeUInt32BE(number);
  return data;
}

/** Sends a fence until `reader`, which is at `to`, has it: it may be refused like any other datagram. */
export async function sendFence(reactor: Reactor, to: SocketAddress, reader: NumberReader): Promise<void> {
  const fence = reactor.connectUDP(to.address, to.port, {});
  while (!reader.hasEnded) {
    fence.write(numbered(FENCE));
    await new Promise((resolve) => setTimeout(resolve, REPEAT_MS));
  }
}
