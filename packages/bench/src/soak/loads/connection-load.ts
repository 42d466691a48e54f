/** A port that connects to a peer that listens, disconnects, connects to a closed one, and hears that it is closed. */
import { DatagramProtocol, type Reactor, type UDPPort } from "groupcast";
import { type Account, accountOfPorts, refusedBy } from "../account.js";
import { CLOSED_PORT, LOCALHOST, type Load } from "../load.js";

const BURST = 4;

class Sink extends DatagramProtocol {}

class Caller extends DatagramProtocol {
  refusals = 0;

  override connectionRefused(): void {
    this.refusals++;
  }
}

export class ConnectionLoad implements Load {
  readonly #protocol = new Caller();
  readonly #sink: UDPPort;
  readonly #caller: UDPPort;
  readonly #toClosed: UDPPort;
  #written = 0;
  #writtenToClosed = 0;

  constructor(reactor: Reactor) {
    this.#sink = reactor.listenUDP(0, new Sink(), { interface: LOCALHOST });
    this.#caller = reactor.listenUDP(0, new Sink(), { interface: LOCALHOST });
    this.#toClosed = reactor.listenUDP(0, this.#protocol, { interface: LOCALHOST });
  }

  turn(): void {
    this.#caller.connect(LOCALHOST, this.#sink.getHost().port);
    for (let i = 0; i < BURST; i++) this.#caller.write("to the sink");
    this.#written += BURST;
    this.#caller.disconnect();
    this.#knock();
  }

  accounts(): readonly Account[] {
    const toClosed = this.#toClosed.statistics();
    return [
      accountOfPorts("connected and disconnected", this.#written, this.#caller.statistics(), this.#sink.statistics()),
      {
        path: "to a closed peer",
        sent: this.#writtenToClosed,
        delivered: 0,
        refused: this.#protocol.refusals + refusedBy(toClosed),
        counted: 0,
      },
    ];
  }

  /** One at a time: a socket has room for one refusal. */
  #knock(): void {
    if (this.#protocol.refusals < this.#writtenToClosed) return;
    if (this.#toClosed.getPeer() !== undefined) this.#toClosed.disconnect();
    this.#toClosed.connect(LOCALHOST, CLOSED_PORT);
    this.#toClosed.write("anybody there?");
    this.#writtenToClosed++;
  }
}
