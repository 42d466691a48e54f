/**
 * The clients of a stream of server-sent events.
 *
 * A client that reads too slowly gets no further event before it has taken the last one, so that it costs the memory of one; after ten that it
 * missed, it is dropped. The browser connects again by itself, and then gets the past afresh.
 */
import type { ServerResponse } from "node:http";

/** Counters of the streams of a page. */
export interface StreamStatistics {
  /** Number of clients now. */
  readonly clients: number;
  /** Number of clients that were dropped because they did not read. */
  readonly dropped: number;
  /** Number of clients that were refused because there were too many. */
  readonly refused: number;
  /** Number of events that clients missed because they had not taken the one before. */
  readonly missed: number;
}

const MOST_MISSED = 10;
const RETRY_MS = 2000;

/** The part of a response that a stream needs. */
export type StreamResponse = Pick<ServerResponse, "write" | "writeHead" | "destroy" | "end" | "once" | "writableLength">;

interface Client {
  readonly response: StreamResponse;
  missed: number;
}

/** Returns an event as it travels. JSON has no line breaks, so that one `data` line holds it. */
export function eventFrame(name: string, value: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}

/** The clients of one stream. */
export class EventStreams {
  readonly #maxClients: number;
  readonly #changed: () => void;
  readonly #clients = new Set<Client>();
  #dropped = 0;
  #refused = 0;
  #missed = 0;

  /** @param changed - Is called when a client has come or gone. */
  constructor(maxClients: number, changed: () => void) {
    this.#maxClients = maxClients;
    this.#changed = changed;
  }

  /** Returns the counters as they are now. */
  statistics(): StreamStatistics {
    return { clients: this.#clients.size, dropped: this.#dropped, refused: this.#refused, missed: this.#missed };
  }

  /** Takes a client and sends it `frames`; returns false if there are too many, and leaves it alone then. */
  open(response: StreamResponse, headers: Readonly<Record<string, string>>, frames: readonly string[]): boolean {
    if (this.#clients.size >= this.#maxClients) {
      this.#refused++;
      return false;
    }
    response.writeHead(200, headers); // throws if somebody else has answered
    const client: Client = { response, missed: 0 };
    this.#clients.add(client);
    response.once("close", () => {
      if (this.#clients.delete(client)) this.#changed();
    });
    response.write(`retry: ${RETRY_MS}\n\n${frames.join("")}`);
    this.#changed();
    return true;
  }

  /** Sends an event to each client that has taken the one before. */
  send(frame: string): void {
    for (const client of this.#clients) {
      if (client.response.writableLength === 0) {
        client.missed = 0;
        client.response.write(frame);
      } else this.#miss(client);
    }
  }

  /** Ends every stream. */
  close(): void {
    const clients = [...this.#clients];
    this.#clients.clear();
    for (const { response } of clients) response.destroy();
    if (clients.length > 0) this.#changed();
  }

  #miss(client: Client): void {
    this.#missed++;
    client.missed++;
    if (client.missed <= MOST_MISSED) return;
    this.#dropped++;
    this.#clients.delete(client);
    client.response.destroy();
    this.#changed();
  }
}
