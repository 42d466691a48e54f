// Joins a group on many interfaces, sees their addresses and the interfaces themselves come and go, and says how it stands at the end.
// Arguments: backend, number of interfaces, milliseconds of storm. Runs in a network namespace of its own.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";

const GROUP = "239.255.78.1";
const JOINED = 15; // within igmp_max_memberships, which dgram cannot go round
const GONE_ON_DGRAM = 4;
const LIFE_MS = 25_000;
const SETTLED_MS = 1_000;

const [backend, count, stormMs] = process.argv.slice(2);
const pairs = Array.from({ length: Number(count) }, (_, n) => n);
/** @type {unknown[]} */
const stray = [];
process.on("uncaughtException", (error) => stray.push(String(error))).on("unhandledRejection", (error) => stray.push(String(error)));
setTimeout(() => process.exit(3), LIFE_MS).unref();

const addresses = (/** @type {string} */ verb) => pairs.map((n) => `addr ${verb} 10.9.${n}.1/24 dev a${n}`);
ip([
  "link set lo up",
  ...pairs.flatMap((n) => [`link add a${n} type veth peer name b${n}`, `link set a${n} up`, `link set b${n} up`]),
  ...addresses("add"),
]);

class Idle extends DatagramProtocol {}
const reactor = new Reactor({ backend: chooseBackend(/** @type {any} */ (backend)), logger: { info() {}, warn() {}, error() {} } });
/** @type {string[]} */
const errors = [];
reactor.on("error", (error) => errors.push(error.message));
const port = reactor.listenMulticast(0, new Idle());
for (const n of pairs.slice(0, JOINED)) port.joinGroup(GROUP, `a${n}`);

const until = performance.now() + Number(stormMs);
let rounds = 0;
while (performance.now() < until) {
  const n = rounds % JOINED;
  const lines = [...addresses("del")];
  // dgram cannot leave on an interface that is gone, and the kernel goes on counting that membership to igmp_max_memberships
  if (backend === "native" || rounds < GONE_ON_DGRAM) lines.push(`link del a${n}`);
  lines.push(
    ...addresses("add"),
    `link add a${n} type veth peer name b${n}`,
    `link set a${n} up`,
    `link set b${n} up`,
    `addr add 10.9.${n}.1/24 dev a${n}`,
  );
  const child = spawn("ip", ["-force", "-batch", "-"], { stdio: ["pipe", "ignore", "ignore"] });
  child.stdin.end(lines.join("\n"));
  await once(child, "close");
  rounds++;
}

const ended = performance.now();
const isRight = () => port.memberships.length === JOINED && port.memberships.every(({ state }) => state === "joined");
while (!isRight() && performance.now() - ended < 10 * SETTLED_MS) await sleep(5);
const settledMs = Math.round(performance.now() - ended);
const inKernel = spawnSync("ip", ["-4", "maddr", "show"], { encoding: "utf8" }).stdout.split(GROUP).length - 1;
const wrong = port.memberships.filter(({ state }) => state !== "joined").length;
await reactor.stop();
process.stdout.write(
  `${JSON.stringify({ rounds, settledMs, isInTime: settledMs <= SETTLED_MS, wrong, inKernel, stray, errors: [...new Set(errors)] })}\n`,
);

/** @param {readonly string[]} lines */
function ip(lines) {
  const { status, stderr } = spawnSync("ip", ["-batch", "-"], { input: lines.join("\n"), encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}
