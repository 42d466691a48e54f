/** Causes that lie in what the program has joined, and what it is bound to. */
import { isIP } from "node:net";
import { MEMBERSHIP_LIMIT_FILE } from "../kernel/links.js";
import { MEMBERSHIP_FILES } from "../kernel/memberships.js";
import { FILTER_FILES, type SourceFilter } from "../kernel/source-filters.js";
import { SOCKET_FILES, type UDPSocket } from "../kernel/udp-sockets.js";
import type { ArrivalSummary } from "../verdict/diagnosis.js";
import { CannotCheck, type Cause, known, type Verdict } from "./cause.js";
import { difference } from "./counting.js";
import type { Examination } from "./examination.js";
import {
  advice,
  arrivesAsExpected,
  code,
  command,
  earlierMemberships,
  foreignArrivals,
  ownerOf,
  socketEvidence,
  socketsAtPort,
} from "./facts.js";

const FEW = 3; // datagrams that no socket wanted; fewer are the noise of other groups
const ANY = ["0.0.0.0", "::"];

/** Causes, in the order in which they are judged. */
export const MEMBERSHIP_CAUSES: readonly Cause[] = [
  { id: "membership-lost", concerns: "groups", explains: ["interface-missing", "not-joined"], judge: judgeLost },
  { id: "bound-to-unicast", concerns: "groups", explains: ["not-joined", "other-port"], judge: judgeBinding },
  { id: "wrong-interface", concerns: "groups", explains: ["not-joined", "no-route"], judge: judgeInterface },
  { id: "source-filter", concerns: "groups", judge: judgeSources },
  { id: "membership-limit", concerns: "groups", explains: ["not-joined"], judge: judgeLimit },
  { id: "not-joined", concerns: "groups", judge: judgeAbsence },
  { id: "port-shared", concerns: "hosts", judge: judgeSharing },
  { id: "nobody-listens", concerns: "both", judge: judgeSilence },
  { id: "other-port", concerns: "groups", judge: judgePort },
];

function judgeLost({ port }: Examination): Verdict | undefined {
  if (port === undefined || port.missingMemberships.length === 0) return undefined;
  return {
    likelihood: "certain",
    explanation: `The port waits for the interface of ${port.missingMemberships.join(", ")}; it joins when the interface appears.`,
    evidence: [{ source: "port.memberships", fact: "waiting or lost", value: port.missingMemberships.join(", ") }],
    fixes: [advice("Bring the interface up, or join on another one."), command("ip link show")],
  };
}

/** A socket that is bound to an address receives what is sent to that address, and so nothing that is sent to a group. */
function judgeBinding(examination: Examination): Verdict | undefined {
  const { target } = examination;
  const sockets = socketsAtPort(examination);
  const isReceiver = ({ address }: UDPSocket) => ANY.includes(address) || address === target.address;
  if (sockets.length === 0 || sockets.some(isReceiver)) return undefined;
  const isOtherGroup = sockets.every(({ address }) => /^(?:22[4-9]|23\d)\.|^ff/.test(address));
  return {
    likelihood: "certain",
    explanation: isOtherGroup
      ? `Every socket on port ${target.port} is bound to another group, and receives that one only.`
      : `Every socket on port ${target.port} is bound to an address of this host: no datagram to a group reaches it.`,
    evidence: sockets.map((socket) => socketEvidence(examination, socket)),
    fixes: [
      code(`reactor.listenMulticast(${target.port}, protocol); // without interface: bound to every address`),
      advice(`Bind to ${target.family === 4 ? "0.0.0.0" : "::"}, or to ${target.address} itself.`),
    ],
  };
}

function judgeInterface(examination: Examination): Verdict | undefined {
  const { target, observations } = examination;
  const earlier = earlierMemberships(examination).map(({ interface: at }) => at);
  const expected = earlier.length > 0 ? earlier : target.interface === undefined ? [] : [target.interface.name];
  const elsewhere = arrivalElsewhere(examination, expected, earlier.length > 0);
  if (elsewhere === undefined) return undefined;
  const name = elsewhere.interface!;
  const likelihood = earlier.length > 0 && !elsewhere.isThisHost ? "certain" : "likely";
  const way = elsewhere.isThisHost ? "This host sends" : "Datagrams come in";
  const where = earlier.length > 0 ? "the group is joined on" : "this host would join on";
  const took = `${(observations.durationMs / 1000).toFixed(1)} s`;
  return {
    likelihood,
    explanation: `${way} by ${name}; ${where} ${expected.join(", ")}.`,
    evidence: [
      { source: "probe", fact: `datagrams from ${elsewhere.source} by ${name} in ${took}`, value: elsewhere.count },
      ...earlier.map((at) => ({ source: MEMBERSHIP_FILES[target.family], fact: `${target.address} joined on`, value: at })),
      ...(target.interface === undefined
        ? []
        : [{ source: "probe", fact: "expected by", value: `${target.interface.name}: ${target.reason}` }]),
    ],
    fixes: [
      code(`port.joinGroup("${target.address}", "${name}");`),
      ...(elsewhere.isThisHost ? [code(`port.setOutgoingInterface("${expected[0]}"); // of the sender`)] : []),
      command(
        target.family === 6
          ? `ip -6 route add multicast ${target.address}/128 table local dev ${name}`
          : `ip route add ${target.address}/32 dev ${name}`,
      ),
    ],
  };
}

