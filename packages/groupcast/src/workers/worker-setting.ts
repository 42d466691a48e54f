/** Facts that a worker thread starts with, and messages between it and the thread that started it. */

import type { MessagePort } from "node:worker_threads";
import type { ListenOptions, SocketAddress } from "@groupcast/reactor";

/** Facts that a worker gets as `workerData`. */
export interface WorkerSetting {
  /** URL of the module that has `serveWorker()`. */
  readonly groupcast: string;
  /** URL of the user's module. */
  readonly module: string;
  /** Number of the worker, from 0. */
  readonly worker: number;
  /** Value for the user's module. */
  readonly data: unknown;
  /** Options of listening. */
  readonly options: ListenOptions;
  /** Channel to the thread that started it. */
  readonly channel: MessagePort;
  /** Memory of its counters. */
  readonly counters: SharedArrayBuffer;
}

/** Message to a worker. */
export type Order =
  | { readonly order: "listen"; readonly port: number }
  | { readonly order: "count"; readonly question: number }
  | { readonly order: "stop" };

/** Message from a worker. */
export type Report =
  | { readonly report: "loaded" }
  | { readonly report: "listening"; readonly local: SocketAddress }
  | { readonly report: "counted"; readonly question: number };
