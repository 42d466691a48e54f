/** Scenarios in which something goes wrong, or is there by the thousand. */
import { onSlowDevice } from "./loopback.js";
import type { PeerName } from "./peers.js";
import { echo, type FigureName, flap, type Reception, receive, send } from "./runs.js";
import type { Scenario } from "./scenario.js";

const C: readonly PeerName[] = ["C recvmsg", "C recvmmsg"];
const SENDING: readonly PeerName[] = ["groupcast", "node:dgram", ...C];
const RECEIVING: readonly PeerName[] = ["groupcast", "groupcast batch", "node:dgram", ...C];
/** `node:dgram` cannot tell where, when and with which TTL a datagram arrived. */
const KNOWING: readonly PeerName[] = ["groupcast", "groupcast batch", ...C];
const COST: readonly FigureName[] = ["cpuUs", "perSecond", "lost"];
const MEMBERSHIPS = 10_000;
const IPV6 = "::1";

/** 0.0.0.0/8 is no destination: the kernel refuses it, with or without a route (__mkroute_output(), net/ipv4/route.c). */
const REFUSED = "0.1.2.3:9";

const sending: readonly Scenario[] = [
  {
    id: "stress-send-1000",
    title: "send 64 bytes to 1,000 peers in turn",
    figures: COST,
    peers: SENDING,
    run: (peer, timing) => send(peer, timing, { sizeBytes: 64, ports: 1000, isGroup: false }),
  },
  {
    id: "stress-refused",
    title: "send 64 bytes, every second datagram to a destination that the kernel refuses",
    figures: COST,
    peers: SENDING,
    run: (peer, timing) => send(peer, timing, { sizeBytes: 64, ports: 1, isGroup: false, refused: [REFUSED] }),
  },
  {
    id: "stress-backlog",
    title: "send 64 bytes to 16 peers in turn, through a device of 40 Mbit/s: datagrams wait for it",
    figures: COST,
    peers: SENDING,
    run: (peer, timing) => onSlowDevice(() => send(peer, timing, { sizeBytes: 64, ports: 16, isGroup: false, isSlow: true })),
  },
];

/** Traffic that is received under stress; each kind with `arrival: true`, too. */
interface Ordeal {
  readonly name: string;
  readonly title: string;
  readonly how: Reception;
  readonly keepsRuns?: boolean;
  /** Whether another scenario has it without `arrival`. */
  readonly isElsewhere?: boolean;
}

const ORDEALS: readonly Ordeal[] = [
  { name: "", title: "receive 64 bytes, single datagrams", how: { sizeBytes: 64, load: { gso: 1 } }, keepsRuns: false, isElsewhere: true },
  { name: "-runs", title: "receive 64 bytes from a sender with GSO", how: { sizeBytes: 64, load: { gso: 1 } }, isElsewhere: true },
  {
    name: "-ports-1000",
    title: "1,000 ports, 64 bytes to each in turn",
    how: { sizeBytes: 64, ports: 1000, load: { rate: 100_000 } },
    isElsewhere: true,
  },
  {
    name: "-overrun",
    title: "100,000 datagrams a second, the program asleep for 100 ms of each 200: the receive buffer overflows",
    how: { sizeBytes: 64, blockedMs: 100, load: { rate: 100_000 } },
  },
  {
    name: "-ipv6",
    title: "receive 64 bytes by IPv6, single datagrams",
    how: { sizeBytes: 64, host: IPV6, load: { gso: 1 } },
    keepsRuns: false,
  },
  { name: "-ipv6-runs", title: "receive 64 bytes by IPv6 from a sender with GSO", how: { sizeBytes: 64, host: IPV6, load: { gso: 1 } } },
];

function received({ name, title, how, keepsRuns = true }: Ordeal, arrival: boolean): Scenario {
  return {
    id: `stress${arrival ? "-arrival" : ""}${name}`,
    title: `${title}${arrival ? ", with `arrival: true`" : ""}`,
    figures: COST,
    peers: arrival ? KNOWING : RECEIVING,
    keepsRuns,
    run: (peer, timing) => receive(peer, timing, { ...how, arrival }),
  };
}

const receiving = ORDEALS.flatMap((ordeal) =>
  ordeal.isElsewhere === true ? [received(ordeal, true)] : [received(ordeal, false), received(ordeal, true)],
);

const byIPv6: readonly Scenario[] = [
  ...[1, 16].map(
    (ports): Scenario => ({
      id: `stress-ipv6-send-${ports}`,
      title: `send 64 bytes by IPv6 to ${ports === 1 ? "one peer, connected" : `${ports} peers in turn`}`,
      figures: COST,
      peers: SENDING,
      run: (peer, timing) => send(peer, timing, { sizeBytes: 64, ports, isGroup: false, host: IPV6 }),
    }),
  ),
  {
    id: "stress-ipv6-echo-16",
    title: "echo 64 bytes by IPv6, 16 in flight, asked for one by one",
    figures: ["cpuUs", "perSecond", "p50Us", "p99Us", "p999Us", "lost"],
    peers: RECEIVING,
    run: (peer, timing) => echo(peer, timing, { sizeBytes: 64, window: 16, asksInRuns: false, host: IPV6 }),
  },
];

/** Rows of SCENARIOS. */
export const STRESS: readonly Scenario[] = [
  ...sending,
  ...receiving,
  ...byIPv6,
  {
    id: "stress-flap",
    title: `${MEMBERSHIPS.toLocaleString("en")} memberships of one port, on an interface that is deleted and made again`,
    figures: ["flapMs"],
    peers: ["groupcast"],
    run: (peer) => flap(peer, MEMBERSHIPS),
  },
];