/**
 * Returns what arrived by an unexpected interface, if nothing arrived by an expected one. What this host sends counts only where a program
 * has joined and no other host sends; it says less, because a program may send to another network on purpose. @throws CannotCheck
 */
function arrivalElsewhere(examination: Examination, expected: readonly string[], isJoined: boolean): ArrivalSummary | undefined {
  const foreign = foreignArrivals(examination);
  const arrivals = foreign.length === 0 && isJoined ? known(examination.observations.arrivals) : foreign;
  if (arrivals.some(({ interface: at }) => at === undefined))
    throw new CannotCheck("this backend does not see interfaces", "use the native backend");
  if (expected.length === 0 || arrivals.some(({ interface: at }) => expected.includes(at!))) return undefined;
  return arrivals[0];
}

/** A member for some sources only keeps the others out, and so does one that has shut out a source. */
function judgeSources(examination: Examination): Verdict | undefined {
  const { target, before } = examination;
  const earlier = earlierMemberships(examination);
  const filters = known(before.sourceFilters).filter(({ group }) => group === target.address);
  if (filters.length === 0 || earlier.length === 0) return undefined;
  const named = foreignArrivals(examination).filter(({ source }) => isIP(source) !== 0); // not `others`, of whom no source is known
  const kept = named.filter(({ source, interface: at }) =>
    earlier.some(({ interface: name, interfaceIndex, users }) => {
      if (at !== undefined && at !== name) return false;
      return isKeptOut(
        source,
        users,
        filters.filter((filter) => filter.interfaceIndex === interfaceIndex),
      );
    }),
  );
  if (kept.length === 0) return undefined;
  const senders = kept.map(({ source }) => source).join(", ");
  return {
    likelihood: "certain",
    explanation: `Datagrams of ${senders} reach this host; its members of ${target.address} accept other sources only.`,
    evidence: [
      ...filters.map(({ source, includedBy, excludedBy }) => ({
        source: FILTER_FILES[target.family],
        fact: includedBy > 0 ? `sockets that accept ${source}` : `sockets that block ${source}`,
        value: Math.max(includedBy, excludedBy),
      })),
      ...kept.map(({ source, count }) => ({ source: "probe", fact: `datagrams from ${source}`, value: count })),
    ],
    fixes: [
      code(`port.joinGroup("${target.address}", "${kept[0]!.interface ?? ""}", { source: "${kept[0]!.source}" });`),
      code(`port.joinGroup("${target.address}", "${kept[0]!.interface ?? ""}"); // for any source`),
    ],
  };
}

/** `users` counts sockets: those that name sources, and those that let in every source, which the table does not show. */
function isKeptOut(source: string, users: number, filters: readonly SourceFilter[]): boolean {
  const included = filters.reduce((sum, { includedBy }) => sum + includedBy, 0);
  const own = filters.find((filter) => filter.source === source);
  if (own !== undefined && own.excludedBy >= users && users > 0) return true;
  return included >= users && (own?.includedBy ?? 0) === 0;
}

/** Linux tells neither which socket has joined nor that a join failed: a host whose sockets have joined all they may is what remains. */
function judgeLimit(examination: Examination): Verdict | undefined {
  const { target, before, membershipLimit } = examination;
  if (target.family === 6) return undefined; // no such limit in IPv6
  const failed = examination.observations.joinFailures.find(({ errnoName }) => errnoName === "ENOBUFS");
  const limit = known(membershipLimit);
  if (failed === undefined && !isUnjoined(examination)) return undefined;
  const joined = known(before.memberships)
    .filter(({ group }) => group !== "224.0.0.1")
    .reduce((sum, { users }) => sum + users, 0);
  if (failed === undefined && joined < limit) return undefined;
  return {
    likelihood: failed === undefined ? "likely" : "certain",
    explanation: `One socket may join ${limit} groups; this host's sockets have joined ${joined}, and ${target.address} is not among them (ENOBUFS).`,
    evidence: [
      { source: MEMBERSHIP_LIMIT_FILE, fact: "igmp_max_memberships", value: limit },
      { source: MEMBERSHIP_FILES[4], fact: "memberships of all sockets", value: joined },
    ],
    fixes: [
      command(`sysctl -w net.ipv4.igmp_max_memberships=${Math.max(100, 4 * limit)}`),
      advice("Ports of Groupcast open further sockets by themselves; with others, open a second socket."),
    ],
  };
}

