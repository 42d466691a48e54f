import type { IncomingMessage, ServerResponse } from "node:http";
import { hostname } from "node:os";
import { checkOptions, checkString, wrongType } from "@groupcast/base";
import type { Reactor, TriggerId } from "@groupcast/reactor";
import { Monitor } from "../monitor.js";
import { ChannelSource, type MonitoredNode, type MonitoredRelay } from "../program/channel-source.js";
import { ReactorSource } from "../program/reactor-source.js";
import type { StreamStatistics } from "./event-streams.js";
import { MonitorPage } from "./monitor-page.js";
import { type MonitorPageOptions, PAGE_OPTIONS } from "./page-options.js";

/** Options of {@link monitorHandler}. */
export interface MonitorHandlerOptions extends MonitorPageOptions {
  /** Name of the program, as the page shows it. Default: the name of the host and the process id. */
  readonly title?: string | undefined;
  /** Time between two samples, in milliseconds, 100 or more. Default: 1,000. */
  readonly intervalMs?: number | undefined;
  /** Nodes of channels to show, with those that they know. Default: none. */
  readonly nodes?: readonly MonitoredNode[] | undefined;
  /** Relays of channels to show. Default: none. */
  readonly relays?: readonly MonitoredRelay[] | undefined;
}

/** Listener for the event `request` of a server of `node:http`, which serves the page of a reactor. */
export interface MonitorListener {
  /** Answers a request. */
  (request: IncomingMessage, response: ServerResponse): void;
  /** The monitor behind it: programs can use its samples, too. */
  readonly monitor: Monitor;
  /** Returns the counters of its clients as they are now. */
  statistics(): StreamStatistics;
  /** Ends every stream, so that the server can close. Further requests are answered with 503. */
  close(): void;
}

const OPERATION = "monitorHandler";
const KEYS = [...PAGE_OPTIONS, "title", "intervalMs", "nodes", "relays"] as const;

/**
 * Makes a request listener that serves a page about the ports of a reactor, as `groupcast monitor --web` does about a host.
 *
 * It takes samples while somebody watches. It keeps neither the process nor the reactor alive, and ends its streams when the reactor stops.
 * Without a token, everybody who reaches the server sees the page: put it behind your own authentication, or bind the server to loopback.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`, `ERR_OPTION_UNKNOWN`.
 */
export function monitorHandler(reactor: Reactor, options?: MonitorHandlerOptions): MonitorListener {
  if (typeof reactor?.listenUDP !== "function") throw wrongType(OPERATION, "reactor", reactor, "a Reactor");
  const {
    title = `${hostname()}, process ${process.pid}`,
    intervalMs,
    nodes = [],
    relays = [],
    ...page
  } = checkOptions(OPERATION, options, KEYS);
  const sources = [
    new ReactorSource(reactor),
    new ChannelSource({
      nodes: checkEach(
        "nodes",
        nodes,
        "a ChannelNode",
        (node) => hasTexts(node, "session", "name") && Array.isArray(node.nodes) && Array.isArray(node.channels),
      ),
      relays: checkEach("relays", relays, "a ChannelRelay", (relay) => hasTexts(relay, "id") && typeof relay.statistics === "function"),
    }),
  ];
  const monitor = new Monitor({ title: checkString(OPERATION, "title", title), sources, clock: reactor.clock, intervalMs });
  const served = new MonitorPage(OPERATION, monitor, page);
  let trigger: TriggerId | undefined;
  const close = (): void => {
    served.close();
    if (trigger !== undefined && !reactor.hasStopped) reactor.removeSystemEventTrigger(trigger);
    trigger = undefined;
  };
  if (reactor.hasStopped) close();
  else trigger = reactor.addSystemEventTrigger("before", "shutdown", close);
  return Object.assign((request: IncomingMessage, response: ServerResponse) => served.listener(request, response), {
    monitor,
    statistics: () => served.statistics(),
    close,
  });
}

/** Returns whether members are text: samples become JSON, which not every value does. */
function hasTexts<T>(given: T | undefined, ...members: readonly (keyof T)[]): given is T {
  return members.every((member) => typeof given?.[member] === "string");
}

function checkEach<T>(argument: string, given: readonly T[], expected: string, is: (element: T) => boolean): readonly T[] {
  if (!Array.isArray(given)) throw wrongType(OPERATION, argument, given, `an array; each element is ${expected}`);
  const wrong = (given as readonly T[]).findIndex((element) => !is(element));
  if (wrong !== -1) throw wrongType(OPERATION, `${argument}[${wrong}]`, given[wrong], expected);
  return [...(given as readonly T[])];
}
