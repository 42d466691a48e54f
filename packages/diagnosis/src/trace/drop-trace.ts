/**
 * Reasons why the kernel drops packets, by the tracepoint skb:kfree_skb (Documentation/trace/events.rst). Needs root, and tracefs.
 *
 * It traces into an instance of its own, a folder that is made and removed: the buffer, filters and switches of others stay as they are.
 * The tracepoint fires in every network namespace, so that other namespaces' packets are among them.
 */
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FormError, hostFiles, isUnread, parsed, type Reading, type Unread } from "../host-files.js";

/** Packets that the kernel dropped for one reason, at one place. */
export interface KernelDrop {
  /** Reason, as the kernel names it: `NETFILTER_DROP`. */
  readonly reason: string;
  /** Function of the kernel that dropped them. */
  readonly place: string;
  /** Number of packets. */
  readonly count: number;
}

/** Reasons that keep a datagram from a socket; others, such as TCP's, would drown them. */
const REASONS = [
  "BPF_CGROUP_EGRESS",
  "CPU_BACKLOG",
  "DUP_FRAG",
  "FRAG_REASM_TIMEOUT",
  "FRAG_TOO_FAR",
  "IPV6DISABLED",
  "IP_CSUM",
  "IP_INADDRERRORS",
  "IP_INHDR",
  "IP_INVALID_SOURCE",
  "IP_LOCAL_SOURCE",
  "IP_OUTNOROUTES",
  "IP_RPFILTER",
  "NETFILTER_DROP",
  "PKT_TOO_BIG",
  "PROTO_MEM",
  "SECURITY_HOOK",
  "SOCKET_BACKLOG",
  "SOCKET_FILTER",
  "SOCKET_RCVBUFF",
  "TC_INGRESS",
  "UDP_CSUM",
  "UNICAST_IN_L2_MULTICAST",
  "XDP",
];

const TRACEFS = "/sys/kernel/tracing";
const EVENT = "events/skb/kfree_skb";
const ETHERTYPES = { 4: 0x0800, 6: 0x86dd } as const; // linux/if_ether.h
const TO_MOUNT = `run it as root, with tracefs: mount -t tracefs nodev ${TRACEFS}`;

/** A trace that runs. */
export class DropTrace {
  readonly #folder: string;
  readonly #files = hostFiles();
  readonly #onExit = (): void => void this.#remove();

  private constructor(folder: string) {
    this.#folder = folder;
    process.once("exit", this.#onExit); // a second Ctrl-C ends the process at once
  }

  /** Starts to trace packets of one IP version. Answers with a reason where that is not possible. */
  static start(family: 4 | 6, tracefs: string = TRACEFS): Reading<DropTrace> {
    const format = `${tracefs}/${EVENT}/format`;
    const filter = parsed(format, hostFiles().read(format), (text) => filterOf(text, family));
    if (isUnread(filter)) return { ...filter, remedy: TO_MOUNT };
    const folder = join(tracefs, "instances", `groupcast-${process.pid}-${++count}`);
    try {
      mkdirSync(folder);
    } catch (error) {
      return { path: folder, reason: (error as Error).message, remedy: TO_MOUNT };
    }
    const trace = new DropTrace(folder);
    try {
      writeFileSync(join(folder, EVENT, "filter"), filter.value);
      writeFileSync(join(folder, EVENT, "enable"), "1");
      return { value: trace };
    } catch (error) {
      trace.stop();
      return { path: folder, reason: (error as Error).message, remedy: TO_MOUNT };
    }
  }

  /** Returns what was dropped so far, the most frequent first. */
  drops(): Reading<readonly KernelDrop[]> {
    const path = join(this.#folder, "trace");
    return parsed(path, this.#files.read(path), dropsOf);
  }

  /** Ends the trace, and removes what it has made. Returns the reason why it could not; undefined: it did. */
  stop(): Unread | undefined {
    process.off("exit", this.#onExit);
    return this.#remove();
  }

  #remove(): Unread | undefined {
    try {
      rmdirSync(this.#folder); // an instance is removed with all that is in it
      return undefined;
    } catch (error) {
      return { path: this.#folder, reason: `it could not be removed (${(error as Error).message})`, remedy: `rmdir ${this.#folder}` };
    }
  }
}

let count = 0; // several traces of one process have instances of their own

/**
 * Returns the filter for the reasons. Their numbers change from kernel to kernel: the format of the event has them.
 *
 * @throws FormError
 */
export function filterOf(format: string, family: 4 | 6): string {
  const numbers = [...format.matchAll(/\{ (\d+), "(\w+)" \}/g)].flatMap(([, number, name]) => (REASONS.includes(name!) ? [number] : []));
  if (numbers.length === 0) throw new FormError("it names none of the reasons that are looked for");
  return `protocol == ${ETHERTYPES[family]} && (${numbers.map((number) => `reason == ${number}`).join(" || ")})`;
}

/** Returns what the lines of a trace say, the most frequent first. Lines that are no event of it are left out. */
export function dropsOf(trace: string): KernelDrop[] {
  const counts = new Map<string, number>();
  for (const [, place, reason] of trace.matchAll(/ location=([\w.]+)\S* reason: (\w+)$/gm)) {
    const key = `${reason} ${place}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const drops = [...counts].map(([key, number]) => {
    const [reason, place] = key.split(" ") as [string, string];
    return { reason, place, count: number };
  });
  return drops.sort((a, b) => b.count - a.count);
}
