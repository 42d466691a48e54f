/** Causes that lie around this host, and that its counters only hint at. */
import { CannotCheck, type Cause, known, type Verdict } from "./cause.js";
import type { Examination } from "./examination.js";
import { advice, command, expectedInterface, isSilent } from "./facts.js";

/** Causes, in the order in which they are judged. All of them are silent while datagrams arrive. */
export const SURROUNDING_CAUSES: readonly Cause[] = [
  { id: "forced-version", concerns: "groups", judge: judgeVersion },
  { id: "bridge-without-querier", concerns: "groups", judge: judgeBridges },
  { id: "container", concerns: "groups", judge: judgeContainer },
  { id: "cloud", concerns: "groups", judge: judgeCloud },
  { id: "wifi", concerns: "groups", judge: judgeWifi },
];

/** Reports of an older version name no sources, and a querier of a newer one may ignore them. */
function judgeVersion(examination: Examination): Verdict | undefined {
  const { name } = expectedInterface(examination);
  const settings = examination.settings.get(name);
  if (settings === undefined || !isSilent(examination)) return undefined;
  const { family } = examination.target;
  const forced = known(family === 4 ? settings.forcedIGMP : settings.forcedMLD);
  if (forced === 0) return undefined;
  const [protocol, setting, folder] = family === 4 ? ["IGMP", "force_igmp_version", "ipv4"] : ["MLD", "force_mld_version", "ipv6"];
  return {
    likelihood: "possible",
    explanation: `${name} speaks ${protocol}v${forced} whatever the querier speaks: a switch may not understand it, and joins cannot name sources.`,
    evidence: [{ source: `/proc/sys/net/${folder}/conf/${name}/${setting}`, fact: `${setting} of ${name}, or of all`, value: forced }],
    fixes: [command(`sysctl -w net.${folder}.conf.all.${setting}=0 net.${folder}.conf.${name}.${setting}=0`)],
  };
}

function judgeBridges(examination: Examination): Verdict | undefined {
  if (!isSilent(examination)) return undefined;
  const bridges = [...examination.links.values()].filter(({ kind }) => kind === "bridge");
  if (bridges.length === 0) {
    throw new CannotCheck(
      "this host sees no switch from inside; queries of IGMPv3 leave no trace",
      "groupcast doctor --watch for five minutes",
    );
  }
  const pruning = bridges.find(({ snooping, querier }) => snooping === true && querier === false);
  if (pruning === undefined) return undefined;
  const { name } = pruning;
  return {
    likelihood: "possible",
    explanation: `The bridge ${name} forwards groups to their members only, and sends no queries: unless a router sends them, it forgets the members after 260 s.`,
    evidence: [
      { source: `/sys/class/net/${name}/bridge/multicast_snooping`, fact: "multicast_snooping", value: 1 },
      { source: `/sys/class/net/${name}/bridge/multicast_querier`, fact: "multicast_querier", value: 0 },
    ],
    fixes: [command(`ip link set ${name} type bridge mcast_querier 1`), command(`ip link set ${name} type bridge mcast_snooping 0`)],
  };
}

function judgeContainer(examination: Examination): Verdict | undefined {
  const { container } = examination.surroundings;
  if (container === undefined || !isSilent(examination)) return undefined;
  return {
    likelihood: "possible",
    explanation: `This is a container of ${container.name}: bridge and overlay networks carry no multicast from outside.`,
    evidence: [{ source: container.path, fact: "exists", value: "yes" }],
    fixes: [
      command("docker run --network host …"),
      command("docker network create -d macvlan -o parent=eth0 …   # an interface on the network itself"),
      advice("Or relay the channels into the container: channels over NATS, or a relay on the host."),
    ],
  };
}

function judgeCloud(examination: Examination): Verdict | undefined {
  const { cloud } = examination.surroundings;
  if (cloud === undefined || !isSilent(examination)) return undefined;
  return {
    likelihood: "possible",
    explanation: `This is a machine of ${cloud.name}, whose networks carry no multicast by themselves.`,
    evidence: [{ source: cloud.path, fact: "vendor", value: cloud.name }],
    fixes: [advice("Use a transit gateway with multicast (AWS, IGMPv2 only), an overlay, or channels over NATS.")],
  };
}

function judgeWifi(examination: Examination): Verdict | undefined {
  const { name } = expectedInterface(examination);
  if (examination.links.get(name)?.kind !== "wifi" || !isSilent(examination)) return undefined;
  return {
    likelihood: "possible",
    explanation: `${name} is Wi-Fi: access points send multicast at their lowest rate, unconfirmed, when stations sleep, or not at all.`,
    evidence: [{ source: `/sys/class/net/${name}/phy80211`, fact: "exists", value: "yes" }],
    fixes: [
      advice("Try a cable; switch on multicast-to-unicast conversion, switch off client isolation at the access point."),
      command(`iw dev ${name} set power_save off`),
    ],
  };
}
