/** Causes that lie between the interface and the socket. */
import { isUnread } from "../host-files.js";
import type { UDPSocket } from "../kernel/udp-sockets.js";
import { CannotCheck, type Cause, known, type Verdict } from "./cause.js";
import { difference } from "./counting.js";
import type { Examination } from "./examination.js";
import { advice, arrivesAsExpected, code, command, socketEvidence, socketsAtPort } from "./facts.js";

const STRICT = 1; // RFC 3704, 2.2: the packet must come in where the route back to its source leads
const FEW = 3; // unexplained packets in three seconds; a querier sends one in two minutes

/** Causes, in the order in which they are judged. */
export const PATH_CAUSES: readonly Cause[] = [
  { id: "send-refused", concerns: "groups", explains: ["firewall"], judge: judgeRefusal },
  { id: "rp-filter", concerns: "groups", judge: judgeReversePath },
  { id: "firewall", concerns: "groups", judge: judgeFirewall },
  { id: "fragments", concerns: "both", explains: ["firewall"], judge: judgeFragments },
  { id: "receive-buffer", concerns: "both", explains: ["firewall"], judge: judgeBuffer },
];

/** Netfilter refuses a datagram of the output hook with EPERM (`nf_hook_slow`, net/netfilter/core.c). */
function judgeRefusal({ observations, target }: Examination): Verdict | undefined {
  const { refusal } = known(observations.selfTest);
  if (refusal !== "EPERM" && refusal !== "EACCES") return undefined;
  return {
    likelihood: "certain",
    explanation: `A rule for outgoing packets refuses datagrams to ${target.address}.`,
    evidence: [{ source: "probe", fact: `sending to ${target.address}`, value: refusal }],
    fixes: [
      command("nft list ruleset"),
      command(`nft insert rule inet filter output ${matchOf(target)} accept   # with your table and chain`),
    ],
  };
}

function judgeReversePath(examination: Examination): Verdict | undefined {
  if (examination.target.family === 6) throw new CannotCheck("Linux filters reverse paths of IPv6 by firewall rules only");
  const { growth, evidence } = difference(examination, "reversePath");
  const filtering = [...examination.settings].filter(([, { rpFilter }]) => known(rpFilter) > 0);
  if (growth === 0 || filtering.length === 0 || arrivesAsExpected(examination)) return undefined;
  const expected = filtering.find(([name]) => name === examination.target.interface?.name);
  const [name, { rpFilter }] = expected ?? filtering[0]!;
  const isStrict = known(rpFilter) === STRICT;
  const way = isStrict ? `that leads back to their source by ${name}` : "that leads back to their source at all";
  return {
    likelihood: growth >= FEW ? "certain" : "likely",
    explanation: `The reverse path filter drops ${growth} packets: there is no route ${way}.`,
    evidence: [
      evidence,
      {
        source: `/proc/sys/net/ipv4/conf/${name}/rp_filter`,
        fact: `rp_filter of ${name}, or of all`,
        value: isStrict ? "1, strict" : "2, loose",
      },
    ],
    fixes: [
      command(`ip route add 198.51.100.0/24 dev ${name}   # with the network of the sender`),
      command(
        isStrict
          ? `sysctl -w net.ipv4.conf.${name}.rp_filter=2`
          : `sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.${name}.rp_filter=0`,
      ),
    ],
  };
}

/**
 * Packets of groups that reached IP and no socket. IP counts them before the hook of the firewall for input, UDP after it. What is no UDP,
 * such as the queries of a querier or the announcements of VRRP, is among them, so IP itself has to miss as many packets of any kind.
 */
