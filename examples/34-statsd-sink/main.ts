/**
 * A server that adds up the metrics of other programs, as StatsD does.
 *
 * You learn: a LoopingCall turns many datagrams into a few lines a second; what strangers fill, here a map, has a bound.
 * You run:   node examples/dist/34-statsd-sink/main.js, and in another terminal:
 *            echo "door.opened:2|c" | socat -t0 - UDP:127.0.0.1:8125
 * You see:   door.opened 2, once. Timers show their mean and maximum, gauges their last value. Ctrl-C ends it.
 */
import { DatagramProtocol, LoopingCall, Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 8125);
const FLUSH_MS = 1000;
const MAX_METRICS = 10_000;

// name:value|type|@rate|#tags. A name is short, as there are many, and printable, as it is shown; a rate of 0 would divide by it
const METRIC =
  /^(?<name>[!-9;-{}~]{1,200}):(?<value>[+-]?\d{1,15}(?:\.\d+)?)\|(?<type>c|ms|g)(?:\|@(?<rate>0?\.\d*[1-9]\d*|1))?(?:\|#.*)?$/;

class StatsdSink extends DatagramProtocol {
  readonly #counters = new Map<string, number>();
  readonly #gauges = new Map<string, number>();
  readonly #timers = new Map<string, { count: number; sum: number; maximum: number }>();
  #refused = 0;

  override datagramReceived(data: Buffer): void {
    for (const line of String(data).trim().split("\n")) this.#take(line);
  }

  /** Prints what has come since the last time. */
  flush(): void {
    for (const [name, sum] of this.#counters) console.log(`${name} ${sum}`);
    for (const [name, value] of this.#gauges) console.log(`${name} is ${value}`);
    for (const [name, { count, sum, maximum }] of this.#timers)
      console.log(`${name} mean ${(sum / count).toFixed(1)} ms, maximum ${maximum} ms`);
    if (this.#refused > 0) console.log(`refused ${this.#refused}`);
    for (const metrics of [this.#counters, this.#gauges, this.#timers]) metrics.clear();
    this.#refused = 0;
  }

  #take(line: string): void {
    const { name = "", value = "", type, rate = "1" } = METRIC.exec(line)?.groups ?? {};
    const number = Number(value);
    const isFull = this.#counters.size + this.#gauges.size + this.#timers.size >= MAX_METRICS;
    if (type === undefined || isFull) this.#refused += 1;
    else if (type === "c")
      this.#counters.set(name, (this.#counters.get(name) ?? 0) + number / Number(rate)); // a sample stands for more
    else if (type === "g") this.#gauges.set(name, number);
    else {
      const { count, sum, maximum } = this.#timers.get(name) ?? { count: 0, sum: 0, maximum: 0 };
      this.#timers.set(name, { count: count + 1, sum: sum + number, maximum: Math.max(maximum, number) });
    }
  }
}

const reactor = new Reactor();
const sink = new StatsdSink();
console.log(`listening on port ${reactor.listenUDP(PORT, sink).getHost().port}`);
await Promise.all([reactor.run(), new LoopingCall(reactor, () => sink.flush()).start(FLUSH_MS, false)]);
