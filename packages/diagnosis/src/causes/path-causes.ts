/** Causes that lie between the interface and the socket. */
import { CannotCheck, type Cause, known, type Verdict } from "./cause.js";
import { difference } from "./counting.js";
import type { Examination } from "./examination.js";
import { advice, arrivesAsExpected, code, command, socketEvidence, socketsAtPort } from "./facts.js";
import { judgeFirewall, matchOf } from "./firewall-cause.js";

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

function judgeFragments(examination: Examination): Verdict | undefined {
  const [incoming, whole] = [difference(examination, "fragmentsIn"), difference(examination, "reassembled")];
  if (incoming.growth < FEW || whole.growth > 0) return undefined;
  return {
    likelihood: "certain",
    explanation: `${incoming.growth} fragments arrived, and no datagram was complete: a firewall, a tunnel or the network loses the others.`,
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
