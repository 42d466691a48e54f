/** Ports that open and close while datagrams are on their way to them, and timers that are put off and cancelled. */
import { CannotListenError, DatagramProtocol, type Reactor, type UDPPort } from "groupcast";
import { type Account, refusedBy } from "../account.js";
import { LOCALHOST, type Load } from "../load.js";

const OPEN_AT_A_TIME = 8;
const NUMBERS = 64; // of ports, in turns: tables of known peers have seen all of them before memory is judged
const BURST = 3;
const CALLS = 10;
const LONGEST_DELAY_MS = 200;

class Passing extends DatagramProtocol {}

export class PortLoad implements Load {
  readonly #reactor: Reactor;
  readonly #firstNumber: number;
  readonly #sender: UDPPort;
  readonly #open: UDPPort[] = [];
  #turns = 0;
  #written = 0;
  #made = 0;
  #called = 0;
  #cancelled = 0;

  /** @param firstNumber - Of {@link NUMBERS} that no system program has. */
  constructor(reactor: Reactor, firstNumber: number) {
    this.#reactor = reactor;
    this.#firstNumber = firstNumber;
    this.#sender = reactor.listenUDP(0, new Passing(), { interface: LOCALHOST });
  }

  turn(): void {
    this.#turns++;
    this.#openNext();
    for (const port of this.#open.slice(0, BURST)) this.#sender.write("to a port that is about to close", port.getHost());
    this.#written += Math.min(BURST, this.#open.length);
    if (this.#open.length > OPEN_AT_A_TIME) void this.#open.shift()!.stopListening();
    for (let i = 0; i < CALLS; i++) this.#makeCall(i);
  }

  accounts(): readonly Account[] {
    const statistics = this.#sender.statistics();
    return [
      {
        path: "to ports that close, as far as the kernel",
        sent: this.#written,
        delivered: statistics.sent,
        refused: refusedBy(statistics),
        counted: 0,
      },
      { path: "delayed calls", sent: this.#made, delivered: this.#called, refused: this.#cancelled, counted: 0 },
    ];
  }

  #openNext(): void {
    try {
      const number = this.#firstNumber + (this.#turns % NUMBERS);
      this.#open.push(this.#reactor.listenUDP(number, new Passing(), { interface: LOCALHOST }));
    } catch (error) {
      if (!(error instanceof CannotListenError)) throw error; // where the network is not the soak's own, somebody may have the number
    }
  }

  #makeCall(index: number): void {
    const call = this.#reactor.callLater((this.#turns * CALLS + index) % LONGEST_DELAY_MS, () => this.#called++);
    this.#made++;
    if (index % 3 === 0) call.reset(index);
    if (index % 3 !== 1) return;
    call.cancel();
    this.#cancelled++;
  }
}
