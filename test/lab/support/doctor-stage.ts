// A host with two cables that something is wrong with, the programs on it and around it, and `groupcast doctor` run there.
import { fileURLToPath } from "node:url";
import type { Host, HostInterface } from "../../support/lab/host.js";
import type { Lab } from "../../support/lab/lab.js";
import type { PlainSocket, PlainSocketOptions } from "../../support/lab/plain-socket.js";
import type { JsonLine, Program } from "../../support/lab/program.js";
import { until } from "../../support/lab/until.js";
import { type DualHomed, dualHomed } from "./networks.js";
import { RemoteReactor } from "./remote-reactor.js";

const COMMAND = fileURLToPath(new URL("../../../packages/cli/dist/groupcast.js", import.meta.url));
const TRACEFS = "/sys/kernel/tracing";
const WITH_TRACEFS = `mount -t tracefs nodev ${TRACEFS} 2>/dev/null; exec "$0" "$@"`;
const DOCTOR_DEADLINE_MS = 30_000; // it takes up to four seconds; this only bounds a hang

/** A finding, as the command prints it. */
export interface PrintedFinding {
  readonly cause: string;
  readonly likelihood: string;
  readonly explanation: string;
  readonly evidence: readonly { readonly source: string; readonly fact: string; readonly value: unknown; readonly before?: number }[];
}

/** What the command printed, and its exit code. */
export interface Consultation {
  readonly findings: readonly PrintedFinding[];
  readonly cleared: readonly { readonly cause: string }[];
  readonly unchecked: readonly { readonly cause: string; readonly reason: string }[];
  readonly arrivals: readonly JsonLine[] | undefined;
  readonly durationMs: number;
  readonly exitCode: number | null;
}

/** Group and port of one case, so that none sees another's. */
export interface Stream {
  readonly group: string;
  readonly port: number;
}

export class DoctorStage implements AsyncDisposable {
  readonly host: Host;
  readonly net: DualHomed;
  readonly #undoings: (() => Promise<unknown>)[] = [];
  #reactor: Promise<RemoteReactor> | undefined;

  constructor(net: DualHomed) {
    this.net = net;
    this.host = net.host;
  }

  static async create(lab: Lab, suffix = ""): Promise<DoctorStage> {
    return new DoctorStage(await dualHomed(lab, suffix));
  }

  /** Does something after the case, the last first. */
  later(undo: () => Promise<unknown>): void {
    this.#undoings.push(undo);
  }

  /** Runs commands of ip in the host, and others after the case. */
  async ip(commands: readonly string[], undo: readonly string[] = []): Promise<void> {
    await this.host.namespace.ip(commands);
    if (undo.length > 0) this.later(() => this.host.namespace.ip(undo));
  }

  /** Sets kernel parameters of the host, and puts them back after the case. */
  async sysctl(values: Readonly<Record<string, number>>): Promise<void> {
    const before: Record<string, string> = {};
    for (const name of Object.keys(values)) before[name] = (await this.host.exec("cat", [`/proc/sys/${name.replaceAll(".", "/")}`])).trim();
    await this.host.sysctl(values);
    this.later(() => this.host.sysctl(before));
  }

  /** Loads rules of nft(8) into the host, and drops all rules after the case. */
  async firewall(rules: string): Promise<void> {
    await this.host.namespace.exec("nft", ["-f", "-"], rules);
    this.later(() => this.host.exec("nft", ["flush", "ruleset"]));
  }

  /** Sends 50 datagrams a second from a host until the case is over; settles when the first has left. */
  async sends(from: HostInterface, { group, port }: Stream, options: readonly string[] = []): Promise<Program> {
    const to = group.includes(":") ? `[${group}${/^ff.2:/.test(group) ? `%${from.name}` : ""}]:${port}` : `${group}:${port}`;
    const before = await datagramsSent(from.host);
    const pace = options.includes("--rate") ? [] : ["--rate", "50"];
    const program = from.host.spawn(process.execPath, [COMMAND, "send", to, "-i", from.name, ...pace, ...options]);
    this.later(() => program.stop());
    await until(async () => (await datagramsSent(from.host)) > before, { what: `datagrams leave ${from.name} of ${from.host.name}` });

    return program;
  }

  /** Opens a socket of node:dgram on the host: the program that receives nothing. */
  async program(port: number, options: PlainSocketOptions = {}): Promise<PlainSocket> {
    const socket = await this.host.socket({ port, ...options });
    this.later(() => socket.close());
    return socket;
  }

  /** A reactor on the host, the same for all cases. */
  reactor(): Promise<RemoteReactor> {
    this.#reactor ??= RemoteReactor.start(this.host, "native");
    return this.#reactor;
  }

  /** Runs the command on the host, or on another one. */
  async doctor(words: readonly string[], on: Host = this.host): Promise<Consultation> {
    const program = on.spawn(process.execPath, [COMMAND, "doctor", ...words, "--json"]);
    const exit = program.exited();
    const printed = await program.line({ type: "diagnosis" }, { deadlineMs: DOCTOR_DEADLINE_MS });
    const { findings, cleared, unchecked, arrivals, durationMs } = printed as unknown as Consultation;
    return { findings, cleared, unchecked, arrivals, durationMs, exitCode: (await exit).code };
  }

  /** Starts the command on the host, with tracefs where this user may mount it: `ip netns exec` has mounts of its own. */
  start(words: readonly string[]): Program {
    const program = this.host.spawn("sh", ["-c", WITH_TRACEFS, process.execPath, COMMAND, "doctor", ...words, "--json"]);
    this.later(() => program.stop());
    return program;
  }

  /** Lists the traces that run now; undefined where this user may not trace. */
  async traces(): Promise<readonly string[] | undefined> {
    const list = `mount -t tracefs nodev ${TRACEFS} 2>/dev/null && ls -a ${TRACEFS}/instances || true`;
    const names = (await this.host.exec("sh", ["-c", list])).split("\n").filter(Boolean);
    return names.length === 0 ? undefined : names;
  }

  /** Ends what the case has started, and puts back what it has changed. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let undo = this.#undoings.pop(); undo !== undefined; undo = this.#undoings.pop()) await undo();
  }
}

/** Of both IP versions, by the counters of the host's namespace. */
async function datagramsSent({ namespace }: Host): Promise<number> {
  const text = await namespace.exec("sh", ["-c", "grep ^Udp: /proc/net/snmp; grep ^Udp6Out /proc/net/snmp6"]);
  const [names, values, six] = text.split("\n").map((line) => line.trim().split(/\s+/)) as [string[], string[], string[]];
  return Number(values[names.indexOf("OutDatagrams")]) + Number(six[1]);
}
