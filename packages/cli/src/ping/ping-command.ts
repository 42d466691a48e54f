import { familyOf, isMulticast } from "@groupcast/backend";
import { type Command, command, type Invocation } from "../command/command.js";
import { existingInterface } from "../command/existing-interface.js";
import type { Exit } from "../command/exit-codes.js";
import { readAs } from "../command/parse-arguments.js";
import { UsageError } from "../command/usage-error.js";
import { address, count, durationMs, port, text } from "../command/words.js";
import { isSourceSpecific } from "./group-prefix.js";
import { ping } from "./ping.js";
import type { PingReport } from "./ping-report.js";
import { table } from "./ping-table.js";
import { eventLine, summary } from "./ping-text.js";
import { runRespond } from "./respond-run.js";

const OPTIONS = {
  respond: { help: "answer instead of asking, until Ctrl-C; with a group, also requests on that group" },
  count: { short: "c", value: "N", read: count(1, Number.MAX_SAFE_INTEGER), help: "requests to each responder (default: until Ctrl-C)" },
  interval: { value: "TIME", read: durationMs, help: "time between requests (default: 1s, the fastest rate that responders answer)" },
  timeout: { value: "TIME", read: durationMs, help: "time after which an answer is too late (default: 1s)" },
  group: { short: "g", value: "GROUP", read: address, help: "group on which a host should answer (default: the host chooses)" },
  interface: { short: "i", value: "NAME", read: text, help: "interface for multicast: a name or an address" },
  ttl: { short: "t", value: "HOPS", read: count(1, 255), help: "TTL of what is sent to a group (default: 1; with --respond, 64)" },
  port: { short: "p", value: "PORT", read: port, help: "port of the responder (default: 9903, and 4321 for ssmpingd)" },
  "no-legacy": { help: "do not use the protocol of ssmping 0.9" },
  rate: { value: "N", read: count(1, 1000), help: "with --respond: answered requests a second for each client (default: 1)" },
  "total-rate": { value: "N", read: count(1, 100_000), help: "with --respond: the same for all clients together (default: 100)" },
  "max-clients": { value: "N", read: count(1, 1_000_000), help: "with --respond: clients to remember (default: 1000)" },
} as const;

/** Command line of {@link pingCommand}. */
type PingInvocation = Invocation<typeof OPTIONS>;

/** `groupcast ping`. */
export const pingCommand: Command = command({
  name: "ping",
  summary: "Compares multicast with unicast: loss, time and hops from each host that answers.",
  operands: [
    {
      name: "GROUP|HOST",
      help: "239.1.2.3 (all hosts that respond on it), or 192.0.2.1 (that host, on a group of its choice)",
      isOptional: true,
    },
  ],
  options: OPTIONS,
  examples: {
    "groupcast ping --respond 239.1.2.3": "on the other hosts: answer",
    "groupcast ping 239.1.2.3": "ask all of them, until Ctrl-C",
    "groupcast ping 192.0.2.1 --count 10": "ask one host, which may also run Debian's ssmpingd",
    "groupcast ping 239.1.2.3 --count 300": "five minutes: long enough to see a switch without a querier forget",
  },
  notes: [
    "The protocol is RFC 6450. With hosts that run ssmpingd 0.9, and with ssmping or asmping that ask --respond, it speaks their protocol.",
    "That protocol has no sessions, so its senders can be forged. --respond answers each of their requests with one datagram to the sender and " +
      "one to the group, at --rate and --total-rate. An answer has no more bytes than the request and the name of --respond. Requests of more " +
      "than 1,500 bytes are refused. --no-legacy answers none.",
    '--json prints an object for each event (type "responder", "answer", "lost", "sessionEnded", "multicastStopped", "multicastResumed"; ' +
      'address; via "unicast" or "multicast", sequence, rttMs, hops), and at the end one of type "ping": target, localAddress, startedAtMs, ' +
      "durationMs, asked, refused, ignored, responders (address, protocol, group, unicast, multicast: sent, received, lost, late, " +
      'duplicates, reordered, firstSequence, lostSinceFirst, hops, rttMs; multicastStoppedAfterMs). With --respond: type "client" ' +
      '(address, port, group) and "respond" (answered, sessions, clients, evicted, refused, failed, durationMs).',
    "Exit code 1: nobody answered, no multicast arrived, or it stopped while unicast went on.",
  ],
  run: runPing,
});

