/** Scenarios in which something goes wrong, or is there by the thousand. */
import type { PeerName } from "./peers.js";
import { flap, receive, send } from "./runs.js";
import type { Scenario } from "./scenario.js";

const NODE: readonly PeerName[] = ["groupcast", "node:dgram"];
const C: readonly PeerName[] = ["C recvmsg", "C recvmmsg"];
const MEMBERSHIPS = 10_000;

/** 0.0.0.0/8 is no destination: the kernel refuses it, with or without a route (__mkroute_output(), net/ipv4/route.c). */
const REFUSED = "0.1.2.3:9";

/** Rows of SCENARIOS. */
export const STRESS: readonly Scenario[] = [
  {
    id: "stress-send-1000",
    title: "send 64 bytes to 1,000 peers in turn",
    figures: ["cpuUs", "perSecond", "lost"],
    peers: [...NODE, ...C],
    run: (peer, timing) => send(peer, timing, { sizeBytes: 64, ports: 1000, isGroup: false }),
  },
  {
    id: "stress-refused",
    title: "send 64 bytes, every second datagram to a destination that the kernel refuses",
    figures: ["cpuUs", "perSecond", "lost"],
    peers: [...NODE, ...C],
    run: (peer, timing) => send(peer, timing, { sizeBytes: 64, ports: 1, isGroup: false, refused: [REFUSED] }),
  },
  {
    id: "stress-overrun",
    title: "100,000 datagrams a second, the program asleep for 100 ms of each 200: the receive buffer overflows",
    figures: ["cpuUs", "perSecond", "lost"],
    peers: ["groupcast", "groupcast batch", "node:dgram"],
    run: (peer, timing) => receive(peer, timing, { sizeBytes: 64, blockedMs: 100, load: { rate: 100_000 } }),
  },
  ...[false, true].map(
    (isRuns): Scenario => ({
      id: `stress-arrival${isRuns ? "-runs" : ""}`,
      title: `receive 64 bytes with \`arrival: true\`${isRuns ? ", from a sender with GSO" : ", single datagrams"}`,
      figures: ["cpuUs", "perSecond", "lost"],
      peers: ["groupcast", "groupcast batch", ...C],
      keepsRuns: isRuns,
      run: (peer, timing) => receive(peer, timing, { sizeBytes: 64, arrival: true, load: { gso: 1 } }),
    }),
  ),
  {
    id: "stress-flap",
    title: `${MEMBERSHIPS.toLocaleString("en")} memberships of one port, on an interface that is deleted and made again`,
    figures: ["flapMs"],
    peers: ["groupcast"],
    run: (peer) => flap(peer, MEMBERSHIPS),
  },
];
