/**
 * The cause `firewall`: rules that drop packets on their way to a socket.
 *
 * A packet passes the ingress hook of its interface, where IP has not counted it; the hook prerouting, behind IP's count of all packets and
 * before that of packets to groups; and the hook input, behind both and before UDP's (ip_rcv() and ip_rcv_finish_core() of
 * net/ipv4/ip_input.c, ip6_rcv_core() and ip6_mc_input() of net/ipv6/ip6_input.c).
 */
import { isUnread } from "../host-files.js";
import { TRAFFIC_FILE } from "../kernel/interface-traffic.js";
import { MEMBERSHIP_FILES } from "../kernel/memberships.js";
import type { UDPSocket } from "../kernel/udp-sockets.js";
import type { Fix } from "../verdict/diagnosis.js";
import { CannotCheck, known, type Verdict } from "./cause.js";
import { type CounterName, type Difference, difference } from "./counting.js";
import type { Examination } from "./examination.js";
import { advice, arrivesAsExpected, command, expectedInterface, foreignArrivals } from "./facts.js";

const FEW = 3; // unexplained packets in three seconds; a querier sends one in two minutes

/** Packets of groups that IP has counted, and those of them that no socket explains. */
interface Groups {
  readonly incoming: Difference;
  readonly udp: readonly Difference[];
  readonly unexplained: number;
}

/** Judges the rules of all three hooks. @throws CannotCheck */
export function judgeFirewall(examination: Examination): Verdict | undefined {
  const selfTest = known(examination.observations.selfTest);
  if (arrivesAsExpected(examination) || selfTest.refusal !== undefined) return undefined;
  const groups = groupsOf(examination);
  return judgeInput(examination, groups) ?? judgePrerouting(examination, groups);
}

/** Judges the hook input: by the probe's own datagrams, which are to the group, or else by the counters, which are of all groups. */
function judgeInput(examination: Examination, groups: Groups): Verdict | undefined {
  const { sent, arrived } = known(examination.observations.selfTest);
  const verdict = sent > 0 && arrived === 0 ? ownLost(examination, sent, groups) : foreignLost(examination, groups);
  if (verdict === undefined) return undefined;
  const { incoming, udp } = groups;
  const own = { source: "probe", fact: "own datagrams that came back", value: `${arrived} of ${sent}` };
  return { ...verdict, evidence: [incoming.evidence, udp[0]!.evidence, own, ...verdict.evidence] };
}

function ownLost({ target }: Examination, sent: number, { unexplained }: Groups): Verdict {
  return {
    likelihood: unexplained >= sent ? "certain" : "likely",
    explanation: `None of the ${sent} datagrams that the probe sent to itself came back: a rule drops packets to ${target.address}.`,
    evidence: [],
    fixes: inputFixes(target),
  };
}

/**
 * Packets of groups that reached IP and no socket. IP counts them before the hook of the firewall for input, UDP after it. What is no UDP,
 * such as the queries of a querier or the announcements of VRRP, is among them, so IP itself has to miss as many packets of any kind.
 *
 * IP counts the packets to all joined groups together, so they are to this group only where no other one is joined.
 */
function foreignLost(examination: Examination, { unexplained }: Groups): Verdict | undefined {
  const { target, during } = examination;
  const isLost = target.family === 4 && Math.min(unexplained, missedByIP(examination)) >= FEW && !isQueueGrowing(examination);
  if (!isLost) return undefined;
  const groups = new Set(known(during.memberships).map(({ group }) => group));
  const others = [...groups].filter((group) => group !== target.address && group !== ALL_HOSTS);
  const dropped = `${unexplained} packets to groups reached IP, and no socket: a rule drops them in between.`;
  const evidence = { source: MEMBERSHIP_FILES[4], fact: "other groups that this host has joined", value: shortened(others) };
  if (others.length === 0) {
    return {
      likelihood: "likely",
      explanation: `${dropped} No other group is joined here.`,
      evidence: [evidence],
      fixes: inputFixes(target),
    };
  }
  return {
    likelihood: "possible",
    explanation:
      `${dropped} The kernel counts the packets of all joined groups together, so they may be to ${target.address}, ` +
      `or to other groups that this host has joined: ${shortened(others)}.`,
    evidence: [evidence],
    fixes: [command(`${tcpdump(target)}   # shows whether datagrams to the group come in`), ...inputFixes(target)],
  };
}

/** Every host joins it (RFC 1112, 7.2), for the queries of IGMP. */
const ALL_HOSTS = "224.0.0.1";

const MOST_GROUPS = 4; // for a line of the terminal

