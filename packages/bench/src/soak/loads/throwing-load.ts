/** User code that throws or rejects at every datagram: each is an `error` event, and the port goes on. */
import { DatagramProtocol, type Reactor, type UDPPort } from "groupcast";
import { type Account, accountOfPorts } from "../account.js";
import { LOCALHOST, type Load } from "../load.js";

const BURST = 2;

class Bite extends Error {}

class Thrower extends DatagramProtocol {
  override datagramReceived(data: Buffer): void | Promise<void> {
    if (data.length > 1) return Promise.reject(new Bite("rejected"));
    throw new Bite("thrown");
  }
}

class Sender extends DatagramProtocol {}

export class ThrowingLoad implements Load {
  readonly #thrower: UDPPort;
  readonly #sender: UDPPort;
  #written = 0;
  #reported = 0;

  constructor(reactor: Reactor) {
    this.#thrower = reactor.listenUDP(0, new Thrower(), { interface: LOCALHOST });
    this.#sender = reactor.listenUDP(0, new Sender(), { interface: LOCALHOST });
    reactor.on("error", (error) => {
      if (error instanceof Bite || error.cause instanceof Bite) this.#reported++;
    });
  }

  turn(): void {
    for (let bytes = 1; bytes <= BURST; bytes++) this.#sender.write("x".repeat(bytes), this.#thrower.getHost());
    this.#written += BURST;
  }

  accounts(): readonly Account[] {
    const thrower = this.#thrower.statistics();
    return [
      accountOfPorts("to user code that throws", this.#written, this.#sender.statistics(), thrower),
      { path: "errors of user code, reported", sent: thrower.received, delivered: this.#reported, refused: 0, counted: 0 },
    ];
  }
}
