/**
 * Sends the datagrams of a bound socket.
 *
 * Theory of operation: the port copies a datagram, and sends it with the others of this turn. Its send queue is bounded, that of
 * `node:dgram` is not: what the queue refuses waits here, in order, until the queue is empty. While a batch of messages is delivered, the
 * port holds back what the program sends: the answers leave together, behind the last message.
 */
import { isGroupcastError, type MulticastPort, type SendReceipt } from "groupcast";
import { ERRNO, type Errno, errnoOf, outcomeOf } from "./errno.js";

/** Receiver of a datagram's fate: 0 or an errno. */
export type Sent = (errno: Errno) => void;

/** Calls `sent` as soon as the fate of a datagram is known: at once if it is. */
export type Report = (sent: Sent) => void;

/** A destination; undefined: the peer. */
type Destination = { readonly address: string; readonly port: number } | undefined;

/** A datagram that the queue of the port refused. */
interface Refused {
  readonly data: Buffer;
  readonly to: Destination;
  sent: Sent | undefined;
}

/** Sender of one bound socket. */
export class Sender {
  readonly #port: MulticastPort;
  readonly #isImmediate: boolean;
  readonly #to = { address: "", port: 0 }; // one for all: the port reads it at once
  readonly #refused: Refused[] = [];
  #isHolding = false;

  /** @param isImmediate - Whether each datagram leaves before the call that sends it returns. */
  constructor(port: MulticastPort, isImmediate: boolean) {
    this.#port = port;
    this.#isImmediate = isImmediate;
    port.on("drain", () => this.#sendRefused());
  }

  /** Number of datagrams that the network has not taken yet. */
  get waitingCount(): number {
    this.#flush();
    return this.#port.statistics().queued + this.#refused.length;
  }

  /** Number of their bytes. */
  get waitingBytes(): number {
    this.#flush();
    return this.#port.statistics().queuedBytes + this.#refused.reduce((sum, { data }) => sum + data.length, 0);
  }

  /** Sends a datagram whose fate nobody waits for; without an address to the peer. */
  write(data: Uint8Array | string, port: number, address: string | undefined): void {
    try {
      const to = this.#destination(port, address);
      if (this.#refused.length > 0 || !this.#port.write(data, to)) this.#keep(data, to);
      else if (this.#isImmediate) this.#port.flush();
    } catch (error) {
      errnoOf(error); // as node:dgram, which has nobody to tell; anything but a refusal is thrown
    }
  }

  /** Sends a datagram whose fate the caller asks for later. */
  post(data: Uint8Array | string, port: number, address: string | undefined): Report {
    try {
      const to = this.#destination(port, address);
      const receipt = this.#refused.length > 0 ? undefined : this.#port.post(data, to);
      if (receipt === undefined || isQueueFull(receipt)) return this.#reportOf(this.#keep(data, to));
      if (this.#isImmediate) this.#port.flush();
      return (sent) => this.#report(receipt, sent);
    } catch (error) {
      const errno = errnoOf(error);
      return (sent) => sent(errno);
    }
  }

  /** Holds back what is sent until {@link Sender.release}. */
  hold(): void {
    if (this.#isImmediate) return;
    this.#isHolding = true;
    this.#port.cork();
  }

  /** Sends what was held back. */
  release(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    outcomeOf(() => this.#port.uncork()); // refused when the program has closed the socket
  }

  /** Gives up what the queue of the port has refused; the port has closed. */
  close(): void {
    for (const { sent } of this.#refused.splice(0)) if (sent !== undefined) process.nextTick(sent, ERRNO.ECANCELED);
  }

  #destination(port: number, address: string | undefined): Destination {
    if (address === undefined) return undefined;
    this.#to.address = address;
    this.#to.port = port;
    return this.#to;
  }

  #flush(): void {
    outcomeOf(() => this.#port.flush()); // refused when the program has closed the socket
  }

  #report(receipt: SendReceipt, sent: Sent): void {
    if (receipt.outcome === "waiting" && !this.#isHolding) this.#flush();
    const { outcome } = receipt;
    if (outcome === "waiting") reportLater(receipt, sent);
    else sent(outcome === "taken" ? 0 : errnoOf(outcome));
  }

  #keep(data: Uint8Array | string, to: Destination): Refused {
    const refused = { data: Buffer.from(data as Uint8Array), to: to && { ...to }, sent: undefined };
    this.#refused.push(refused);
    return refused;
  }

  #reportOf(refused: Refused): Report {
    return (sent) => {
      refused.sent = sent;
    };
  }

  /** The queue of the port is empty: fills it again. */
  #sendRefused(): void {
    let taken = 0;
    for (const refused of this.#refused) {
      const receipt = this.#port.post(refused.data, refused.to);
      if (isQueueFull(receipt)) break;
      taken++;
      reportLater(receipt, (errno) => refused.sent?.(errno));
    }
    this.#refused.splice(0, taken);
  }
}

/** Reports from a tick of its own: what a program's callback throws is an uncaught exception there. */
function reportLater(receipt: SendReceipt, sent: Sent): void {
  receipt.settled().then(
    () => process.nextTick(sent, 0),
    (error: unknown) => process.nextTick(sent, errnoOf(error)),
  );
}

function isQueueFull({ outcome }: SendReceipt): boolean {
  return typeof outcome === "object" && isGroupcastError(outcome) && outcome.code === "ERR_SEND_QUEUE_FULL";
}
