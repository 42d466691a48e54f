/** Keeps requests of a protocol in flight to a server, first uncounted, then counted: `asker.js ask protocol=coap port=5683 window=16`. */
import { DatagramProtocol, Reactor } from "groupcast";
import { numberArgument, sayResult, textArgument } from "./arguments.js";
import { PROTOCOLS } from "./requests.js";
import type { RequestedName } from "./servers.js";

const NUMBERS = 0x1_0000;
const SAMPLE = 1023; // every 1,024th answer is read as a whole
const SILENCE_MS = 200; // after which what is in flight counts as lost

class Asker extends DatagramProtocol {
  readonly #protocol = PROTOCOLS[textArgument("protocol", "coap")]!;
  readonly #window = numberArgument("window", 16);
  readonly #sentMs = new Float64Array(NUMBERS);
  readonly #timesUs: number[] = [];
  #request = this.#protocol.request("warm");
  #number = 0;
  #inFlight = 0;
  #answered = 0;
  #lost = 0;
  #heardMs = 0;
  #startedMs = 0;
  #isOver = false;

  override startProtocol(): void {
    reactor.callLater(SILENCE_MS, this.#listenForSilence);
    reactor.callLater(numberArgument("warm", 0.5) * 1000, this.#measure);
    this.#fill();
  }

  override datagramReceived(data: Buffer): void {
    const number = data.readUInt16BE(this.#protocol.numberAt);
    const sentMs = this.#sentMs[number]!;
    if (sentMs === 0 || this.#isOver) return; // counted as lost before, or late
    this.#sentMs[number] = 0;
    this.#inFlight -= 1;
    this.#answered += 1;
    this.#heardMs = performance.now();
    this.#timesUs.push((this.#heardMs - sentMs) * 1000);
    if ((number & SAMPLE) === 0 && !this.#protocol.isAnswer(data)) throw new Error(`no answer: ${data.toString("hex")}`);
    this.#fill();
  }

  #fill(): void {
    while (this.#inFlight < this.#window) this.#ask();
  }

  #ask(): void {
    this.#number = (this.#number + 1) % NUMBERS;
    this.#request.writeUInt16BE(this.#number, this.#protocol.numberAt);
    this.#sentMs[this.#number] = performance.now();
    this.#inFlight += 1;
    this.transport.write(this.#request);
  }

  readonly #listenForSilence = (): void => {
    if (this.#isOver) return;
    if (performance.now() - this.#heardMs > SILENCE_MS) {
      this.#lost += this.#inFlight;
      this.#inFlight = 0;
      this.#sentMs.fill(0);
      this.#fill();
    }
    reactor.callLater(SILENCE_MS, this.#listenForSilence);
  };

  readonly #measure = (): void => {
    this.#askFor("measured");
    this.#timesUs.length = this.#answered = this.#lost = 0;
    this.#startedMs = performance.now();
    reactor.callLater(numberArgument("seconds", 1) * 1000, this.#end);
  };

  readonly #end = (): void => {
    this.#isOver = true;
    const seconds = (performance.now() - this.#startedMs) / 1000;
    const times = Float64Array.from(this.#timesUs).sort();
    const percentile = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
    sayResult({
      answered: this.#answered,
      lost: this.#lost,
      seconds,
      p50Us: percentile(0.5),
      p99Us: percentile(0.99),
      p999Us: percentile(0.999),
    });
    this.#askFor("end");
    this.#ask();
    void reactor.stop();
  };

  #askFor(name: RequestedName): void {
    this.#request = this.#protocol.request(name);
  }
}

const reactor = new Reactor();
reactor.connectUDP("127.0.0.1", numberArgument("port", 0), new Asker());
await reactor.run();
