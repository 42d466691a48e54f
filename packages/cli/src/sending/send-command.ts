import { anyAddress, familyOf, formatEndpoint, isMulticast } from "@groupcast/backend";
import type { Destination, MulticastPort, Reactor } from "groupcast";
import { type Command, command, type Invocation } from "../command/command.js";
import { dscp } from "../command/dscp.js";
import { existingInterface } from "../command/existing-interface.js";
import type { Exit } from "../command/exit-codes.js";
import { formatCount, formatRate } from "../command/format.js";
import { readAs } from "../command/parse-arguments.js";
import { UsageError } from "../command/usage-error.js";
import { address, bytes, count, durationMs, endpoint, rate, text } from "../command/words.js";
import { TEST_DATAGRAM_MIN_BYTES } from "../payload/test-datagram.js";
import { filePieces, lines, type Payloads, testDatagrams, texts } from "./payloads.js";
import { sendDatagrams } from "./send-datagrams.js";
import type { SendReport } from "./send-tally.js";

const MAX_BYTES = 65_507; // of UDP over IPv4 (RFC 768); over IPv6 it is 20 more, which nobody asks for
const DEFAULT_PIECE_BYTES = 1400; // fits an Ethernet frame, also through most tunnels
const DEFAULT_TEST_BYTES = 200;
const MAX_TTL = 255;
const DSCP_SHIFT = 2; // the lower two bits of the traffic class are ECN's (RFC 3168)
const REFUSAL_GRACE_MS = 100; // an answer that nobody listens takes one round trip

const OPTIONS = {
  count: {
    short: "c",
    value: "N",
    read: count(1, Number.MAX_SAFE_INTEGER),
    help: "datagrams to send (default: 1; with --rate or --duration, no limit)",
  },
  duration: { short: "d", value: "TIME", read: durationMs, help: "time to send for, such as 10s or 5m (default: until Ctrl-C)" },
  rate: { short: "r", value: "RATE", read: rate, help: "datagrams a second, such as 50 or 20k, evenly spaced" },
  size: { short: "s", value: "BYTES", read: bytes, help: "bytes of a numbered datagram (default: 200), or of a piece of --file (1400)" },
  file: { short: "f", value: "FILE", read: text, help: "send the bytes of a file in pieces of --size" },
  stdin: { help: "send each line of standard input as a datagram" },
  interface: { short: "i", value: "NAME", read: text, help: "outgoing interface of multicast: a name, an address or an index" },
  source: { value: "ADDRESS", read: address, help: "local address to send from" },
  ttl: { short: "t", value: "HOPS", read: count(0, MAX_TTL), help: "TTL (default: 1 to groups, the system's to hosts)" },
  dscp: { value: "CODE", read: dscp, help: "code point of the IP header: EF, AF41, CS5 or 0 to 63" },
  "no-loopback": { help: "do not deliver to programs of this host (groups only)" },
} as const;

type SendInvocation = Invocation<typeof OPTIONS>;

/** `groupcast send`. */
export const sendCommand: Command = command({
  name: "send",
  summary: "Sends datagrams to a group or a host.",
  operands: [
    { name: "DESTINATION:PORT", help: "239.1.2.3:5000, 192.0.2.1:5000 or [ff02::fb%eth0]:5353" },
    {
      name: "TEXT",
      help: "payload; {n} in it becomes the number of the datagram (default: numbered datagrams that listen counts)",
      isOptional: true,
    },
  ],
  options: OPTIONS,
  examples: {
    "groupcast send 239.1.2.3:5000 hello": "one datagram to a group",
    "groupcast send 239.1.2.3:5000 -i eth0 --ttl 4 --rate 1000": "1,000 numbered datagrams a second by eth0, until Ctrl-C",
    "groupcast send 192.0.2.1:5000 'value {n}' --count 10 --rate 2": "ten texts, two a second",
    "tail -f log | groupcast send 239.1.2.3:5000 --stdin": "each line as it arrives",
  },
  notes: [
    "Without text, --file or --stdin, it sends numbered datagrams; groupcast listen counts which are lost, duplicate or reordered.",
    '--json prints one object at the end: type "sent", to, sent, sentBytes, failed, refused, failures (by errno), durationMs. ' +
      "Exit code 1: at least one datagram failed or was refused.",
  ],
  run: runSend,
});

