import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { checkInteger, checkOptions, wrongType } from "@groupcast/base";
import { Monitor } from "../monitor.js";
import type { StreamStatistics } from "./event-streams.js";
import { MonitorPage } from "./monitor-page.js";

/** Options of {@link serveMonitor}. */
export interface ServeMonitorOptions {
  /** Port number on loopback, 0 … 65,535; 0: any free one. Default: 0. */
  readonly port?: number | undefined;
  /** Number of clients that may watch at a time, 1 … 1,000. Default: 16. */
  readonly maxClients?: number | undefined;
}

/** A server of one page, on loopback. */
export interface MonitorServer {
  /** Address of the page. It contains the secret: everybody who knows the address sees the page. */
  readonly url: string;
  /** Returns the counters of its clients as they are now. */
  statistics(): StreamStatistics;
  /** Ends every connection. @returns A promise that resolves when the port is free. */
  close(): Promise<void>;
}

const OPERATION = "serveMonitor";
const LOOPBACK = "127.0.0.1";
const TOKEN_BYTES = 24; // 192 bits: nobody guesses it
const MOST_CONNECTIONS = 256;
const MAX_PORT = 65_535;
const REQUEST_MS = 10_000; // a request that takes longer to arrive comes from no browser
const CHECK_MS = 1000; // time between two searches for such requests, in place of half a minute: they take the places of browsers

/**
 * Serves a monitor on a loopback address with a secret in it. The server keeps the process alive until it is closed.
 *
 * @returns A promise of the server. Rejects with InvalidArgumentError, or with Node's error if the port is in use (`EADDRINUSE`).
 */
export async function serveMonitor(monitor: Monitor, options?: ServeMonitorOptions): Promise<MonitorServer> {
  if (!(monitor instanceof Monitor)) throw wrongType(OPERATION, "monitor", monitor, "a Monitor");
  const { port = 0, maxClients } = checkOptions(OPERATION, options, ["port", "maxClients"]);
  checkInteger(OPERATION, "port", port, [0, MAX_PORT]);
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const page = new MonitorPage(OPERATION, monitor, { token, maxClients });
  const limits = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, connectionsCheckingInterval: CHECK_MS };
  const server = createServer(limits, page.listener);
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, port);
  const { port: number } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${number}/${token}/`,
    statistics: () => page.statistics(),
    close: () => {
      page.close();
      return closed(server);
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve()); // its error is that it has been closed before
    server.closeAllConnections();
  });
}
