import { lookup } from "node:dns";
import type { Family } from "@groupcast/backend";
import {
  checkOptions,
  checkSignal,
  checkString,
  ERRNO,
  InvalidArgumentError,
  outOfRange,
  SystemError,
  throwIfAborted,
  whenAborted,
} from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { checkFamily } from "./check-argument.js";
import { parseIP } from "./ip-literal.js";

/** Options of `reactor.resolve`. */
export interface ResolveOptions {
  /** IP version of the address. Default: the system's preference. */
  readonly family?: Family | undefined;
  /** Ends the wait when it aborts; the promise then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Function that resolves a host name to one IP literal. It rejects with an error that has a numeric `errno`, negative, libuv's sign. */
export type Resolver = (name: string, options: ResolveOptions) => Promise<string>;

/** Resolver of the system: getaddrinfo(3) by `dns.lookup`, with /etc/hosts, DNS and all other sources that the system is set up for. */
export const systemResolver: Resolver = (name, { family = 0 as 0 | Family }) =>
  new Promise((resolve, reject) => {
    lookup(name, { family }, (error, address) => (error === null ? resolve(address) : reject(error)));
  });

/** Resolves `name` with `resolver`; an IP literal comes back as it is. `reactor.resolve` documents the errors. */
export async function resolveName(resolver: Resolver, name: string, given?: ResolveOptions): Promise<string> {
  const operation = "resolve";
  const options = checkOptions(operation, given, ["family", "signal"]);
  const { family, signal } = options;
  checkFamily(operation, family);
  throwIfAborted(checkSignal(operation, signal));
  const literal = parseIP(checkString(operation, "name", name));
  if (literal === undefined) return await orAborted(signal, askResolver(resolver, checkName(operation, name), options));
  if (family === undefined || family === literal.family) return name;
  const expected = `an IPv${family} address or a name, since family is ${family}`;
  throw new InvalidArgumentError(REACTOR_ERRORS.ERR_FAMILY_MISMATCH, { operation, argument: "name", value: name, expected });
}

/** Refuses the empty name, which would resolve to no address at all (DEP0118). */
function checkName(operation: string, name: string): string {
  if (name !== "") return name;
  throw outOfRange(operation, "name", name, "a host name or an IP literal");
}

async function askResolver(resolver: Resolver, name: string, options: ResolveOptions): Promise<string> {
  try {
    return await resolver(name, options);
  } catch (cause) {
    throw new SystemError(REACTOR_ERRORS.ERR_RESOLVE, { operation: "resolve", errno: errnoOf(cause), address: name, cause });
  }
}

/** A resolver may reject with anything, a getter or a proxy that throws among them. */
function errnoOf(cause: unknown): number {
  try {
    const errno = (cause as { errno?: unknown } | null | undefined)?.errno;
    return typeof errno === "number" && errno < 0 ? errno : ERRNO.UNKNOWN;
  } catch {
    return ERRNO.UNKNOWN;
  }
}

/** Settles as `answer` does, or rejects as soon as `signal` aborts. Leaves no listener on the signal, which may outlive many look-ups. */
async function orAborted(signal: AbortSignal | undefined, answer: Promise<string>): Promise<string> {
  if (signal === undefined) return await answer;
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = whenAborted(signal, reject);
    throwIfAborted(signal); // the resolver aborted it before it returned
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    stop();
  }
}
