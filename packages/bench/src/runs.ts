/** One run of one peer, for each kind of scenario. */
import { spawnSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { NODE_PROGRAMS } from "./folders.js";
import { isIsolated, NEEDS_NAMESPACE } from "./loopback.js";
import { LOAD, type Peer } from "./peers.js";
import { type Figures, type Place, Program, type Start } from "./program.js";

/** Duration of a run: first uncounted, while both programs warm up, then counted. */
export interface Timing {
  readonly warmS: number;
  readonly measuredS: number;
}

/** Result of one run. Times in µs are per datagram; `lost` counts datagrams. */
export type Outcome = Readonly<Partial<Record<FigureName, number>>>;
export type FigureName = "perSecond" | "cpuUs" | "lost" | "p50Us" | "p99Us" | "p999Us" | "residentMiB" | "growthMiB" | "startMs" | "flapMs";

export type Arguments = Readonly<Record<string, number | string>>;

const ASKER = [process.execPath, `${NODE_PROGRAMS}asker.js`, "ask"];
const GRACE_MS = 10_000; // for a machine that is busy with other work

function startOf(peer: Peer, role: string, given: Arguments, place: Place = "measured"): Start {
  const { environment = {} } = peer;
  return { command: [...peer.command, role, ...assignments(given), ...(peer.extraArguments ?? [])], environment, place };
}

function loadOf(role: string, given: Arguments): Start {
  return { command: [LOAD, role, ...assignments(given)], place: "load" };
}

function assignments(given: Arguments): string[] {
  return Object.entries(given).map(([name, value]) => `${name}=${value}`);
}

/** Runs `use` with programs that have ended when it returns. */
async function withPrograms<T>(starts: readonly Start[], use: (...programs: Program[]) => Promise<T>): Promise<T> {
  const programs = starts.map((start) => new Program(start));
  try {
    return await use(...programs);
  } finally {
    for (const program of programs) program.kill();
  }
}

/** `isOrdered`: one sender, one socket. Between several sockets of a port, order is not guaranteed. */
function checked(figures: Figures, isOrdered = true): Figures {
  if ((isOrdered && (figures.misordered ?? 0) > 0) || (figures.corrupted ?? 0) > 0) {
    throw new Error(`${figures.misordered ?? 0} datagrams out of order or twice, ${figures.corrupted} with wrong bytes`);
  }
  return figures;
}

function limitMs({ warmS, measuredS }: Timing): number {
  return (warmS + measuredS) * 1000 + GRACE_MS;
}

/** Address of the loopback interface that ports for unicast are bound to. */
export type Host = "127.0.0.1" | "::1";

/** Notation of a destination, in the arguments of programs. */
function destinationOf(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Traffic that a peer receives. */
export interface Reception {
  readonly sizeBytes: number;
  readonly ports?: number;
  readonly groups?: number;
  readonly sharedPort?: number;
  /** Sender: datagrams a second (0: as fast as it can), in runs (UDP_SEGMENT) or not, number of sockets. */
  readonly load: Arguments;
  readonly place?: Place;
  readonly workers?: number;
  /** Size of the receive buffer, 0 for the system's default; and the time for which the program blocks in each 40 ms. */
  readonly bufferBytes?: number;
  readonly busyMs?: number;
  /** Time for which the program sleeps after each such time of reading. */
  readonly blockedMs?: number;
  /** Whether the kernel tells destination, interface, TTL and time of each datagram. */
  readonly arrival?: boolean;
  readonly host?: Host;
  /** Called every half second while datagrams arrive. */
  readonly watch?: (program: Program) => void;
}

const WATCH_INTERVAL_MS = 500;

/** net.ipv4.igmp_max_memberships: a port of Groupcast goes beyond, with further sockets. */
export const GROUPS_OF_A_SOCKET = 20;

/** A peer counts what the load sends. */
export async function receive(peer: Peer, timing: Timing, how: Reception): Promise<Outcome> {
  const {
    sizeBytes,
    ports = 1,
    groups = 0,
    sharedPort = 0,
    workers = 0,
    bufferBytes = 0,
    busyMs = 0,
    blockedMs = 0,
    arrival = false,
    host = "127.0.0.1",
  } = how;
  const role = workers > 0 ? "workers" : "receive";
  const given = { size: sizeBytes, ports, groups, sharedPort, workers, bufferBytes, busyMs, blockedMs, host, arrival: arrival ? 1 : 0 };
  const start = startOf(peer, role, given, how.place);
  return await withPrograms([start], async (program) => {
    const numbers = await program!.ready();
    const to = destinationsOf(numbers, groups, sharedPort > 0, host).join(",");
    const load = loadOf("flood", {
      size: sizeBytes,
      warm: timing.warmS,
      seconds: timing.measuredS,
      to,
      sequences: groups > 0 ? 1 : ports,
      ...how.load,
    });
    return await withPrograms([how.place === undefined ? load : { ...load, place: how.place }], async (flood) => {
      const watching = how.watch === undefined ? undefined : setInterval(how.watch, WATCH_INTERVAL_MS, program!);
      const { sent, seconds } = await flood!.result(limitMs(timing));
      clearInterval(watching);
      const { received, cpuUs } = checked(await program!.result(GRACE_MS), groups <= GROUPS_OF_A_SOCKET);
      const lost = sent! * (sharedPort > 0 ? ports : 1) - received!;
      if (lost < 0) throw new Error(`${-lost} datagrams arrived twice`);
      return { perSecond: received! / seconds!, cpuUs: cpuUs! / received!, lost };
    });
  });
}

function destinationsOf(ports: readonly number[], groups: number, isShared: boolean, host: Host): string[] {
  if (groups > 0) return Array.from({ length: groups }, (_, n) => `${groupName(n)}:${ports[0]}`);
  return (isShared ? ports.slice(0, 1) : ports).map((port) => destinationOf(host, port));
}

/** Returns the `n`-th group that programs join: `groupName` of programs/arguments.ts. */
function groupName(n: number): string {
  return `239.255.${2 + Math.floor(n / 250)}.${1 + (n % 250)}`;
}

export interface Sending {
  readonly sizeBytes: number;
  readonly ports: number;
  readonly isGroup: boolean;
  /** Destinations that the kernel refuses; they take their turns with the others. */
  readonly refused?: readonly string[];
  readonly host?: Host;
  /** Whether the device is slower than any sender: the datagrams of a burst wait for it, most of them in the program. */
  readonly isSlow?: boolean;
}

const WAITING_DATAGRAMS = 960; // within what a port of Groupcast keeps
const SETTLE_MS = 200; // until a slow device has passed on what a send buffer holds

/** A peer sends to `ports` sockets, or to a group. */
export async function send(peer: Peer, timing: Timing, how: Sending): Promise<Outcome> {
  const { sizeBytes, ports, isGroup, refused = [], host = "127.0.0.1", isSlow = false } = how;
  const group = isGroup ? { group: groupName(0) } : { host };
  return await withPrograms([loadOf("sink", { size: sizeBytes, ports, ...group })], async (sink) => {
    const peers = (await sink!.ready()).map((port) => destinationOf(isGroup ? groupName(0) : host, port));
    const to = [...peers, ...refused].join(",");
    const given = { size: sizeBytes, to, warm: timing.warmS, seconds: timing.measuredS };
    const refusals = refused.length > 0 ? { refusals: 1 } : {};
    const waiting = isSlow ? { awaits: 1, burst: WAITING_DATAGRAMS } : {};
    const start = startOf(peer, "send", { ...given, ...refusals, ...waiting });
    return await withPrograms([start], async (program) => {
      const { sent, refused: told = 0, cpuUs, seconds } = await program!.result(limitMs(timing));
      if (isSlow) await setTimeout(SETTLE_MS);
      sink!.endInput();
      const { received } = checked(await sink!.result(GRACE_MS));
      return { perSecond: sent! / seconds!, cpuUs: cpuUs! / sent!, lost: sent! - told - received! };
    });
  });
}

export interface Echoing {
  readonly sizeBytes: number;
  readonly window: number;
  readonly asksInRuns: boolean;
  readonly host?: Host;
}

/** A peer answers; the load keeps `window` datagrams in flight. */
export async function echo(peer: Peer, timing: Timing, how: Echoing): Promise<Outcome> {
  const { sizeBytes, window, asksInRuns, host = "127.0.0.1" } = how;
  return await withPrograms([startOf(peer, "echo", { size: sizeBytes, host })], async (program) => {
    const [port] = await program!.ready();
    const times = { warm: timing.warmS, seconds: timing.measuredS, gso: asksInRuns ? 1 : 0 };
    return await withPrograms([loadOf("echo", { size: sizeBytes, window, to: destinationOf(host, port!), ...times })], async (asker) => {
      const { answered, seconds, lost, p50Us, p99Us, p999Us } = checked(await asker!.result(limitMs(timing)));
      const { received, cpuUs } = checked(await program!.result(GRACE_MS));
      return { perSecond: answered! / seconds!, cpuUs: cpuUs! / received!, p50Us: p50Us!, p99Us: p99Us!, p999Us: p999Us!, lost: lost! };
    });
  });
}

/** A server of npm answers requests of its protocol; a program on Groupcast keeps `window` of them in flight. */
export async function serve(peer: Peer, timing: Timing, how: { protocol: string; window: number }): Promise<Outcome> {
  const { protocol, window } = how;
  return await withPrograms([startOf(peer, protocol, {})], async (server) => {
    const [port] = await server!.ready();
    const given = { protocol, window, port: port!, warm: timing.warmS, seconds: timing.measuredS };
    return await withPrograms([{ command: [...ASKER, ...assignments(given)], place: "load" }], async (asker) => {
      const { answered, seconds, lost, p50Us, p99Us, p999Us } = await asker!.result(limitMs(timing));
      const { cpuUs, received } = await server!.result(GRACE_MS);
      return { perSecond: answered! / seconds!, cpuUs: cpuUs! / received!, p50Us: p50Us!, p99Us: p99Us!, p999Us: p999Us!, lost: lost! };
    });
  });
}

/** Measures resident memory while datagrams arrive. */
export async function memory(peer: Peer, timing: Timing, load: Arguments): Promise<Outcome> {
  const samples: number[] = [];
  const watch = (program: Program): void => void samples.push(program.residentMiB());
  const { lost, perSecond } = await receive(peer, timing, { sizeBytes: 64, load, watch });
  const settled = samples.slice(Math.floor(samples.length / 3)); // heaps grow to their size first
  const growthMiB = settled.at(-1)! - settled[0]!;
  return { residentMiB: Math.max(...samples), growthMiB, lost: lost!, perSecond: perSecond! };
}

const FLAPPING = "flapping0";
const FAR_END = "flapping1";
const ADD = `ip link add ${FLAPPING} type veth peer name ${FAR_END} && ip address add 198.19.255.1/24 dev ${FLAPPING} && ip link set ${FAR_END} up && ip link set ${FLAPPING} up`;
const GO_AND_COME_BACK = `sleep 0.5; ip link delete ${FLAPPING} && sleep 1.5 && ${ADD}`;

/** A peer is a member of `count` groups on an interface that is deleted and made again. */
export async function flap(peer: Peer, count: number): Promise<Outcome> {
  if (!isIsolated()) throw new Error(NEEDS_NAMESPACE);
  const made = spawnSync("sh", ["-c", ADD], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`cannot make an interface: ${made.stderr.trim()}`);
  try {
    return await withPrograms([startOf(peer, "flap", { groups: count, interface: FLAPPING })], async (program) => {
      await program!.ready();
      return await withPrograms([{ command: ["sh", "-c", GO_AND_COME_BACK], place: "load" }], async () => {
        const { cpuUs } = await program!.result(GRACE_MS);
        return { flapMs: cpuUs! / 1000 };
      });
    });
  } finally {
    spawnSync("ip", ["link", "delete", FLAPPING]);
  }
}

/** Measures the time from the start of the process until its port is bound. */
export async function startUp(peer: Peer): Promise<Outcome> {
  const startedMs = performance.now();
  return await withPrograms([startOf(peer, "receive", { size: 64 })], async (program) => {
    await program!.ready();
    return { startMs: performance.now() - startedMs };
  });
}

/** `count` timers, due within a second, are started and fire. */
export async function timers(peer: Peer, count: number): Promise<Outcome> {
  return await withPrograms([startOf(peer, "timers", { count })], async (program) => {
    const { cpuUs, fired } = await program!.result(60_000);
    if (fired !== count) throw new Error(`${fired} of ${count} timers fired`);
    return { cpuUs: cpuUs! / count };
  });
}
