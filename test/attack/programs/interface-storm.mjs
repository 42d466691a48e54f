// Joins a group on many interfaces while their addresses and the interfaces themselves come and go, and prints the state at the end.
// Arguments: backend, number of interfaces, milliseconds of storm, and "blocked" to keep the event loop from running while the interfaces
// change, so that the kernel's notifications overflow their buffer. Runs in a network namespace of its own.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";

const GROUP = "239.255.78.1";
const JOINED = 15; // within igmp_max_memberships, which dgram cannot go round
const GONE_ON_DGRAM = 4;
const LIFE_MS = 25_000;
const LOOK_MS = 5;

const [backend, count, stormMs, isBlocked] = process.argv.slice(2);
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

class Idle extends DatagramProtocol {
  datagramReceived() {}
}
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
  // The kernel goes on counting what dgram cannot leave to igmp_max_memberships: docs/multicast.md, "Platform differences".
  if (backend === "native" || rounds < GONE_ON_DGRAM) lines.push(`link del a${n}`);
  lines.push(
    ...addresses("add"),
    `link add a${n} type veth peer name b${n}`,
    `link set a${n} up`,
    `link set b${n} up`,
    `addr add 10.9.${n}.1/24 dev a${n}`,
  );
  const options = ["-force", "-batch", "-"];
  if (isBlocked) {
    spawnSync("ip", options, { input: lines.join("\n") });
    await sleep(1);
  } else {
    const child = spawn("ip", options, { stdio: ["pipe", "ignore", "ignore"] });
    child.stdin.end(lines.join("\n"));
    await once(child, "close");
  }
  rounds++;
}

// Counted in looks, not by the clock: a machine that is busy delays this timer as much as the reactor.
let looks = 0;
const isRight = () => port.memberships.every(({ state }) => state === "joined") && membersInKernel() === JOINED;
while (!isRight() && looks * LOOK_MS < LIFE_MS) {
  await sleep(LOOK_MS);
  looks++;
}
const inKernel = membersInKernel();
const wrong = port.memberships.filter(({ state }) => state !== "joined").length;
const unheard = lostNotifications();
await reactor.stop();
process.stdout.write(
  `${JSON.stringify({ rounds, settledMs: looks * LOOK_MS, wrong, inKernel, unheard, stray, errors: [...new Set(errors)] })}\n`,
);

/** Returns how many interfaces are members of the group. /proc/net/igmp has it as one number in the host's byte order. */
function membersInKernel() {
  const inHex = new Uint32Array(Uint8Array.from(GROUP.split("."), Number).buffer)[0]?.toString(16).toUpperCase().padStart(8, "0");
  return readFileSync("/proc/net/igmp", "utf8").split(String(inHex)).length - 1;
}

/** Returns how many messages the kernel could not put into the buffers of netlink sockets: column "Drops" of /proc/net/netlink. */
function lostNotifications() {
  const rows = readFileSync("/proc/net/netlink", "utf8").trim().split("\n").slice(1);
  return rows.reduce((sum, row) => sum + Number(row.trim().split(/\s+/)[8]), 0);
}

/** @param {readonly string[]} lines */
function ip(lines) {
  const { status, stderr } = spawnSync("ip", ["-batch", "-"], { input: lines.join("\n"), encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}
