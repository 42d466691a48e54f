import { hostname } from "node:os";
import type { HostFiles } from "@groupcast/diagnosis";
import { ChannelSource, HostSource, Monitor, type MonitoredNode, type MonitorSource } from "@groupcast/monitor";
import type { NetworkInterface, Reactor } from "groupcast";
import type { ListenTarget } from "../listening/listen-target.js";
import { ListenedGroups } from "./listened-groups.js";

/** Plan of {@link openHostMonitor}. */
export interface HostMonitorPlan {
  /** Destinations to listen to. Default: none; only the kernel's counters. */
  readonly targets?: readonly ListenTarget[] | undefined;
  /** Interface to join their groups on, and the only one to show. Default: all. */
  readonly interface?: NetworkInterface | undefined;
  /** IP literals of the only senders to receive from. Default: any sender. */
  readonly sources?: readonly string[] | undefined;
  /** Size of each kernel receive buffer to ask for, in bytes. Default: the kernel's. */
  readonly receiveBufferBytes?: number | undefined;
  /** Nodes of channels; the monitor shows the nodes that these know. Default: none. */
  readonly nodes?: readonly MonitoredNode[] | undefined;
  /** Port number of the channels' network, to show its relays on this host. Default: none. */
  readonly channelPort?: number | undefined;
  /** Time between two samples, in milliseconds, 100 or more. Default: 1,000. */
  readonly intervalMs?: number | undefined;
  /** Files in which Linux describes itself. Default: those of this host. */
  readonly files?: HostFiles | undefined;
}

/** A monitor of this host, with its open ports. */
export interface HostMonitor {
  /** The monitor; it takes samples while somebody watches. */
  readonly monitor: Monitor;
  /** Closes the ports that it listens with. */
  close(): void;
}

/**
 * Opens a monitor of this host: it reads ports of other programs, groups and interfaces from Linux, and listens to the destinations of the
 * plan.
 *
 * Other programs may have the same ports: they still receive their datagrams.
 *
 * @throws what `listenMulticast` and `joinGroup` throw. @throws InvalidArgumentError: intervalMs. Nothing is open then.
 */
export function openHostMonitor(reactor: Reactor, plan: HostMonitorPlan = {}): HostMonitor {
  const { targets = [], nodes = [], channelPort, interface: at, intervalMs, files } = plan;
  const { clock, network } = reactor;
  const listened = targets.length === 0 ? undefined : new ListenedGroups(reactor, targets, plan);
  const sources: readonly MonitorSource[] = [
    new HostSource({ network, clock, files, interface: at?.name, channelPort, hiddenPid: process.pid }),
    ...(listened === undefined ? [] : [listened]),
    ...(nodes.length === 0 ? [] : [new ChannelSource({ nodes, isHidden: true })]),
  ];
  const close = () => listened?.close();
  try {
    return { monitor: new Monitor({ title: hostname(), sources, clock, intervalMs }), close };
  } catch (error) {
    close();
    throw error;
  }
}
