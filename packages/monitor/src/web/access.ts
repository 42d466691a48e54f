/**
 * Decides which requests are answered.
 *
 * Every web page that a browser has open can send requests to loopback, and by DNS rebinding it can read the answers: its own name then leads to
 * 127.0.0.1, and stands in the header Host. So a Host that is not allowed is refused, and so is an Origin that is not the page's own (RFC 6454).
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Rules of access. */
export interface AccessRules {
  /** Path that everything is below: it starts with a slash, and ends without one; `""` is the root. */
  readonly prefix: string;
  /** Secret that follows the prefix in the path; undefined: none does. */
  readonly token: string | undefined;
  /** Names that the header Host may have, in lower case, without port. */
  readonly hosts: ReadonlySet<string>;
}

/** Parts of a request that access depends on. */
export interface AskedRequest {
  /** Method. */
  readonly method?: string | undefined;
  /** Target, as the request line has it. */
  readonly url?: string | undefined;
  /** The same, before a router took a prefix off: Express has it. */
  readonly originalUrl?: string | undefined;
  /** Headers. */
  readonly headers: IncomingHttpHeaders;
}

/** Answer to a request: something below the prefix and the token, the way to it, or a refusal. */
export type Access =
  | { readonly name: string }
  | { readonly location: string }
  | { readonly status: 400 | 403 | 404 | 405; readonly reason: string };

const METHODS = ["GET", "HEAD"];
const NOT_FOUND: Access = { status: 404, reason: "There is no such page." }; // also for a wrong token: it must not be told apart

/** Relative addresses of the page need the slash, and after a router that takes everything off, nobody knows what to put it behind. */
const NO_SLASH: Access = { status: 404, reason: "The address of this page ends with a slash." };

/** Returns what a request gets. */
export function accessOf({ method = "", url = "", originalUrl = url, headers }: AskedRequest, rules: AccessRules): Access {
  const host = headers.host ?? "";
  const name = hostName(host);
  if (name === undefined) return { status: 400, reason: "The Host header is missing or invalid." };
  if (!rules.hosts.has(name)) return { status: 403, reason: "This host name is not allowed here." };
  if (headers.origin !== undefined && !isOwnOrigin(headers.origin, host)) return { status: 403, reason: "Other origins are not served." };
  const below = restOf(pathOf(url), rules);
  if (below === undefined) return NOT_FOUND;
  if (!METHODS.includes(method)) return { status: 405, reason: "Only GET and HEAD are answered." };
  const asked = pathOf(originalUrl);
  const isPage = below === "" || below === "/";
  if (isPage && asked === "") return NO_SLASH;
  if (isPage && !asked.endsWith("/")) return { location: `./${asked.slice(asked.lastIndexOf("/") + 1)}/` };
  return { name: below.slice(1) };
}

function pathOf(url: string): string {
  return url.split("?", 1)[0]!;
}

/** Returns what follows the prefix and the token: nothing, or a slash and a name; undefined if they are not there. */
function restOf(path: string, { prefix, token }: AccessRules): string | undefined {
  if (!path.startsWith(prefix)) return undefined;
  const rest = path.slice(prefix.length);
  if (token === undefined) return rest === "" || rest.startsWith("/") ? rest : undefined;
  if (!rest.startsWith("/")) return undefined;
  const end = rest.indexOf("/", 1);
  const given = end === -1 ? rest.slice(1) : rest.slice(1, end);
  if (!isEqual(given, token)) return undefined;
  return end === -1 ? "" : rest.slice(end);
}

/** Compares in a time that tells nothing about either: hashes have one length, and no attacker chooses their bytes. */
function isEqual(given: string, secret: string): boolean {
  const [a, b] = [given, secret].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(a!, b!);
}

function hostName(host: string): string | undefined {
  const [, name] = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.exec(host) ?? [];
  return name?.toLowerCase();
}

/** A proxy may add TLS, so that the scheme is not known here. */
function isOwnOrigin(origin: string, host: string): boolean {
  const own = host.toLowerCase();
  return [`http://${own}`, `https://${own}`].includes(origin.toLowerCase());
}