function shortened(groups: readonly string[]): string {
  const rest = groups.length - MOST_GROUPS;
  return groups.length === 0 ? "none" : groups.slice(0, MOST_GROUPS).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

function inputFixes(target: Examination["target"]): readonly Fix[] {
  const { address, port } = target;
  return [
    command("nft list ruleset"),
    command(`nft insert rule inet filter input ${matchOf(target)} accept   # with your table and chain`),
    command(`iptables -I INPUT -d ${address} -p udp${port === undefined ? "" : ` --dport ${port}`} -j ACCEPT`),
    command(`ufw allow in proto udp to ${address}${port === undefined ? "" : ` port ${port}`}`),
  ];
}

function tcpdump(target: Examination["target"]): string {
  return `tcpdump -ni ${target.interface?.name ?? "any"} host ${target.address}`;
}

/** Packets that IP dropped before it looked for members: by rules, or because they are for groups that this host has not joined. */
function judgePrerouting(examination: Examination, { unexplained }: Groups): Verdict | undefined {
  const { target } = examination;
  if (foreignArrivals(examination).length > 0) return undefined; // by another interface: no rule keeps them out
  const early = missedByIP(examination) - unexplained - explainedOtherwise(examination);
  if (early < FEW) return judgeIngress(examination);
  const [received, delivered] = (["ipReceived", "ipDelivered"] as const).map((name) => difference(examination, name));
  return {
    likelihood: "possible",
    explanation:
      `IP dropped ${early} packets before it looked for members of their groups. Either a rule of the hook prerouting drops them, or a switch ` +
      "floods groups that this host has not joined, which is harmless.",
    evidence: [received!.evidence, delivered!.evidence],
    fixes: [
      command("nft list ruleset   # look for drop in chains of the hook prerouting"),
      command(`${tcpdump(target)}   # shows whether datagrams to the group come in`),
      advice("groupcast doctor --trace, as root, shows NETFILTER_DROP where a rule drops them."),
    ],
  };
}

/** Packets that a rule drops at ingress look like those of other protocols, such as ARP: only an interface without any excludes it. */
function judgeIngress(examination: Examination): undefined {
  const { name } = expectedInterface(examination);
  const [early, late] = [known(examination.during.receivedPackets), known(examination.after.receivedPackets)];
  if (late - early < FEW) return undefined;
  throw new CannotCheck(
    `${name} received ${late - early} packets (${TRAFFIC_FILE}), and none came to the group; rules at its ingress leave no count of their own`,
    `nft list ruleset; tcpdump -ni ${name} host ${examination.target.address}; groupcast doctor --trace, as root`,
  );
}

function groupsOf(examination: Examination): Groups {
  const incoming = difference(examination, "multicastIn", examination.after.countersBefore);
  const udp = (["udpReceived", "udpErrors", "udpNoPort", "udpIgnored"] as const).map((name) => difference(examination, name));
  return { incoming, udp, unexplained: Math.max(0, incoming.growth - sumOf(udp)) };
}

/** Number of packets that IP received and neither delivered nor passed on: rules dropped them, or there was nobody for them. */
function missedByIP(examination: Examination): number {
  const received = difference(examination, "ipReceived", examination.after.countersBefore);
  return received.growth - sumOf(PASSED.map((name) => difference(examination, name)));
}

const PASSED: readonly CounterName[] = ["ipDelivered", "ipForwarded"];

/** Number of packets that the reverse path filter dropped, and of fragments beyond one for each datagram that they make. */
function explainedOtherwise(examination: Examination): number {
  const filtered = examination.target.family === 4 ? growthOf(examination, "reversePath") : 0;
  return filtered + growthOf(examination, "fragmentsIn") - growthOf(examination, "reassembled");
}

function growthOf(examination: Examination, name: CounterName): number {
  return difference(examination, name).growth;
}

function sumOf(differences: readonly Difference[]): number {
  return differences.reduce((sum, { growth }) => sum + growth, 0);
}

/** A program that does not read leaves datagrams in its queue: they reached a socket, though UDP counts them when they are read. */
function isQueueGrowing({ during, after }: Examination): boolean {
  const queued = new Map(socketsOf(during).map(({ inode, queuedBytes }) => [inode, queuedBytes]));
  return socketsOf(after).some(({ inode, queuedBytes }) => queuedBytes > (queued.get(inode) ?? 0));
}

function socketsOf({ sockets, dualStackSockets }: Examination["after"]): readonly UDPSocket[] {
  return [...known(sockets), ...(isUnread(dualStackSockets) ? [] : dualStackSockets.value)];
}

/** Returns the match of a rule for datagrams to the target. */
export function matchOf({ address, port, family }: Examination["target"]): string {
  return `${family === 4 ? "ip" : "ip6"} daddr ${address}${port === undefined ? "" : ` udp dport ${port}`}`;
}
