// Our side of the conversation.
import { randomBytes } from "node:crypto";
import { DatagramProtocol, type SocketAddress } from "groupcast";
import { Arrivals } from "../support/lab/arrivals.js";

/** Nothing, almost nothing, a full Ethernet frame, and the longest there is on IPv4 (RFC 768, RFC 791). */
export const SIZES = [0, 1, 1472, 65_507];

export class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

interface Letter {
  readonly data: Buffer;
  readonly from: SocketAddress;
}

/** Keeps what arrives until it is asked for. */
export class Letterbox extends DatagramProtocol {
  readonly #letters = new Arrivals<Letter>(({ data, from }) => `${data.length} bytes from ${from.address}:${from.port}`);
  readonly #refusals = new Arrivals<void>(() => "refused");
  #lettersRead = 0;
  #refusalsRead = 0;

  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.#letters.add({ data, from });
  }

  override connectionRefused(): void {
    this.#refusals.add();
  }

  /** The first datagram that has not been read. @throws Error when none arrives within five seconds. */
  async letter(): Promise<Letter> {
    const { item, position } = await this.#letters.find({ isWanted: () => true, what: "No datagram", start: this.#lettersRead });
    this.#lettersRead = position + 1;
    return item;
  }

  /** Waits until the peer refuses, once more than before. @throws Error when it does not within five seconds. */
  async refusal(): Promise<void> {
    const { position } = await this.#refusals.find({ isWanted: () => true, what: "No refusal", start: this.#refusalsRead });
    this.#refusalsRead = position + 1;
  }
}

/** Writes a datagram of each size, the next when the one before has come back. @returns The sizes that came back unchanged. */
export async function sizesEchoed(client: Letterbox, sizes: readonly number[], to?: { address: string; port: number }): Promise<number[]> {
  const echoed: number[] = [];
  for (const size of sizes) {
    const question = randomBytes(size);
    client.transport.write(question, to);
    const { data } = await client.letter();
    if (data.equals(question)) echoed.push(size);
  }
  return echoed;
}
