import type { IncomingMessage, ServerResponse } from "node:http";
import type { Monitor } from "../monitor.js";
import { isPageFile, pageFile } from "../page-files.js";
import { type Access, accessOf } from "./access.js";
import { EventStreams, eventFrame, type StreamStatistics } from "./event-streams.js";
import { type MonitorPageOptions, type ResolvedPageOptions, resolvePageOptions } from "./page-options.js";

/** Headers of every answer. The page runs its own script, and reaches nothing but its own server. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer", // the address has a secret
  "cache-control": "no-store",
};

const STREAM = "events";
const STREAM_TYPE = "text/event-stream; charset=utf-8";

/**
 * Serves a monitor as a page and a stream of server-sent events.
 *
 * Theory of operation: the monitor takes samples while there are clients. Each sample becomes text once, whatever their number. A new client
 * gets the past, then what all get.
 */
export class MonitorPage {
  /** Listener for the event `request` of a server of `node:http`. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void = (request, response) => this.#answer(request, response);
  readonly #monitor: Monitor;
  readonly #options: ResolvedPageOptions;
  readonly #streams: EventStreams;
  #stopWatching: (() => void) | undefined;
  #isClosed = false;

  /** @throws InvalidArgumentError for each option that is unknown or wrong; `operation` is in its message. */
  constructor(operation: string, monitor: Monitor, options?: MonitorPageOptions) {
    this.#monitor = monitor;
    this.#options = resolvePageOptions(operation, options);
    this.#streams = new EventStreams(this.#options.maxClients, () => this.#clientsChanged());
  }

  /** Returns the counters of its clients as they are now. */
  statistics(): StreamStatistics {
    return this.#streams.statistics();
  }

  /** Ends every stream and answers nothing more than 503. A further call changes nothing. */
  close(): void {
    this.#isClosed = true;
    this.#streams.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => {}); // a client that is gone: `close` follows
    const access: Access = accessOf(request, this.#options.rules);
    if ("status" in access) refuse(response, access.status, access.reason);
    else if ("location" in access) send(response, 308, { location: access.location }, "");
    else if (this.#isClosed) refuse(response, 503, "The monitor has ended.");
    else if (access.name === STREAM) this.#openStream(request, response);
    else if (isPageFile(access.name)) sendFile(response, access.name);
    else refuse(response, 404, "There is no such page.");
  }

  #openStream(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === "HEAD") {
      send(response, 200, { "content-type": STREAM_TYPE }, "");
      return;
    }
    if (response.destroyed) return; // gone while code before this one took its time: its `close` has been, and would be waited for in vain
    const { intervalMs, title, history, latest } = this.#monitor;
    const frames = [
      eventFrame("history", { intervalMs, title, ...history }),
      ...(latest === undefined ? [] : [eventFrame("sample", latest)]),
    ];
    if (!this.#streams.open(response, { ...HEADERS, "content-type": STREAM_TYPE }, frames)) {
      refuse(response, 503, "Too many clients are watching already: close another page.");
      return;
    }
    request.socket.unref(); // somebody who watches does not keep the program alive
  }

  #clientsChanged(): void {
    const { clients } = this.#streams.statistics();
    if (clients > 0) {
      this.#stopWatching ??= this.#monitor.watch((sample) => this.#streams.send(eventFrame("sample", sample)));
      return;
    }
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }
}

function sendFile(response: ServerResponse, name: string): void {
  try {
    const { type, content } = pageFile(name);
    send(response, 200, { "content-type": type }, content);
  } catch (error) {
    refuse(response, 500, `A file of the page is missing: ${(error as Error).message}. Bundles must leave @groupcast/monitor external.`);
  }
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  const headers = { "content-type": "text/plain; charset=utf-8", ...(status === 405 && { allow: "GET, HEAD" }) };
  send(response, status, headers, `${reason}\n`);
}

function send(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): void {
  response.writeHead(status, { ...HEADERS, ...headers, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
