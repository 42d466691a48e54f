import { type Monitor, type MonitorServer, serveMonitor } from "@groupcast/monitor";
import type { Reactor } from "groupcast";
import { type Command, command, type Invocation, type Operand } from "../command/command.js";
import { existingInterface } from "../command/existing-interface.js";
import type { Exit } from "../command/exit-codes.js";
import { Refusal } from "../command/refusal.js";
import { UsageError } from "../command/usage-error.js";
import { durationMs, port } from "../command/words.js";
import { LISTEN_OPTIONS, TARGETS } from "../listening/listen-options.js";
import { formatTarget, isGroup, type ListenTarget, listenTargets } from "../listening/listen-target.js";
import { channelNetwork, lookAtChannels } from "./channel-network.js";
import { checkSight } from "./check-sight.js";
import { summaryLines } from "./monitor-text.js";
import { openHostMonitor } from "./open-host-monitor.js";
import { watchMonitor } from "./watch-monitor.js";

const INTERVALS_MS = [100, 3_600_000] as const;

const OPTIONS = {
  interface: { ...LISTEN_OPTIONS.interface, help: "interface to join groups on, and the only one to show (default: all)" },
  source: LISTEN_OPTIONS.source,
  network: {
    value: "NAME",
    read: channelNetwork,
    help: "network of channels whose nodes are shown: udp, udp:PORT or nats://HOST:PORT",
  },
  interval: { value: "TIME", read: durationMs, help: "time between samples, 100ms or more (default: 1s)" },
  duration: { short: "d", value: "TIME", read: durationMs, help: "stop after this time, such as 10s or 5m" },
  buffer: LISTEN_OPTIONS.buffer,
  web: { help: "serve a page for browsers on this host, and print its address" },
  port: { value: "PORT", read: port, help: "port of the page, with --web (default: any free one)" },
} as const;

const OPERAND: Operand = { ...TARGETS, help: `${TARGETS.help} (default: none; what the kernel counts)`, isOptional: true };

/** `groupcast monitor`. */
export const monitorCommand: Command = command({
  name: "monitor",
  summary: "Shows ports, groups, interfaces, nodes, rates and losses as they change.",
  operands: [OPERAND],
  options: OPTIONS,
  examples: {
    "groupcast monitor": "the UDP ports, groups and interfaces of this host",
    "groupcast monitor 239.1.2.3:5000 239.1.2.4:5000 -i eth0": "the same, and rate, gaps and losses of two groups",
    "groupcast monitor --network udp": "the same, and the nodes and channels on this network",
    "groupcast monitor --interval 10s >> udp.log": "a line every ten seconds",
    "groupcast monitor --web": "as a page with curves, a map and a timeline, for a browser on this host",
    "groupcast monitor --json --duration 1m | jq .totals": "for other programs",
  },
  notes: [
    "For each port, Linux counts waiting bytes and dropped datagrams, but no rates. For rates, name destinations: the monitor joins them and " +
      "listens alongside the programs that have them. A question mark marks a group that this port, or another one, may have joined.",
    "The page of --web is on 127.0.0.1, with a secret in its address. From another host, open a tunnel: ssh -L 8080:127.0.0.1:8080 HOST, with " +
      "--port 8080 there. With --web, no samples are printed.",
    "Without root, it shows no program for ports of other users.",
    '--json prints an object for each sample: type "sample", timeMs, intervalMs, totals, ports, listened, groups, interfaces, nodes, relays, ' +
      'curves, events, limits. The last object is type "monitored": samples, durationMs, highestPerSecond, received, lost, listened, drops, ' +
      'nodesSeen, events. With --web, it begins with type "page", url, in place of the samples. Exit code 1: nothing arrived at the named destinations.',
  ],
  run: runMonitor,
});

type MonitorInvocation = Invocation<typeof OPTIONS>;

async function runMonitor(invocation: MonitorInvocation): Promise<Exit> {
  const { operands, options, output, signal } = invocation;
  const targets = listenTargets(operands);
  checkInterval(options.interval);
  checkSources(options.source, targets);
  if (options.port !== undefined && !options.web) throw new UsageError("--port is for --web: add it, or leave --port out");
  const reactor = invocation.openReactor();
  const opened = await open(reactor, targets, invocation);
  try {
    const { monitor } = opened;
    checkSight(monitor.sample(), targets.length > 0 || options.network !== undefined);
    const page = options.web ? await openPage(monitor, invocation) : undefined;
    const plan = { clock: reactor.clock, durationMs: options.duration, signal, page };
    const summary = await watchMonitor(monitor, plan, output).finally(() => page?.close());
    output.result({ type: "monitored", ...summary }, summaryLines(summary));
    return targets.length > 0 && summary.received === 0 ? "negative" : "done";
  } finally {
    await opened.close();
  }
}

type Opened = { readonly monitor: Monitor; readonly close: () => Promise<void> };

async function open(reactor: Reactor, targets: readonly ListenTarget[], { options }: MonitorInvocation): Promise<Opened> {
  const { interface: selector, source, network, buffer, interval } = options;
  const at = selector === undefined ? undefined : existingInterface(reactor.network, selector);
  const looking = network === undefined ? undefined : await lookAtChannels(reactor, network, at);
  try {
    const { monitor, close } = openHostMonitor(reactor, {
      targets,
      interface: at,
      sources: source.length === 0 ? undefined : source,
      receiveBufferBytes: buffer,
      nodes: looking === undefined ? [] : [looking.node],
      channelPort: network?.kind === "udp" ? network.port : undefined,
      intervalMs: interval,
    });
    const closeAll = async (): Promise<void> => {
      close();
      await looking?.close();
    };
    return { monitor, close: closeAll };
  } catch (error) {
    await looking?.close();
    throw error;
  }
}

async function openPage(monitor: Monitor, { options, output }: MonitorInvocation): Promise<MonitorServer> {
  const page = await serveMonitor(monitor, { port: options.port }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Refusal(`another program has port ${options.port}: name another one with --port, or leave it out`, { cause: error });
  });
  output.result({ type: "page", url: page.url }, page.url);
  return page;
}

function checkSources(sources: readonly string[], targets: readonly ListenTarget[]): void {
  if (sources.length === 0) return;
  if (targets.length === 0) throw new UsageError("--source is for groups: name one");
  const other = targets.find((target) => !isGroup(target));
  if (other !== undefined) throw new UsageError(`--source is for groups, and ${formatTarget(other)} is not a group: leave it out`);
}

function checkInterval(intervalMs: number | undefined): void {
  const [min, max] = INTERVALS_MS;
  if (intervalMs !== undefined && (intervalMs < min || intervalMs > max)) throw new UsageError("--interval is from 100ms to 1h");
}
