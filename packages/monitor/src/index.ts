export { HostSource, type HostSourceOptions } from "./host/host-source.js";
export { type HistoryEntry, Monitor, type MonitorHistory, type MonitorOptions } from "./monitor.js";
export {
  ChannelSource,
  type ChannelSourceOptions,
  type KnownNode,
  type MonitoredLane,
  type MonitoredNode,
  type MonitoredRelay,
  type MonitoredUsage,
} from "./program/channel-source.js";
export { ReactorSource } from "./program/reactor-source.js";
export { Rates } from "./rates.js";
export type {
  CurvePoint,
  EventKind,
  GroupSample,
  InterfaceSample,
  ListenedSample,
  MonitorEvent,
  MonitorSample,
  MonitorSource,
  NodeSample,
  PortSample,
  Readings,
  RelaySample,
  TotalSample,
} from "./sample.js";
export type { StreamStatistics } from "./web/event-streams.js";
export { type MonitorHandlerOptions, type MonitorListener, monitorHandler } from "./web/monitor-handler.js";
export type { MonitorPageOptions } from "./web/page-options.js";
export { type MonitorServer, type ServeMonitorOptions, serveMonitor } from "./web/serve-monitor.js";
