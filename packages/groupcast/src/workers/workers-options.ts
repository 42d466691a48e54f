/** Options of `startWorkers()`, checked. */
import {
  BASE_ERRORS,
  checkBoolean,
  checkInteger,
  checkOptions,
  checkSignal,
  InvalidArgumentError,
  outOfRange,
  wrongType,
} from "@groupcast/base";
import type { ListenOptions, Steering } from "@groupcast/reactor";

const OPERATION = "startWorkers";
const MAX_WORKERS = 1024;
const MAX_WAIT_MS = 2_147_483_647; // longest time of a timer of Node

/** Rule of `steering` without its number of ports, which is that of the workers. */
export type WorkerSteering = Steering extends infer Rule ? (Rule extends Steering ? Omit<Rule, "ports"> : never) : never;

/** Options of the ports of workers. Each worker gets a copy. */
export type WorkerListenOptions = Omit<ListenOptions, "signal" | "reusePort" | "reuseAddress" | "steering">;

/** Options of `startWorkers()`. */
export interface WorkersOptions {
  /**
   * URL or absolute path of the module that each worker imports. Its default export is the protocol: a class, which is constructed with the
   * {@link WorkerSeat}; a function that is called with it, and returns a protocol or a promise of one; or an object.
   */
  readonly module: string | URL;
  /** Port number that the workers share, 0 … 65,535; 0: any free one. */
  readonly port: number;
  /** Number of workers, 1 … 1,024. Default: `availableParallelism()` of node:os. */
  readonly workers?: number | undefined;
  /** Rule by which datagrams are spread over the workers. Default: by flow. */
  readonly steering?: WorkerSteering | undefined;
  /** Options of the ports. `reusePort` is always on. */
  readonly listen?: WorkerListenOptions | undefined;
  /** Value that each worker gets a copy of, by the structured clone algorithm. */
  readonly data?: NonNullable<unknown> | null | undefined;
  /** Whether a worker that dies is replaced. Default: true. */
  readonly restart?: boolean | undefined;
  /** Milliseconds until the first restart of a worker. They double with each death until it lived for `maxRestartMs`. Default: 100. */
  readonly minRestartMs?: number | undefined;
  /** Longest time until a restart, in milliseconds, `minRestartMs` or more. Default: 10,000. */
  readonly maxRestartMs?: number | undefined;
  /** Milliseconds that a worker has to load its module and listen, 1 or more. Default: 30,000. */
  readonly startTimeoutMs?: number | undefined;
  /** Milliseconds that a worker has to stop its port and end; after that it is terminated. Default: 5,000. */
  readonly stopTimeoutMs?: number | undefined;
  /** Stops the workers when it aborts; if it is aborted already, startWorkers() rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options after checks and defaults. */
export interface ResolvedWorkersOptions {
  readonly module: string;
  readonly port: number;
  readonly workers: number;
  readonly listen: ListenOptions;
  readonly data: unknown;
  readonly restart: boolean;
  readonly minRestartMs: number;
  readonly maxRestartMs: number;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const NAMES: readonly (keyof WorkersOptions)[] = [
  "module",
  "port",
  "workers",
  "steering",
  "listen",
  "data",
  "restart",
  "minRestartMs",
  "maxRestartMs",
  "startTimeoutMs",
  "stopTimeoutMs",
  "signal",
];

const LISTEN_NAMES: readonly (keyof WorkerListenOptions)[] = [
  "maxPacketSize",
  "receiveBufferBytes",
  "sendBufferBytes",
  "trafficClass",
  "unicastTTL",
  "receiveOffload",
  "maxBytesPerSecond",
  "busyPollUs",
  "arrival",
  "interface",
  "ipv6Only",
  "bindToInterface",
];

const ELSEWHERE: Readonly<Record<string, string>> = {
  signal: "pass it as option signal of startWorkers()",
  steering: "pass it as option steering of startWorkers(), without ports",
  reusePort: "leave it out, because workers always share their port by it",
  reuseAddress: "leave it out, because workers share their port by reusePort",
};

/** Checks the options and adds the defaults. @throws InvalidArgumentError. */
export function resolveWorkersOptions(given: WorkersOptions): ResolvedWorkersOptions {
  if (given === undefined) throw wrongType(OPERATION, "options", given, "an object with module and port");
  const options = checkOptions<WorkersOptions>(OPERATION, given, NAMES);
  const { module, port, signal } = options;
  const workers = integer("workers", options.workers ?? availableParallelism(), 1, MAX_WORKERS);
  const minRestartMs = integer("minRestartMs", options.minRestartMs ?? 100, 1, MAX_WAIT_MS);
  if (signal !== undefined) checkSignal(OPERATION, signal);
  return {
    module: checkModule(module),
    port: integer("port", port, 0, 65_535),
    workers,
    listen: listenOptions(options, workers),
    data: checkCloneable("data", options.data),
    restart: checkBoolean(OPERATION, "restart", options.restart ?? true),
    minRestartMs,
    maxRestartMs: integer("maxRestartMs", options.maxRestartMs ?? Math.max(10_000, minRestartMs), minRestartMs, MAX_WAIT_MS),
    startTimeoutMs: integer("startTimeoutMs", options.startTimeoutMs ?? 30_000, 1, MAX_WAIT_MS),
    stopTimeoutMs: integer("stopTimeoutMs", options.stopTimeoutMs ?? 5000, 1, MAX_WAIT_MS),
    signal,
  };
}

function integer(argument: keyof WorkersOptions, value: unknown, min: number, max: number): number {
  return checkInteger(OPERATION, argument, value, [min, max]);
}

function availableParallelism(): number {
  return Math.min(MAX_WORKERS, process.getBuiltinModule("node:os").availableParallelism());
}

/** The values are checked by each worker's `listenUDP()`. */
function listenOptions({ listen, steering }: Partial<WorkersOptions>, ports: number): ListenOptions {
  const options = checkCloneable("listen", checkOptions<WorkerListenOptions>(OPERATION, listen, LISTEN_NAMES, ELSEWHERE));
  if (steering === undefined) return { ...options, reusePort: true };
  if (typeof steering !== "object" || steering === null) {
    throw wrongType(OPERATION, "steering", steering, 'an object such as { by: "source" }');
  }
  if ("ports" in steering) {
    const wrong = { operation: OPERATION, argument: "option", value: "ports", advice: "leave it out, because it is the number of workers" };
    throw new InvalidArgumentError(BASE_ERRORS.ERR_OPTION_UNKNOWN, wrong);
  }
  return { ...options, reusePort: true, steering: checkCloneable("steering", { ...(steering as object), ports } as Steering) };
}

function checkModule(value: unknown): string {
  const expected = 'a URL or an absolute path: new URL("./worker.js", import.meta.url)';
  if (value instanceof URL) return value.href;
  if (typeof value !== "string") throw wrongType(OPERATION, "module", value, expected);
  if (/^(?:file|data):/.test(value)) return value;
  const { isAbsolute } = process.getBuiltinModule("node:path");
  if (!isAbsolute(value)) throw outOfRange(OPERATION, "module", value, expected);
  return process.getBuiltinModule("node:url").pathToFileURL(value).href;
}

function checkCloneable<T>(argument: string, value: T): T {
  try {
    return structuredClone(value);
  } catch {
    throw wrongType(OPERATION, argument, value, "a value that can be copied to another thread (structuredClone)");
  }
}
