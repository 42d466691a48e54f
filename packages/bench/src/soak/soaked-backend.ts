/**
 * One backend under load, a program of its own: prints a sample every so often, and its accounts when its standard input ends, each as a
 * line of JSON. Arguments: backend, milliseconds from sample to sample, names of interfaces with commas, and an address on a slow way.
 */
import { existsSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { chooseBackend, LoopingCall, Reactor } from "groupcast";
import { type Account, missingIn } from "./account.js";
import type { Load } from "./load.js";
import { ChannelLoad } from "./loads/channel-load.js";
import { ConnectionLoad } from "./loads/connection-load.js";
import { EchoLoad } from "./loads/echo-load.js";
import { FullBufferLoad } from "./loads/full-buffer-load.js";
import { GroupLoad } from "./loads/group-load.js";
import { InterfaceLoad } from "./loads/interface-load.js";
import { PortLoad } from "./loads/port-load.js";
import { ThrowingLoad } from "./loads/throwing-load.js";
import type { Sample } from "./verdict.js";

const TURN_MS = 20;
const FIRST_PORTS: Readonly<Record<string, number>> = { native: 19_400, dgram: 19_500 }; // the channels' number, and those of passing ports
const SETTLE_LIMIT_MS = 10_000; // for what is on the way at the end, and for interfaces to be joined again
const LOOK_AGAIN_MS = 10;
const DESCRIPTORS = "/proc/self/fd";
const MIB = 2 ** 20;
const SILENT = { info(): void {}, warn(): void {}, error(): void {} };

const [, , name, sampleMs, interfaces, slowTarget] = process.argv;
const backend = chooseBackend(name!);
process.stdin.resume().on("end", () => void finish().catch(fail)); // libuv keeps a descriptor from the first stream on
backend.network.interfaces(); // and native from the first question on
const descriptorsBefore = descriptors();
const reactor = new Reactor({ backend, logger: SILENT });
const firstPort = FIRST_PORTS[name!]!;
const echo = new EchoLoad(reactor);
const loads: readonly Load[] = [
  echo,
  new GroupLoad(reactor),
  new ConnectionLoad(reactor),
  new ChannelLoad(reactor, firstPort),
  new FullBufferLoad(reactor, slowTarget!),
  new ThrowingLoad(reactor),
  new InterfaceLoad(reactor, interfaces!.split(",").filter(Boolean)),
  new PortLoad(reactor, firstPort + 1),
];
const startMs = performance.now();
const work = new LoopingCall(reactor, () => {
  for (const load of loads) load.turn();
});
const watch = new LoopingCall(reactor, () => say({ sample: takeSample() }));
work.start(TURN_MS).catch(fail);
watch.start(Number(sampleMs), false).catch(fail);

function takeSample(): Sample {
  globalThis.gc?.(); // what is left is in use
  const { rss, heapUsed, external } = process.memoryUsage();
  const times = echo.takeTimesMs().sort((a, b) => a - b);
  const quantile = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return {
    minute: (performance.now() - startMs) / 60_000,
    residentMiB: rss / MIB,
    heapMiB: heapUsed / MIB,
    externalMiB: external / MIB,
    descriptors: descriptors(),
    medianMs: quantile(0.5),
    slowMs: quantile(0.99),
  };
}

async function finish(): Promise<void> {
  if (work.running) work.stop();
  if (watch.running) watch.stop();
  await until(() => accounts().every((account) => missingIn(account) === 0));
  const settled = accounts();
  await reactor.stop();
  await until(() => (descriptors() ?? 0) <= (descriptorsBefore ?? 0));
  const left = (descriptors() ?? 0) - (descriptorsBefore ?? 0);
  const failures = left <= 0 ? [] : [`${left} descriptors left open after reactor.stop()`];
  say({ accounts: settled, failures });
}

function accounts(): Account[] {
  return loads.flatMap((load) => load.accounts());
}

async function until(isSo: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + SETTLE_LIMIT_MS;
  while (!isSo() && performance.now() < deadlineMs) await sleep(LOOK_AGAIN_MS);
}

function descriptors(): number | undefined {
  return existsSync(DESCRIPTORS) ? readdirSync(DESCRIPTORS).length : undefined;
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** The parent gets the error as the last words of a process that failed. */
function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}
