/** Unicast to a server and back, with the time of each answer. */
import { DatagramProtocol, type Reactor, type SocketAddress, type UDPPort } from "groupcast";
import { type Account, accountOfPorts } from "../account.js";
import { LOCALHOST, type Load, RECEIVE_BUFFER_BYTES } from "../load.js";

const BURST = 32;
const MOST_ON_THE_WAY = 128;
const PAYLOAD_BYTES = 200;

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

class Stopwatch extends DatagramProtocol {
  readonly timesMs: number[] = [];
  answers = 0;

  override datagramReceived(data: Buffer): void {
    this.answers++;
    this.timesMs.push(performance.now() - data.readDoubleLE());
  }
}

export class EchoLoad implements Load {
  readonly #stopwatch = new Stopwatch();
  readonly #payload = Buffer.alloc(PAYLOAD_BYTES);
  readonly #server: UDPPort;
  readonly #client: UDPPort;
  #asked = 0;

  constructor(reactor: Reactor) {
    const buffers = { receiveBufferBytes: RECEIVE_BUFFER_BYTES };
    this.#server = reactor.listenUDP(0, new Echo(), { interface: LOCALHOST, ...buffers });
    this.#client = reactor.connectUDP(LOCALHOST, this.#server.getHost().port, this.#stopwatch, buffers);
  }

  turn(): void {
    if (this.#asked - this.#stopwatch.answers > MOST_ON_THE_WAY) return;
    for (let i = 0; i < BURST; i++) {
      this.#payload.writeDoubleLE(performance.now());
      this.#client.write(this.#payload);
      this.#asked++;
    }
  }

  /** Returns the times of the answers since the last call, in milliseconds. */
  takeTimesMs(): number[] {
    return this.#stopwatch.timesMs.splice(0);
  }

  accounts(): readonly Account[] {
    const [there, back] = [this.#server.statistics(), this.#client.statistics()];
    return [accountOfPorts("echo, questions", this.#asked, back, there), accountOfPorts("echo, answers", there.received, there, back)];
  }
}
