// Every method that users can call. A method that is missing here does not compile, so no test forgets one.
import type { DelayedCall, MulticastPort, Network, Reactor } from "@groupcast/reactor";

/** Names of the methods of `T`. */
type MethodOf<T> = { [K in keyof T & string]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T & string];

/** Method of a port → what it does once stopListening() was called: `throws` ERR_CLOSED, `rejects` with it, or `answers` still. */
const PORT = {
  write: "throws",
  writeSequence: "throws",
  send: "rejects",
  post: "throws",
  flush: "throws",
  cork: "throws",
  uncork: "throws",
  drained: "rejects",
  connect: "throws",
  disconnect: "throws",
  getHost: "answers",
  getPeer: "answers",
  setBroadcastAllowed: "throws",
  getBroadcastAllowed: "answers",
  setTrafficClass: "throws",
  getTrafficClass: "answers",
  setUnicastTTL: "throws",
  getUnicastTTL: "answers",
  setMaxBytesPerSecond: "throws",
  getMaxBytesPerSecond: "answers",
  setBindToInterface: "throws",
  getBindToInterface: "answers",
  setReceiveBufferBytes: "throws",
  getReceiveBufferBytes: "answers",
  setSendBufferBytes: "throws",
  getSendBufferBytes: "answers",
  pauseReading: "throws",
  resumeReading: "throws",
  statistics: "answers",
  stopListening: "answers",
  stopNow: "answers",
  ref: "answers",
  unref: "answers",
  joinGroup: "throws",
  leaveGroup: "throws",
  blockSource: "throws",
  unblockSource: "throws",
  setTTL: "throws",
  getTTL: "answers",
  setLoopbackMode: "throws",
  getLoopbackMode: "answers",
  setOutgoingInterface: "throws",
  getOutgoingInterface: "answers",
  on: "answers",
  once: "answers",
  off: "answers",
  removeListener: "answers",
  toString: "answers",
} as const satisfies Record<MethodOf<MulticastPort>, "throws" | "rejects" | "answers">;

/** Method of a reactor → how a property can call it: at `once`, or with `care` of what it starts or ends. */
const REACTOR = {
  listenUDP: "once",
  listenMulticast: "once",
  connectUDP: "once",
  adoptDatagramPort: "once",
  callLater: "once",
  deferLater: "care",
  getDelayedCalls: "once",
  fireSystemEvent: "care",
  callWhenRunning: "once",
  addSystemEventTrigger: "once",
  removeSystemEventTrigger: "once",
  resolve: "once",
  run: "care",
  stop: "care",
  on: "once",
  once: "once",
  off: "once",
  removeListener: "once",
} as const satisfies Record<MethodOf<Reactor>, "once" | "care">;

type NetworkMethod = Exclude<MethodOf<Network>, "routeFor" | "watch" | "current" | "select" | "stopWatching">; // these are the reactor's

const NETWORK = {
  interfaces: true,
  getInterfaceIPs: true,
  getDefaultGatewayInterface: true,
  getDefaultGatewayInterfaceIP: true,
  routeTo: true,
  on: true,
  once: true,
  off: true,
  removeListener: true,
} as const satisfies Record<NetworkMethod, true>;

const DELAYED_CALL = { active: true, cancel: true, delay: true, getTime: true, reset: true } as const satisfies Record<
  MethodOf<DelayedCall>,
  true
>;

export type PortMethod = keyof typeof PORT;
export type ReactorMethod = keyof typeof REACTOR;

/** Every method of a port. */
export const PORT_METHODS: readonly PortMethod[] = Object.keys(PORT) as PortMethod[];
/** Methods of a port that a closed one refuses. */
export const METHODS_OF_OPEN_PORTS: readonly PortMethod[] = PORT_METHODS.filter((method) => PORT[method] === "throws");
/** Methods of a port that reject on a closed one. */
export const PROMISING_METHODS_OF_OPEN_PORTS: readonly PortMethod[] = PORT_METHODS.filter((method) => PORT[method] === "rejects");
/** Methods of a port that answer for ever. */
export const METHODS_OF_ALL_PORTS: readonly PortMethod[] = PORT_METHODS.filter((method) => PORT[method] === "answers");
/** Methods of a reactor but run() and stop(). */
export const REACTOR_METHODS: readonly ReactorMethod[] = (Object.keys(REACTOR) as ReactorMethod[]).filter((m) => REACTOR[m] === "once");
export const NETWORK_METHODS: readonly (keyof typeof NETWORK)[] = Object.keys(NETWORK) as (keyof typeof NETWORK)[];
export const DELAYED_CALL_METHODS: readonly (keyof typeof DELAYED_CALL)[] = Object.keys(DELAYED_CALL) as (keyof typeof DELAYED_CALL)[];
