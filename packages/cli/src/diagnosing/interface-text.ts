/** The report of `groupcast interfaces` as text. */
import type { DefaultInterface, InterfaceFacts, InterfaceReport, JoinedGroup, PossibleMember } from "@groupcast/diagnosis";
import { formatCount } from "../command/format.js";
import type { Output } from "../command/output.js";
import { fitted } from "./fitted.js";

const INDENT = "  ";
const MOST_MEMBERS = 5; // of one group; the rest is counted

/** Returns the lines that people read. */
export function interfaceText(report: InterfaceReport, output: Output): string[] {
  const { columns } = output;
  return [
    ...report.interfaces.flatMap((facts) => [...interfaceLines(facts, output), ""]),
    output.style("bold", "Default:"),
    ...report.defaults.flatMap((one) => fitted(defaultLine(one), columns, INDENT)),
    "",
    ...fitted(
      "Linux does not say which socket has joined a group. The programs listed have sockets bound so that they may have joined.",
      columns,
    ),
    ...report.unread.flatMap(({ path, reason }) => fitted(`Not read: ${path}: ${reason}.`, columns)),
    ...hiddenLines(report.hiddenProcesses, columns),
  ];
}

function hiddenLines(hidden: number, columns: number): string[] {
  if (hidden === 0) return [];
  return fitted(`${hidden === 1 ? "1 process is" : `${hidden} processes are`} hidden from this user: run it as root.`, columns);
}

function interfaceLines(facts: InterfaceFacts, output: Output): string[] {
  const { columns } = output;
  const [head, ...rest] = fitted(headline(facts), columns, "");
  const lines = [
    ...facts.interface.addresses.map(({ address, prefixLength }) => `address ${address}/${prefixLength}`),
    ...facts.routes.map(({ destination, metric }) => `route ${destination} metric ${metric}`),
    ...facts.groups.map(groupLine),
  ];
  const { name } = facts.interface;
  const styled = head!.startsWith(name) ? output.style("bold", name) + head!.slice(name.length) : head!;
  return [styled, ...rest, ...lines.flatMap((line) => fitted(line, columns, INDENT))];
}

function headline({ interface: { name, index, mtu, mac, flags }, kind, operstate }: InterfaceFacts): string {
  const states = Object.entries({ ...flags, up: false }).flatMap(([flag, isSet]) => (isSet ? [FLAGS[flag] ?? flag] : []));
  const facts = [flags.up ? "up" : "down", ...states, ...(flags.loopback || kind === "other" ? [] : [kind])];
  const numbers = [...(mtu === undefined ? [] : [`mtu ${mtu}`]), ...(mac === undefined ? [] : [mac])];
  const state = operstate === undefined || operstate === "up" || operstate === "unknown" ? [] : [`state ${operstate}`];
  return `${name} (${index}): ${[...facts, ...state, ...numbers].join(", ")}`;
}

const FLAGS: Readonly<Record<string, string>> = { pointToPoint: "point-to-point" };

function groupLine({ group, users, igmpVersion, isKernels, possibleMembers }: JoinedGroup): string {
  if (isKernels) return `group ${group}: the kernel`;
  const version = igmpVersion === undefined ? "" : `, IGMP${igmpVersion.toLowerCase()}`;
  return `group ${group}: ${formatCount(users, "socket")}${version}; ${membersText(possibleMembers)}`;
}

function membersText(members: readonly PossibleMember[]): string {
  if (members.length === 0) return "no UDP socket of this network namespace is bound to receive it";
  const named = members.slice(0, MOST_MEMBERS).map(({ pid, name, uid, port }) => {
    return `${pid === undefined ? `a program of user ${uid}` : `${name} (pid ${pid})`} on port ${port}`;
  });
  const more = members.length - named.length;
  return `perhaps ${named.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}

function defaultLine({ family, interface: name, source, reason }: DefaultInterface): string {
  if (name === undefined) return `IPv${family} groups: none; ${reason}`;
  return `IPv${family} groups: ${name}${source === undefined ? "" : ` from ${source}`}; ${reason}`;
}
