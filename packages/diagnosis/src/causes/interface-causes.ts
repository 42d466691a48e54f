/** Causes that lie in the state of the interface. */
import { isLinkLocal } from "@groupcast/backend";
import { ADDRESS_FILE } from "../kernel/addresses6.js";
import { ROUTE_FILES } from "../kernel/routes.js";
import type { Fix } from "../verdict/diagnosis.js";
import { type Cause, known, type Verdict } from "./cause.js";
import type { Examination } from "./examination.js";
import { advice, arrivesAsExpected, code, command, earlierMemberships, expectedInterface, socketsAtPort } from "./facts.js";

/** Causes, in the order in which they are judged. */
export const INTERFACE_CAUSES: readonly Cause[] = [
  {
    id: "interface-missing",
    concerns: "groups",
    explains: ["no-route"],
    judge: ({ target, interfaces }) => {
      if (target.asked === undefined || target.interface !== undefined) return undefined;
      const names = interfaces.map(({ name }) => name).join(", ");
      return {
        likelihood: "certain",
        explanation: `No interface of this host is called ${target.asked}, or has that address.`,
        evidence: [{ source: "/sys/class/net", fact: "interfaces", value: names }],
        fixes: [advice(`Name one of these: ${names}.`)],
      };
    },
  },
  {
    id: "interface-down",
    concerns: "groups",
    explains: ["no-route", "no-address", "no-link-local", "send-refused"],
    judge: (examination) => {
      const { name, flags } = expectedInterface(examination);
      if (flags.up) return undefined;
      return {
        likelihood: "certain",
        explanation: `${name} is switched off: nothing arrives on it, and nothing leaves.`,
        evidence: [{ source: `/sys/class/net/${name}/flags`, fact: "IFF_UP", value: "off" }],
        fixes: [command(`ip link set ${name} up`)],
      };
    },
  },
  {
    id: "no-carrier",
    concerns: "groups",
    explains: ["no-route", "no-link-local"],
    judge: (examination) => {
      const { name, flags } = expectedInterface(examination);
      if (!flags.up || flags.running || flags.loopback) return undefined;
      const operstate = examination.links.get(name)?.operstate ?? "unknown";
      return {
        likelihood: "certain",
        explanation: `${name} is on, but has no link: no cable, no access point, or the other end is off.`,
        evidence: [{ source: `/sys/class/net/${name}/operstate`, fact: "operstate", value: operstate }],
        fixes: [advice("Plug in the cable, or switch on the other end.")],
      };
    },
  },
  { id: "no-multicast-flag", concerns: "groups", explains: ["no-route", "not-joined", "wrong-interface"], judge: judgeFlag },
  { id: "no-link-local", concerns: "groups", explains: ["no-route"], judge: judgeLinkLocal },
  {
    id: "no-address",
    concerns: "groups",
    explains: ["rp-filter", "no-route"],
    judge: (examination) => {
      const { name, addresses, flags } = expectedInterface(examination);
      if (examination.target.family === 6 || !flags.up || addresses.some(({ family }) => family === 4)) return undefined;
      if (arrivesAsExpected(examination)) return undefined;
      return {
        likelihood: "certain",
        explanation: `${name} has no IPv4 address: switches may ignore its membership reports, and the kernel takes no datagram for it.`,
        evidence: [{ source: "/proc/self/net/fib_trie", fact: `IPv4 addresses of ${name}`, value: "none" }],
        fixes: [command(`ip address add 192.0.2.10/24 dev ${name}   # with an address of your network`), command(`dhclient ${name}`)],
      };
    },
  },
  { id: "no-route", concerns: "groups", judge: judgeRoute },
];

/** Linux receives groups without the flag (seen on 6.18), but programs that join on every interface leave this one out. */
function judgeFlag(examination: Examination): Verdict | undefined {
  const { name, flags } = expectedInterface(examination);
  const isMember = earlierMemberships(examination).some(({ interface: at }) => at === name);
  if (flags.multicast || flags.loopback || isMember) return undefined;
  const isHeardByNobody = examination.target.port !== undefined && socketsAtPort(examination).length > 0;
  if (arrivesAsExpected(examination) && !isHeardByNobody) return undefined;
  return {
    likelihood: "likely",
    explanation: `${name} does not have the flag MULTICAST: programs that join on every interface leave it out, and nobody has joined there.`,
    evidence: [{ source: `/sys/class/net/${name}/flags`, fact: "IFF_MULTICAST", value: "off" }],
    fixes: [command(`ip link set ${name} multicast on`)],
  };
}

/** MLD reports are sent from a link-local address only (RFC 3810, 5.2.13): without one no switch learns of the membership. */
function judgeLinkLocal(examination: Examination): Verdict | undefined {
  if (examination.target.family === 4) return undefined;
  const { name, flags } = expectedInterface(examination);
  if (flags.loopback || !flags.up) return undefined;
  const own = known(examination.addresses6).filter(({ address, interface: at }) => at === name && isLinkLocal(address));
  if (own.some(({ isTentative, isDuplicate }) => !isTentative && !isDuplicate)) return undefined;
  const duplicate = own.find(({ isDuplicate }) => isDuplicate);
  const states = {
    none: "none",
    tentative: "tentative: duplicate address detection still runs",
    duplicate: "duplicate: another host has it",
  };
  const state = states[duplicate !== undefined ? "duplicate" : own.length > 0 ? "tentative" : "none"];
  return {
    likelihood: arrivesAsExpected(examination) ? "possible" : "certain",
    explanation: `${name} has no link-local address that it may use, so it can neither report memberships nor send to groups.`,
    evidence: [{ source: ADDRESS_FILE, fact: `link-local address of ${name}`, value: state }],
    fixes: [
      command(`sysctl -w net.ipv6.conf.${name}.disable_ipv6=0`),
      command(`ip link set ${name} addrgenmode eui64`),
      command(`ip -6 address add fe80::10/64 dev ${name}`),
    ],
  };
}

/** A program that names its interface needs no route: who has joined, or was told an interface, is well without one. */
function judgeRoute(examination: Examination): Verdict | undefined {
  const { target } = examination;
  if (target.asked !== undefined || known(target.routed) !== undefined) return undefined;
  const isJoined = earlierMemberships(examination).length > 0;
  if (isJoined && arrivesAsExpected(examination)) return undefined;
  const name = examination.interfaces.find(({ flags }) => flags.up && flags.multicast && !flags.loopback)?.name;
  return {
    likelihood: isJoined ? "possible" : "certain",
    explanation: `No route leads to ${target.address}: a program that names no interface can neither join it (ENODEV) nor send to it (ENETUNREACH).`,
    evidence: [{ source: ROUTE_FILES[target.family], fact: `route to ${target.address}`, value: "none" }],
    fixes: name === undefined ? [command("ip link set eth0 up   # no interface is up and carries multicast")] : routeFixes(target, name),
  };
}

function routeFixes({ address, family }: Examination["target"], name: string): Fix[] {
  const route = family === 4 ? "route add 224.0.0.0/4" : "-6 route add multicast ff00::/8 table local";
  return [
    code(`port.joinGroup("${address}", "${name}"); // and listenMulticast(…, { outgoingInterface: "${name}" })`),
    command(`ip ${route} dev ${name}`),
  ];
}