async function runPing(invocation: PingInvocation): Promise<Exit> {
  const { operands, options } = invocation;
  const target = operands[0] === undefined ? undefined : readAs("GROUP|HOST", operands[0], address);
  const broken = Object.entries(EXCLUSIONS).find(([, excludes]) => excludes({ ...options, target }));
  if (broken !== undefined) throw new UsageError(broken[0]);
  return options.respond ? runRespond(invocation, { ...options, group: target }) : runAsking(invocation, target!);
}

/** Facts about a command line that {@link EXCLUSIONS} looks at. */
type Choice = PingInvocation["options"] & { readonly target: string | undefined };

/** Options of one side only. */
const OF_CLIENTS = ["count", "interval", "timeout", "group"] as const;
const OF_RESPONDERS = ["rate", "total-rate", "max-clients"] as const;

/** Map of advice → predicate for the command lines that need it. */
const EXCLUSIONS: Readonly<Record<string, (choice: Choice) => boolean>> = {
  'GROUP|HOST is missing: write "groupcast ping 239.1.2.3", or "groupcast ping --respond" to answer': ({ target, respond }) =>
    target === undefined && !respond,
  "--respond takes a group, such as 239.1.2.3, or nothing": ({ target, respond }) =>
    respond && target !== undefined && !isMulticast(target),
  [`${OF_CLIENTS.map((name) => `--${name}`).join(", ")} are for asking: leave them out with --respond`]: ({ respond, ...choice }) =>
    respond && OF_CLIENTS.some((name) => choice[name] !== undefined),
  [`${OF_RESPONDERS.map((name) => `--${name}`).join(", ")} need --respond`]: ({ respond, ...choice }) =>
    !respond && OF_RESPONDERS.some((name) => choice[name] !== undefined),
  "--group is for a host: with a group, all hosts answer on that group": ({ target, group }) =>
    target !== undefined && group !== undefined && isMulticast(target),
  "--group takes a group, such as 239.1.2.3": ({ group }) => group !== undefined && !isMulticast(group),
  "--group and HOST are of different IP versions": ({ target, group }) =>
    target !== undefined && group !== undefined && familyOf(target) !== familyOf(group),
  "for a source-specific group, ask its source: groupcast ping HOST --group GROUP": ({ target, respond }) =>
    !respond && target !== undefined && isMulticast(target) && isSourceSpecific(target),
  "--interval is from 10ms to 1m": ({ interval }) => interval !== undefined && !isWithin(interval, 10, 60_000),
  "--timeout is from 1ms to 1m": ({ timeout }) => timeout !== undefined && !isWithin(timeout, 1, 60_000),
};

function isWithin(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

async function runAsking(invocation: PingInvocation, target: string): Promise<Exit> {
  const { options, output, signal } = invocation;
  const isLive = output.isTerminal && !output.json;
  let drawn = 0;
  const draw = (soFar: PingReport) => {
    const lines = table(soFar, output.columns);
    output.text((drawn > 0 ? `\x1b[${drawn}A\x1b[J` : "") + lines.join("\n")); // up to the first line, and clear from there
    drawn = lines.length;
  };
  const reactor = invocation.openReactor();
  if (options.interface !== undefined) existingInterface(reactor.network, options.interface);
  const report = await ping(reactor, target, {
    group: options.group,
    interface: options.interface,
    port: options.port,
    legacy: isMulticast(target) ? undefined : !options["no-legacy"],
    ttl: options.ttl,
    count: options.count,
    intervalMs: options.interval === undefined ? undefined : Math.round(options.interval),
    timeoutMs: options.timeout === undefined ? undefined : Math.round(options.timeout),
    signal,
    ...(isLive ? { onProgress: draw } : { onEvent: (event) => output.result({ ...event }, eventLine(event)) }),
  });
  if (isLive) draw(report);
  output.result({ type: "ping", ...report }, ["", ...summary(report)]);
  return isGood(report) ? "done" : "negative";
}

function isGood({ responders }: PingReport): boolean {
  const hasMulticast = responders.some(({ multicast }) => multicast.received > 0);
  return hasMulticast && responders.every(({ multicastStoppedAfterMs }) => multicastStoppedAfterMs === undefined);
}
