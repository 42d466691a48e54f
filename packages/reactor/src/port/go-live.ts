/** Makes a live port: opens its sockets, makes the pieces, starts the protocol. A step that fails closes all that was opened. */
import { formatEndpoint, isMulticast, withoutZone } from "@groupcast/backend";
import { Emitter, isAborted, throwIfAborted, whenAborted } from "@groupcast/base";
import { checkDetached, type Protocol } from "../datagram-protocol.js";
import { debugLog } from "../debug-log.js";
import { publish } from "../diagnostics.js";
import { Groups } from "../multicast/groups.js";
import { MembershipSockets } from "../multicast/membership-sockets.js";
import { Memberships } from "../multicast/memberships.js";
import { MulticastSender } from "../multicast/multicast-sender.js";
import { AwaitedInterfaces } from "../network/awaited-interfaces.js";
import { PORT_EVENTS } from "../port-events.js";
import { zeroStatistics } from "../port-statistics.js";
import { Inbox } from "../receiving/inbox.js";
import { Outbox } from "../sending/outbox.js";
import type { Destination, PortEvents } from "../transport.js";
import { nameOf } from "./check-protocol.js";
import { applyOptions, type OptionTarget } from "./listen-options.js";
import { isSourceAddress } from "./local-address.js";
import { Port } from "./port.js";
import type { PortContext } from "./port-context.js";
import { PortSettings } from "./port-settings.js";
import { type Opening, openPortSockets } from "./port-sockets.js";
import { PortWires } from "./port-wires.js";

/**
 * Opens a port, applies its options, connects it to `peer`, and makes it live.
 *
 * @throws The reason of the signal, and any error of these steps or of startProtocol; nothing is left open then. A port whose
 * protocol has started stops as by stopListening.
 */
export function goLive(context: PortContext, protocol: Protocol, opening: Opening, peer?: Destination): Port {
  const { operation, options } = opening;
  const { signal } = options;
  throwIfAborted(signal);
  const { port, target, outbox } = makePort(context, protocol, opening);
  port.start(() => {
    applyOptions(target, operation, options);
    if (peer !== undefined) outbox.connect(peer.address, peer.port, operation);
  });
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  debugLog("%s: %s on %s with %O", port, operation, formatEndpoint(port.getHost()), Object.fromEntries(given));
  queueMicrotask(() => publish("groupcast:port:listening", { port, operation }));
  try {
    target.settings.warnIfCapped(`${port}`);
    context.idleProtocols.look(protocol, `${port}`);
    if (signal !== undefined) stopOnAbort(port, signal);
    return port;
  } catch (error) {
    void port.stopListening();
    throw error;
  }
}

/** A port that is not live yet, and the pieces that its options are applied to. */
interface Made {
  readonly port: Port;
  readonly target: OptionTarget;
  readonly outbox: Outbox;
}

function makePort(context: PortContext, protocol: Protocol, opening: Opening): Made {
  const logName = nameOf(protocol); // user code: before anything is open
  checkDetached(opening.operation, protocol); // which may have put the protocol on another port
  const wires = new PortWires();
  const statistics = zeroStatistics();
  const emitter = new Emitter<PortEvents>(PORT_EVENTS);
  emitter.listenerThrew = wires.listenerThrew;
  const inbox = new Inbox(protocol, statistics, opening.options.arrival, wires.protocolThrew);
  const { backend, network, clock } = context;
  const sockets = openPortSockets({ backend, network, inbox, statistics, observer: wires }, opening);
  try {
    const { socket } = sockets.main;
    const awaited = new AwaitedInterfaces(network, wires.warn);
    const { membershipChanged, outgoingChanged } = laterEvents(emitter);
    const hasSourceAddress = isSourceAddress(sockets.local.address);
    const sender = new MulticastSender({ backend, network, clock, socket, hasSourceAddress, awaited, outgoingChanged });
    if (opening.by === "adopt") sender.takeOver(opening.operation);
    const { bindToInterface = 0 } = opening.options;
    if (bindToInterface > 0) sender.boundToInterface(opening.operation, bindToInterface);
    const peer = opening.by === "adopt" ? socket.peerAddress() : undefined;
    const outbox = new Outbox({ context, socket, peer, sender, statistics, emitter, observer: wires });
    const memberships = new Memberships({
      backend,
      network,
      sender,
      sockets: new MembershipSockets(sockets),
      awaited,
      membershipChanged,
      report: wires.report,
    });
    const { family } = sockets;
    const host = withoutZone(sockets.local.address);
    const boundGroup = isMulticast(host) ? host : undefined;
    const groups = new Groups({ family, boundGroup, sender, memberships, sendWaiting: () => wires.sendWaiting(), report: wires.report });
    const settings = new PortSettings({
      ...context,
      sender,
      outbox,
      socket,
      sendWaiting: () => wires.sendWaiting(),
      setOnFurther: (name, value) => sockets.setOnFurther(name, value),
    });
    const port = new Port({ context, protocol, logName, statistics, emitter, inbox, sockets, outbox, groups, settings });
    wires.connect(port, outbox);
    observePort(port, emitter);
    return { port, target: { settings, groups }, outbox };
  } catch (error) {
    sockets.close();
    throw error;
  }
}

/**
 * Publishes what happens to `port`. Errors and failures to send are published where they are reported: a listener here would count as one
 * that heard them.
 */
function observePort(port: Port, emitter: Emitter<PortEvents>): void {
  emitter.on("membership", (change) => publish("groupcast:membership:change", { port, ...change }));
  emitter.on("outgoingInterface", (change) => debugLog("%s: outgoing interface %O", port, change));
  emitter.on("refused", (refusal) => debugLog("%s: refused %O", port, refusal));
  emitter.on("dropped", (drop) => debugLog("%s: dropped %O", port, drop));
  emitter.on("closed", () => publish("groupcast:port:closed", { port, statistics: port.statistics() }));
}

interface LaterEvents {
  readonly membershipChanged: PortEvents["membership"];
  readonly outgoingChanged: PortEvents["outgoingInterface"];
}

/**
 * Returns functions that emit events from a microtask: never from inside a call into the port. One microtask emits all that wait, in
 * order, since a program may join ten thousand groups in one turn.
 */
function laterEvents(emitter: Emitter<PortEvents>): LaterEvents {
  let waiting: (readonly ["membership" | "outgoingInterface", change: unknown])[] = [];
  const emitAll = (): void => {
    const events = waiting;
    waiting = [];
    for (const [event, change] of events) emitter.emit(event, change as never);
  };
  const add = (...event: (typeof waiting)[number]): void => {
    if (waiting.push(event) === 1) queueMicrotask(emitAll);
  };
  return { membershipChanged: (change) => add("membership", change), outgoingChanged: (change) => add("outgoingInterface", change) };
}

function stopOnAbort(port: Port, signal: AbortSignal): void {
  const stop = (): void => void port.stopListening();
  if (isAborted(signal)) stop(); // by startProtocol
  port.once("closed", whenAborted(signal, stop));
}
