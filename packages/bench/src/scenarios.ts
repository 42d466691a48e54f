/** All scenarios, as rows. */
import { isIsolated } from "./loopback.js";
import type { PeerName } from "./peers.js";
import { PEERS } from "./peers.js";
import { type Arguments, echo, type FigureName, GROUPS_OF_A_SOCKET, memory, receive, send, serve, startUp, timers } from "./runs.js";
import type { Scenario } from "./scenario.js";
import { STRESS } from "./stress.js";

/** The program of `node:dgram` on Groupcast: in the scenarios that it has limits in. */
const HOOKED: PeerName = "dgram on Groupcast";
const ALL: readonly PeerName[] = PEERS.map(({ name }) => name).filter((name) => name !== HOOKED);
const SENDERS = ALL.filter((name) => name !== "groupcast batch");
/** udx-native and Deno cannot choose the interface that datagrams to a group leave by. */
const GROUP_SENDERS = SENDERS.filter((name) => name !== "udx-native" && name !== "Deno");
const NODE: readonly PeerName[] = ["groupcast", "groupcast batch", "node:dgram"];
const JAVASCRIPT_AND_C: readonly PeerName[] = [...NODE, "Bun", "udx-native", "Deno", "C recvmsg", "C recvmmsg"];
/** Bun cannot share a port's number. */
const SHARING = JAVASCRIPT_AND_C.filter((name) => name !== "Bun");
const COST: readonly FigureName[] = ["cpuUs", "perSecond", "lost"];
const ROUND_TRIPS: readonly FigureName[] = ["cpuUs", "perSecond", "p50Us", "p99Us", "p999Us", "lost"];

const QUICK_SIZE_BYTES = 64;
const SLOW_START = 5; // at a modest rate, compilers need so much longer to find the hot code
const SHARED_PORT = 47_474; // for ports that share a number; the namespace, or the machine, must have it free

function counted(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}

/** A sender that keeps receivers busy, with datagrams that arrive one by one. */
const flood: Arguments = isIsolated() ? { gso: 1 } : { gso: 0 };

/** udx-native hands over no more than the first 2,048 bytes of a datagram. */
const UDX_LONGEST_BYTES = 2048;

function receiversOf(sizeBytes: number): readonly PeerName[] {
  if (sizeBytes === QUICK_SIZE_BYTES) return [...ALL, HOOKED];
  return sizeBytes > UDX_LONGEST_BYTES ? ALL.filter((name) => name !== "udx-native") : ALL;
}

const receiving = [16, 64, 512, 1400, 8000].map(
  (sizeBytes): Scenario => ({
    id: `receive-${sizeBytes}`,
    title: `receive ${sizeBytes.toLocaleString("en")} bytes, as fast as one core can send single datagrams`,
    figures: COST,
    peers: receiversOf(sizeBytes),
    isQuick: sizeBytes === QUICK_SIZE_BYTES,
    keepsRuns: false,
    run: (peer, timing) => receive(peer, timing, { sizeBytes, load: flood }),
  }),
);

/** Evenly spaced, or, like timers and frames, all that is due in a millisecond as one burst. */
const pacing = [20_000, 100_000].flatMap((rate) => [paced(rate, 0), paced(rate, 0.001)]);

function paced(rate: number, tickS: number): Scenario {
  const isEven = tickS === 0;
  return {
    id: `receive-at-${rate / 1000}k${isEven ? "" : "-bursts"}`,
    title: `receive 64 bytes at ${rate.toLocaleString("en")} datagrams a second, ${isEven ? "evenly spaced" : "a burst each millisecond"}`,
    figures: COST,
    peers: ALL,
    isQuick: rate === 20_000,
    run: (peer, { warmS, measuredS }) =>
      receive(peer, { warmS: warmS * SLOW_START, measuredS }, { sizeBytes: 64, load: { rate, tick: tickS } }),
  };
}

const runs = [64, 1400].map(
  (sizeBytes): Scenario => ({
    id: `receive-runs-${sizeBytes}`,
    title: `receive ${sizeBytes.toLocaleString("en")} bytes from a sender with GSO`,
    figures: COST,
    peers: ALL,
    isQuick: sizeBytes === QUICK_SIZE_BYTES,
    run: (peer, timing) => receive(peer, timing, { sizeBytes, load: { gso: 1 } }),
  }),
);

const sending: readonly Scenario[] = [
  { ...sendingTo({ ports: 1, isGroup: false }), id: "send-1", title: "send 64 bytes to one peer, connected", isQuick: true },
  {
    ...sendingTo({ ports: 1, isGroup: false }),
    id: "send-1-cut",
    title: "send 64 bytes to one peer, connected, through an interface that must cut runs up",
    keepsRuns: false,
  },
  { ...sendingTo({ ports: 16, isGroup: false }), id: "send-16", title: "send 64 bytes to 16 peers in turn", isQuick: true },
  { ...sendingTo({ ports: 1, isGroup: true }), id: "send-group", title: "send 64 bytes to a group" },
];

function sendingTo(to: { ports: number; isGroup: boolean }): Pick<Scenario, "figures" | "peers" | "run"> {
  return {
    figures: COST,
    peers: [...(to.isGroup ? GROUP_SENDERS : SENDERS), HOOKED],
    run: (peer, timing) => send(peer, timing, { sizeBytes: 64, ...to }),
  };
}

const echoing = [1, 16, 256].flatMap((window) =>
  window === 1 ? [echoingOf(1, false)] : [echoingOf(window, false), echoingOf(window, true)],
);