async function runSend(invocation: SendInvocation): Promise<Exit> {
  const { options, output, signal } = invocation;
  const to = destination(invocation.operands[0]!);
  checkTogether(invocation, isMulticast(to.address));
  const reactor = invocation.openReactor();
  const report = await sendDatagrams(openPort(reactor, to.address, options), reactor.clock, {
    to,
    payloads: chosenPayloads(invocation),
    count: options.count ?? defaultCount(options),
    durationMs: options.duration,
    perSecond: options.rate,
    signal,
    graceMs: isMulticast(to.address) ? 0 : REFUSAL_GRACE_MS,
    onProgress: (soFar) => output.progress(`${formatCount(soFar.sent, "datagram")} sent, ${formatRate(soFar.sent, soFar.durationMs)}`),
  });
  const { errors, ...record } = report;
  output.result({ type: "sent", to: formatEndpoint(to), ...record }, summary(report, formatEndpoint(to)));
  for (const { message } of errors) output.note(message);
  return report.failed === 0 && report.refused === 0 ? "done" : "negative";
}

function destination(word: string): Destination {
  const { address: to, port } = readAs("DESTINATION:PORT", word, endpoint);
  if (port !== undefined) return { address: to, port };
  const example = formatEndpoint({ address: to, port: 5000 });
  throw new UsageError(`the port is missing: write ${example} with the port of the receiver`);
}

/** Facts about a command line that {@link EXCLUSIONS} looks at. */
type Choice = SendInvocation["options"] & { readonly text: string | undefined; readonly isGroup: boolean };

/** Map of advice → predicate for the command lines that need it. */
const EXCLUSIONS: Readonly<Record<string, (choice: Choice) => boolean>> = {
  "a text, --file and --stdin exclude each other: choose one payload": ({ text: given, file, stdin }) =>
    [given !== undefined, file !== undefined, stdin].filter(Boolean).length > 1,
  "--size is for numbered datagrams and for --file: leave it out": ({ size, text: given, stdin }) =>
    size !== undefined && (given !== undefined || stdin),
  "--duration does not end standard input: leave it out, or end the input": ({ duration, stdin }) => duration !== undefined && stdin,
  [`--size is from 1 to ${MAX_BYTES} bytes`]: ({ size = 1 }) => size < 1 || size > MAX_BYTES,
  [`a numbered datagram has ${TEST_DATAGRAM_MIN_BYTES} bytes or more: raise --size, or give a text`]: ({ size, file }) =>
    size !== undefined && size < TEST_DATAGRAM_MIN_BYTES && file === undefined,
  "--interface is for groups: for a host, the route decides; leave it out, or set a local address with --source": ({
    isGroup,
    ...choice
  }) => !isGroup && choice.interface !== undefined,
  "--no-loopback is for groups: leave it out": ({ isGroup, ...choice }) => !isGroup && choice["no-loopback"],
};

function checkTogether({ options, operands }: SendInvocation, isGroup: boolean): void {
  const choice: Choice = { ...options, text: operands[1], isGroup };
  const broken = Object.entries(EXCLUSIONS).find(([, excludes]) => excludes(choice));
  if (broken !== undefined) throw new UsageError(broken[0]);
}

function chosenPayloads({ operands, options, input, signal }: SendInvocation): Payloads {
  if (operands[1] !== undefined) return texts(operands[1]);
  if (options.stdin) return lines(input, signal);
  if (options.file !== undefined) return filePieces(options.file, options.size ?? DEFAULT_PIECE_BYTES);
  return testDatagrams(options.size ?? DEFAULT_TEST_BYTES);
}

function defaultCount({ file, stdin, rate: perSecond, duration }: SendInvocation["options"]): number | undefined {
  return file === undefined && !stdin && perSecond === undefined && duration === undefined ? 1 : undefined;
}

function openPort(reactor: Reactor, to: string, options: SendInvocation["options"]): MulticastPort {
  const { source, ttl, dscp: codePoint } = options;
  const port = reactor.listenMulticast(
    0,
    { datagramReceived: () => {} },
    {
      interface: source ?? anyAddress(familyOf(to)),
      outgoingInterface: options.interface === undefined ? undefined : existingInterface(reactor.network, options.interface),
      [isMulticast(to) ? "ttl" : "unicastTTL"]: ttl,
      trafficClass: codePoint === undefined ? undefined : codePoint << DSCP_SHIFT,
      loopback: !options["no-loopback"],
    },
  );
  if (familyOf(to) === 4) port.setBroadcastAllowed(true); // who types 192.0.2.255 means it
  return port;
}

function summary({ sent, sentBytes, failed, refused, failures, durationMs }: SendReport, to: string): string[] {
  const speed = sent > 1 ? `, ${formatRate(sent - 1, durationMs)}` : ""; // the first begins the time
  const kinds = Object.entries(failures).map(([kind, number]) => `${kind} ${number}`);
  return [
    `${formatCount(sent, "datagram")} (${formatCount(sentBytes, "byte")}) sent to ${to}${speed}`,
    ...(failed > 0 ? [`${formatCount(failed, "datagram")} failed: ${kinds.join(", ") || "the send queue was full"}`] : []),
    ...(refused > 0 ? [`${formatCount(refused, "answer")} that nobody listens on ${to}`] : []),
  ];
}
