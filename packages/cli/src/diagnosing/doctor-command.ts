import { randomInt } from "node:crypto";
import { type Diagnosis, diagnose } from "@groupcast/diagnosis";
import { type Command, command, type Invocation } from "../command/command.js";
import type { Exit } from "../command/exit-codes.js";
import { readAs } from "../command/parse-arguments.js";
import { address, endpoint, text } from "../command/words.js";
import { diagnosisText, hasCause } from "./diagnosis-text.js";
import { watchDiagnoses } from "./watch.js";

const OPTIONS = {
  interface: { short: "i", value: "NAME", read: text, help: "interface on which datagrams should arrive: a name, an address or an index" },
  to: { value: "HOST", read: address, help: "address of a host that should receive what this host sends" },
  watch: { help: "run until Ctrl-C, and report changes, such as queriers that fall silent" },
  trace: { help: "trace why the kernel drops packets (needs root and tracefs)" },
} as const;

/** `groupcast doctor`. */
export const doctorCommand: Command = command({
  name: "doctor",
  summary: "Finds out why nothing arrives, with evidence and the fix.",
  operands: [
    {
      name: "GROUP[:PORT]",
      help: "239.1.2.3:5000 or [ff02::fb%eth0]:5353, or an address of this host (default: a group that nobody uses)",
      isOptional: true,
    },
  ],
  options: OPTIONS,
  examples: {
    "groupcast doctor 239.1.2.3:5000": "why does my program not receive this?",
    "groupcast doctor 239.1.2.3:5000 -i eth1": "it should arrive on eth1",
    "groupcast doctor 239.1.2.3:5000 --to 192.0.2.7": "why does that host not receive what I send? Run it on the sender",
    "groupcast doctor 192.0.2.1:5000": "why does a program of this host get no unicast?",
    "groupcast doctor 239.1.2.3:5000 --watch": "it stops after some minutes: when, and why?",
    "sudo groupcast doctor 239.1.2.3:5000 --trace": "with the reasons for which the kernel drops packets",
    "sudo groupcast doctor 239.1.2.3:5000 --json": "with the names of all programs, for other programs to read",
  },
  notes: [
    "Run it while the receiver runs and the sender sends. For up to three seconds it listens alongside the programs that have the port, " +
      "joins the group on every interface, and reads the kernel's counters before and after. It sends three datagrams to itself, with TTL 0 and to a " +
      "port of its own: no other program gets them, and none leaves the host.",
    '--json prints one object: type "diagnosis", address, port, interface, interfaceReason, findings (cause, title, likelihood, explanation, ' +
      "evidence, fixes), cleared, unchecked (cause, title, reason, remedy), arrivals, querier, drops (with --trace), durationMs. With --watch, " +
      'an object for each change follows: type "change", time, change (found, gone, arriving, silent, version, querier-silent, querier-heard). ' +
      "Exit code 1: a certain or likely cause was found; " +
      "with --watch, at the end. Causes that are only possible, such as a container's network, are reported and leave the exit code at 0.",
    "--watch checks again every few seconds. Keep the receiver running: without it, each check joins the group anew, which the switch " +
      "notices.",
    "It needs Linux; elsewhere it reports what it could not check.",
  ],
  run: runDoctor,
});

async function runDoctor({ operands, options, output, signal, openReactor }: Invocation<typeof OPTIONS>): Promise<Exit> {
  const subject = operands[0] === undefined ? { address: unusedGroup(), port: undefined } : readAs("GROUP[:PORT]", operands[0], endpoint);
  const reactor = openReactor();
  const { interface: at, to, trace } = options;
  const once = () => diagnose(reactor, subject.address, { port: subject.port, interface: at, to, trace, signal });
  output.progress(`listening to ${subject.address}`);
  const first = await once();
  output.result(recordOf(first), diagnosisText(first, output));
  const last = options.watch ? await watchDiagnoses({ reactor, first, diagnose: once, signal }, output) : first;
  return hasCause(last) ? "negative" : "done";
}

function recordOf(diagnosis: Diagnosis): Readonly<Record<string, unknown>> {
  return { type: "diagnosis", ...diagnosis };
}

/** Of 239.255.0.0/16, which belongs to the site (RFC 2365, 6.1). */
function unusedGroup(): string {
  return `239.255.${randomInt(1, 255)}.${randomInt(1, 255)}`;
}
