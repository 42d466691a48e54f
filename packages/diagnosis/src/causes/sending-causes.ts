/** Causes that lie in how this host sends. */
import { type Cause, known, type Verdict } from "./cause.js";
import { difference } from "./counting.js";
import type { Examination } from "./examination.js";
import { advice, arrivesAsExpected, code, command } from "./facts.js";

const FEW = 3; // packets
const REPORTS_PER_JOIN = 2; // RFC 3376, 8.1: the robustness variable; each join is reported so often within seconds

/** Causes, in the order in which they are judged. */
export const SENDING_CAUSES: readonly Cause[] = [
  { id: "ttl-zero", concerns: "groups", judge: judgeTTLZero },
  { id: "group-scope", concerns: "groups", explains: ["ttl-too-small"], judge: judgeScope },
  { id: "ttl-too-small", concerns: "groups", judge: judgeTTL },
  { id: "loopback-off", concerns: "groups", judge: judgeLoopback },
];

/** Copies for this host have the TTL with which the others left. */
function judgeTTLZero({ observations, target, port }: Examination): Verdict | undefined {
  if (port !== undefined && port.ttl === 0) return staysOnHost({ source: "port.getTTL()", fact: "TTL", value: 0 });
  const zero = known(observations.arrivals).find(({ isThisHost, ttl }) => isThisHost && ttl === 0);
  if (zero === undefined) return undefined;
  return staysOnHost({ source: "probe", fact: `TTL of what ${zero.source} sends to ${target.address}`, value: 0 });
}

function staysOnHost(evidence: Verdict["evidence"][number]): Verdict {
  return {
    likelihood: "certain",
    explanation: "This host sends with TTL 0: it never leaves the host.",
    evidence: [evidence],
    fixes: [code("port.setTTL(1); // the link; more to pass routers")],
  };
}

/** RFC 5771, 4: routers never pass on 224.0.0.0/24. RFC 4291, 2.7: scope 1 stays on the host, 2 on the link. */
function judgeScope({ target }: Examination): Verdict | undefined {
  const { address, receiver } = target;
  const isHostOnly = /^ff[0-9a-f]1:/i.test(address);
  const isLinkOnly = /^224\.0\.0\./.test(address) || /^ff[0-9a-f]2:/i.test(address);
  const isBehindRouter = receiver?.gateway !== undefined;
  if (!isHostOnly && !(isLinkOnly && isBehindRouter)) return undefined;
  return {
    likelihood: isHostOnly && receiver === undefined ? "possible" : "certain",
    explanation: `${address} ${isHostOnly ? "stays on its host" : "stays on its link: no router passes it on"}.`,
    evidence: [
      { source: "probe", fact: "scope of the group", value: isHostOnly ? "the host" : "the link" },
      ...(receiver?.gateway === undefined ? [] : [{ source: "probe", fact: `router before ${receiver.address}`, value: receiver.gateway }]),
    ],
    fixes: [
      advice(`Choose a group of a wider scope: ${target.family === 4 ? "239.192.0.0/14" : "ff15::/16 or ff18::/16"} (RFC 2365, RFC 7346).`),
    ],
  };
}

function judgeTTL({ observations, target, port }: Examination): Verdict | undefined {
  const { receiver } = target;
  if (receiver?.gateway === undefined) return undefined;
  const seen = known(observations.arrivals).find(({ isThisHost, ttl }) => isThisHost && ttl === 1);
  if (seen === undefined && port?.ttl !== 1) return undefined;
  return {
    likelihood: "certain",
    explanation: `${receiver.address} is behind the router ${receiver.gateway}; what this host sends has TTL 1 and ends before it.`,
    evidence: [
      { source: "probe", fact: `TTL of what this host sends to ${target.address}`, value: 1 },
      { source: "probe", fact: `router before ${receiver.address}`, value: receiver.gateway },
    ],
    fixes: [
      code("port.setTTL(16); // one more than there are routers"),
      advice("Let the routers forward the group (PIM, or smcroute on Linux)."),
    ],
  };
}

/** With loopback on, whatever this host sends to the group by this interface comes back to the probe, which has joined it. */
function judgeLoopback(examination: Examination): Verdict | undefined {
  const { observations, target, port } = examination;
  if (port?.loopback === false) {
    return {
      likelihood: "certain",
      explanation: "The port sends without loopback: no program of this host receives what it sends.",
      evidence: [{ source: "port.getLoopbackMode()", fact: "loopback", value: "off" }],
      fixes: [code("port.setLoopbackMode(true);")],
    };
  }
  const isOwnSeen = known(observations.arrivals).some(({ isThisHost }) => isThisHost);
  const out = difference(examination, "multicastOut");
  const others = out.growth - observations.joins * REPORTS_PER_JOIN;
  const back = difference(examination, "multicastIn");
  if (isOwnSeen || arrivesAsExpected(examination) || others < FEW || back.growth >= others) return undefined;
  return {
    likelihood: "possible",
    explanation: `This host sends ${others} packets to groups, and none of them came back on ${target.address}: sent without loopback, or to another group, port or interface.`,
    evidence: [out.evidence, back.evidence],
    fixes: [
      code("port.setLoopbackMode(true); // IP_MULTICAST_LOOP of the sender"),
      command(`tcpdump -ni any multicast and udp   # shows where it is sent`),
    ],
  };
}