function echoingOf(window: number, asksInRuns: boolean): Scenario {
  return {
    id: `echo-${window}${asksInRuns ? "-runs" : ""}`,
    title: `echo 64 bytes, ${window} in flight, ${asksInRuns ? "asked for in runs (GSO)" : "asked for one by one"}`,
    figures: ROUND_TRIPS,
    peers: asksInRuns ? ALL : [...ALL, HOOKED],
    isQuick: window === 16 && !asksInRuns,
    run: (peer, timing) => echo(peer, timing, { sizeBytes: 64, window, asksInRuns }),
  };
}

const fanOut = [1, 4, 16].map(
  (ports): Scenario => ({
    id: `fan-out-${ports}`,
    title: `a group, received by ${counted(ports, "port")} of one process`,
    figures: COST,
    peers: SHARING,
    run: (peer, timing) => receive(peer, timing, { sizeBytes: 64, ports, groups: 1, sharedPort: SHARED_PORT, load: { rate: 10_000 } }),
  }),
);

const manyPorts = [1, 10, 100, 1000].map(
  (ports): Scenario => ({
    id: `ports-${ports}`,
    title: `${counted(ports, "port")}, 64 bytes to each in turn`,
    figures: COST,
    peers: JAVASCRIPT_AND_C,
    run: (peer, timing) => receive(peer, timing, { sizeBytes: 64, ports, load: { rate: 100_000 } }),
  }),
);

const manyGroups = [1, 20, 200, 2000].map(
  (groups): Scenario => ({
    id: `groups-${groups}`,
    title: `one port, ${counted(groups, "group")}, 64 bytes to each in turn`,
    figures: COST,
    peers: groups > GROUPS_OF_A_SOCKET ? ["groupcast", "groupcast batch"] : JAVASCRIPT_AND_C,
    run: (peer, timing) => receive(peer, timing, { sizeBytes: 64, groups, load: { rate: 50_000 } }),
  }),
);

/** A program that blocks for 20 ms at a time: datagrams that arrive meanwhile must fit into the receive buffer. */
const buffering = [0, 1, 4].map(
  (mebibytes): Scenario => ({
    id: `buffer-${mebibytes === 0 ? "default" : `${mebibytes}m`}`,
    title: `20,000 datagrams a second, the program busy for 20 ms of each 40, ${mebibytes === 0 ? "the default receive buffer" : `receiveBufferBytes of ${mebibytes} MiB`}`,
    figures: ["lost", "perSecond"],
    peers: ["groupcast"],
    run: (peer, timing) => receive(peer, timing, { sizeBytes: 64, bufferBytes: mebibytes * 2 ** 20, busyMs: 20, load: { rate: 20_000 } }),
  }),
);

const resources: readonly Scenario[] = [
  {
    id: "memory",
    title: "resident memory while 100,000 datagrams a second arrive",
    figures: ["residentMiB", "growthMiB", "perSecond", "lost"],
    peers: ["groupcast", "node:dgram", HOOKED, "Bun", "udx-native", "Deno", "Twisted", "uvloop", "Go"],
    maxRounds: 1,
    run: (peer, { warmS, measuredS }) => memory(peer, { warmS, measuredS: measuredS * MEMORY_STRETCH }, { rate: 100_000 }),
  },
  {
    id: "start",
    title: "from the start of the process to a bound port",
    figures: ["startMs"],
    peers: [...SENDERS, HOOKED],
    isQuick: true,
    run: (peer) => startUp(peer),
  },
  ...[10_000, 1_000_000].map(
    (count): Scenario => ({
      id: `timers-${count / 1000}k`,
      title: `${count.toLocaleString("en")} timers, due within a second`,
      figures: ["cpuUs"],
      peers: ["groupcast", "node:dgram", "Bun", "Deno", "Twisted", "asyncio", "uvloop", "Go"],
      run: (peer) => timers(peer, count),
    }),
  ),
];

const MEMORY_STRETCH = 60; // a measured second becomes the minute that a leak needs to show

/** Servers of npm, written against `node:dgram`. */
const serving = (["coap", "dns"] as const).map(
  (protocol): Scenario => ({
    id: `serve-${protocol}`,
    title: `a server of npm's ${protocol === "coap" ? "coap" : "dns2"}, 16 requests in flight`,
    figures: ROUND_TRIPS,
    peers: ["node:dgram", HOOKED],
    run: (peer, { warmS, measuredS }) => serve(peer, { warmS: warmS * SLOW_START, measuredS }, { protocol, window: 16 }),
  }),
);

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const HAS_REUSE_PORT = major > 22 || (major === 22 && minor >= 12);

const working = [1, 2].map(
  (workers): Scenario => ({
    id: `workers-${workers}`,
    title: `${workers} worker thread${workers > 1 ? "s" : ""} on one port with reusePort, sender and workers on all cores`,
    figures: COST,
    peers: workers === 1 || HAS_REUSE_PORT ? ["groupcast", "node:dgram"] : ["groupcast"],
    run: (peer, timing) => receive(peer, timing, { sizeBytes: 64, workers, place: "anywhere", load: { flows: 16 } }),
  }),
);

export const SCENARIOS: readonly Scenario[] = [
  ...receiving,
  ...runs,
  ...pacing,
  ...sending,
  ...echoing,
  ...manyPorts,
  ...manyGroups,
  ...fanOut,
  ...buffering,
  ...resources,
  ...working,
  ...serving,
  ...STRESS,
];