function isUnjoined(examination: Examination): boolean {
  return examination.target.port !== undefined && socketsAtPort(examination).length > 0 && earlierMemberships(examination).length === 0;
}

function judgeAbsence(examination: Examination): Verdict | undefined {
  const { target } = examination;
  const sockets = socketsAtPort(examination);
  if (sockets.length === 0 || earlierMemberships(examination).length > 0) return undefined;
  const name = target.interface?.name;
  return {
    likelihood: "certain",
    explanation: `No socket of this host had joined ${target.address}; ${sockets.map((socket) => ownerOf(examination, socket)).join(", ")} listens on the port.`,
    evidence: [
      { source: MEMBERSHIP_FILES[target.family], fact: `memberships of ${target.address}`, value: 0 },
      ...sockets.map((socket) => socketEvidence(examination, socket)),
    ],
    fixes: [code(`port.joinGroup("${target.address}"${name === undefined ? "" : `, "${name}"`});`)],
  };
}

/** Of several sockets that share a port by SO_REUSEADDR, the one bound last gets unicast. Those of one program may mean it. */
function judgeSharing(examination: Examination): Verdict | undefined {
  const { target } = examination;
  const sockets = socketsAtPort(examination).filter(({ address }) => ANY.includes(address) || address === target.address);
  const owners = new Set(sockets.map((socket) => ownerOf(examination, socket)));
  if (sockets.length < 2 || owners.size < 2) return undefined;
  return {
    likelihood: "certain",
    explanation: `${sockets.length} sockets share port ${target.port}: datagrams to ${target.address} reach one of them, the one bound last.`,
    evidence: sockets.map((socket) => socketEvidence(examination, socket)),
    fixes: [
      advice("Give each program a port of its own, or an address of its own to bind to."),
      advice("Send to a group if each of them should get a copy."),
    ],
  };
}

function judgeSilence(examination: Examination): Verdict | undefined {
  return examination.target.isGroup ? judgeNobody(examination) : judgeUnicastSilence(examination);
}

/**
 * Without a program, the probe still receives: that nobody listens explains why nothing arrives at a program, never why nothing arrives here.
 * It may be asked before the program starts.
 */
function judgeNobody(examination: Examination): Verdict | undefined {
  const { target, port } = examination;
  if (port !== undefined || socketsAtPort(examination).length > 0) return undefined;
  if (target.receiver !== undefined) throw new CannotCheck(`${target.receiver.address} is to receive`, "run it there");
  if (arrivesAsExpected(examination))
    throw new CannotCheck(`datagrams arrive, and no socket had port ${target.port} when they did`, "start the program, and run this again");
  return {
    likelihood: "possible",
    explanation:
      `No socket of this host had port ${target.port}: either the program has not been started, or it uses another port. ` +
      "The probe listened in its place, and received nothing.",
    evidence: [{ source: SOCKET_FILES[target.family], fact: `sockets on port ${target.port}`, value: 0 }],
    fixes: [
      advice(`Start the program, and run this again; or compare its port with ${target.port}.`),
      command("ss -ulnp   # shows the ports that programs listen on"),
    ],
  };
}

function judgeUnicastSilence(examination: Examination): Verdict | undefined {
  const { target } = examination;
  const sockets = socketsAtPort(examination);
  if (sockets.some(({ address }) => ANY.includes(address) || address === target.address)) return undefined;
  return {
    likelihood: "certain",
    explanation: `No socket of this host takes datagrams to ${target.address} on port ${target.port}.`,
    evidence: [
      { source: "/proc/self/net/udp", fact: `sockets on port ${target.port}`, value: sockets.length },
      ...sockets.map((socket) => socketEvidence(examination, socket)),
    ],
    fixes: [advice("Start the program, or compare its port with the sender's.")],
  };
}

function judgePort(examination: Examination): Verdict | undefined {
  const { target } = examination;
  if (arrivesAsExpected(examination)) return undefined;
  const ignored = difference(examination, "udpIgnored");
  if (ignored.growth < FEW) return undefined;
  return {
    likelihood: "likely",
    explanation: `${ignored.growth} datagrams to joined groups arrived for ports on which nobody listens; none arrived for ${target.port ?? "yours"}.`,
    evidence: [ignored.evidence],
    fixes: [
      advice(`Compare the port of the sender with ${target.port ?? "yours"}.`),
      command(`tcpdump -ni ${target.interface?.name ?? "any"} host ${target.address}   # shows the port that is sent to`),
    ],
  };
}
