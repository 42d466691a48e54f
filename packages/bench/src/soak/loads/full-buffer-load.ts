/** A sender whose send buffer is full most of the time, as the way out is slow: what does not fit waits in the send queue. */
import { DatagramProtocol, type Reactor, type UDPPort } from "groupcast";
import { type Account, refusedBy } from "../account.js";
import { CLOSED_PORT, type Load } from "../load.js";

const BURST = 40;
const PAYLOAD = Buffer.alloc(1200);
const SEND_BUFFER_BYTES = 8192; // a few datagrams

class Sender extends DatagramProtocol {}

export class FullBufferLoad implements Load {
  readonly #sender: UDPPort;
  readonly #target: string;
  #written = 0;
  #timesFull = 0;

  constructor(reactor: Reactor, target: string) {
    this.#target = target;
    this.#sender = reactor.listenUDP(0, new Sender(), { sendBufferBytes: SEND_BUFFER_BYTES });
  }

  turn(): void {
    if (this.#sender.statistics().queued > 0) {
      this.#timesFull++;
      return;
    }
    for (let i = 0; i < BURST; i++) this.#sender.write(PAYLOAD, { address: this.#target, port: CLOSED_PORT });
    this.#written += BURST;
  }

  accounts(): readonly Account[] {
    const statistics = this.#sender.statistics();
    const path = `through a send buffer that was full in ${this.#timesFull} turns, as far as the kernel`;
    return [{ path, sent: this.#written, delivered: statistics.sent, refused: refusedBy(statistics), counted: 0 }];
  }
}