function judgeFirewall(examination: Examination): Verdict | undefined {
  const { target, after } = examination;
  const selfTest = known(examination.observations.selfTest);
  if (arrivesAsExpected(examination) || selfTest.refusal !== undefined) return undefined;
  const incoming = difference(examination, "multicastIn", after.countersBefore);
  const udp = (["udpReceived", "udpErrors", "udpNoPort", "udpIgnored"] as const).map((name) => difference(examination, name));
  const unexplained = incoming.growth - udp.reduce((sum, { growth }) => sum + growth, 0);
  const isOwnLost = selfTest.sent > 0 && selfTest.arrived === 0;
  const isForeignLost = target.family === 4 && Math.min(unexplained, missedByIP(examination)) >= FEW && !isQueueGrowing(examination);
  if (!isOwnLost && !isForeignLost) return undefined;
  return {
    likelihood: isOwnLost && unexplained >= selfTest.sent ? "certain" : "likely",
    explanation: isOwnLost
      ? `None of the ${selfTest.sent} datagrams that the probe sent to itself came back: a rule drops packets to ${target.address}.`
      : `${unexplained} packets to groups reached IP, and no socket: a rule drops them in between.`,
    evidence: [
      incoming.evidence,
      udp[0]!.evidence,
      { source: "probe", fact: "own datagrams that came back", value: `${selfTest.arrived} of ${selfTest.sent}` },
    ],
    fixes: [
      command("nft list ruleset"),
      command(`nft insert rule inet filter input ${matchOf(target)} accept   # with your table and chain`),
      command(`iptables -I INPUT -d ${target.address} -p udp${target.port === undefined ? "" : ` --dport ${target.port}`} -j ACCEPT`),
      command(`ufw allow in proto udp to ${target.address}${target.port === undefined ? "" : ` port ${target.port}`}`),
    ],
  };
}

/** Number of packets that IP received and neither delivered nor passed on: rules dropped them, or there was nobody for them. */
function missedByIP(examination: Examination): number {
  const [received, ...passed] = (["ipReceived", "ipDelivered", "ipForwarded"] as const).map((name) => difference(examination, name).growth);
  return passed.reduce((sum, growth) => sum - growth, received!);
}

/** A program that does not read leaves datagrams in its queue: they reached a socket, though UDP counts them when they are read. */
function isQueueGrowing({ during, after }: Examination): boolean {
  const queued = new Map(socketsOf(during).map(({ inode, queuedBytes }) => [inode, queuedBytes]));
  return socketsOf(after).some(({ inode, queuedBytes }) => queuedBytes > (queued.get(inode) ?? 0));
}

function socketsOf({ sockets, dualStackSockets }: Examination["after"]): readonly UDPSocket[] {
  return [...known(sockets), ...(isUnread(dualStackSockets) ? [] : dualStackSockets.value)];
}

function matchOf({ address, port, family }: Examination["target"]): string {
  return `${family === 4 ? "ip" : "ip6"} daddr ${address}${port === undefined ? "" : ` udp dport ${port}`}`;
}

function judgeFragments(examination: Examination): Verdict | undefined {
  const [incoming, whole] = [difference(examination, "fragmentsIn"), difference(examination, "reassembled")];
  if (incoming.growth < FEW || whole.growth > 0) return undefined;
  return {
    likelihood: "certain",
    explanation: `${incoming.growth} fragments came in, and no datagram was complete: a firewall, a tunnel or the network loses the others.`,
    evidence: [incoming.evidence, whole.evidence],
    fixes: [
      advice("Send datagrams that fit into one packet: 1,472 bytes over IPv4 on Ethernet, 1,452 over IPv6, fewer through tunnels."),
      command("nft list ruleset"),
    ],
  };
}

function judgeBuffer(examination: Examination): Verdict | undefined {
  const { port, after } = examination;
  if (port !== undefined && port.kernelDrops[1] > port.kernelDrops[0]) {
    const [before, value] = port.kernelDrops;
    return overflow([{ source: "port.statistics()", fact: "kernelDrops", value, before }], value - before);
  }
  const now = new Map(known(after.sockets).map((socket) => [socket.inode, socket]));
  const losing = socketsAtPort(examination).flatMap((early) => {
    const late = now.get(early.inode);
    return late !== undefined && late.drops > early.drops ? [{ early, late }] : [];
  });
  if (losing.length === 0) return undefined;
  const evidence = losing.map(({ early, late }) => ({
    ...socketEvidence(examination, late, "drops"),
    value: late.drops,
    before: early.drops,
  }));
  return overflow(
    evidence,
    losing.reduce((sum, { early, late }) => sum + late.drops - early.drops, 0),
  );
}

function overflow(evidence: Verdict["evidence"], lost: number): Verdict {
  return {
    likelihood: "certain",
    explanation: `${lost} datagrams reached the socket and found its receive buffer full: the program reads too late, or the buffer is too small.`,
    evidence,
    fixes: [
      code("reactor.listenMulticast(port, protocol, { receiveBufferBytes: 4 << 20 });"),
      command("sysctl -w net.core.rmem_max=4194304   # so that the kernel grants it"),
    ],
  };
}
