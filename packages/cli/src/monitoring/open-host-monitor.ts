import { hostname } from "node:os";
import type { HostFiles } from "@groupcast/diagnosis";
import { ChannelSource, HostSource, Monitor, type MonitoredNode, type MonitorSource } from "@groupcast/monitor";
import type { NetworkInterface, Reactor } from "groupcast";
import type { ListenTarget } from "../listening/listen-target.js";
import { ListenedGroups } from "./listened-groups.js";

/** Plan of {@link openHostMonitor}. */
export interface HostMonitorPlan {
  /** Destinations to listen to. Default: none; the kernel's counters alone. */
  readonly targets?: readonly ListenTarget[] | undefined;
  /** Interface to join their groups on, and the only one to show. Default: all. */
  readonly interface?: NetworkInterface | undefined;
  /** IP literals of the only senders to let in. Default: any sender. */
  readonly sources?: readonly string[] | undefined;
  /** Size of each kernel receive buffer to ask for, in bytes. Default: the kernel's. */
  readonly receiveBufferBytes?: number | undefined;
  /** Nodes of channels, of which those that they know are shown. Default: none. */
  readonly nodes?: readonly MonitoredNode[] | undefined;
  /** Port number of the channels' network, whose relays on this host are shown. Default: none are. */
  readonly channelPort?: number | undefined;
  /** Time between two samples, in milliseconds, 100 or more. Default: 1,000. */
  readonly intervalMs?: number | undefined;
  /** Files that Linux tells about itself in. Default: those of this host. */
  readonly files?: HostFiles | undefined;
}

/** A monitor of this host, and what it has opened. */
export interface HostMonitor {
  /** The monitor; it takes samples while somebody watches. */
  readonly monitor: Monitor;
  /** Closes the ports that it listens with. */
  close(): void;
}

/**
 * Opens a monitor of this host: ports of other programs, groups and interfaces by what Linux tells, and the destinations of the plan by listening to them.
 *
 * Other programs may have the same ports: they keep their datagrams.
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
