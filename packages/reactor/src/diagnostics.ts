/**
 * The channels of `node:diagnostics_channel` that ports publish on, and the lines of `NODE_DEBUG=groupcast`.
 *
 * Nobody listens most of the time, so a message is published only where its channel has subscribers, and nothing is published for a
 * single datagram that went well. Node guards subscribers: one that throws reaches neither the port nor the other subscribers, and
 * becomes an uncaught exception of the process. Messages are frozen, so that no subscriber can change what the next one sees.
 */
import { type Channel, channel } from "node:diagnostics_channel";
import type { SocketAddress } from "@groupcast/backend";
import type { SystemError } from "@groupcast/base";
import { debugLog, isDebugging } from "./debug-log.js";
import type { PortStatistics } from "./port-statistics.js";
import type { Membership } from "./transport.js";
import type { UDPPort } from "./udp-port.js";

/** Map of name → message of the channels of `node:diagnostics_channel` that ports publish on. Messages are frozen. */
export type DiagnosticMessages = {
  /** A port listens, and its protocol has started. */
  "groupcast:port:listening": {
    /** The port. */
    readonly port: UDPPort;
    /** Name of the method of the reactor that opened it. */
    readonly operation: string;
  };
  /** A port has closed; its last message. */
  "groupcast:port:closed": {
    /** The port, which answers `getHost()` and `statistics()` still. */
    readonly port: UDPPort;
    /** Its counters at the end. */
    readonly statistics: Readonly<PortStatistics>;
  };
  /** User code threw, or reading failed; the port continues. Published for each `error` event, with or without listeners. */
  "groupcast:port:error": {
    /** The port. */
    readonly port: UDPPort;
    /** The error. */
    readonly error: Error;
  };
  /** A membership was joined, lost, or waits for its interface. */
  "groupcast:membership:change": {
    /** The port. */
    readonly port: UDPPort;
    /** The membership in its new state. */
    readonly membership: Membership;
    /** Error with which the OS refused a later join. */
    readonly error?: SystemError;
  };
  /** A datagram that `write` accepted was not sent. */
  "groupcast:send:failed": {
    /** The port. */
    readonly port: UDPPort;
    /** Error of the OS. */
    readonly error: SystemError;
    /** Its destination; undefined where the OS did not say which datagram it was. */
    readonly to: SocketAddress | undefined;
  };
  /**
   * Datagrams were lost because the receive buffer was full. While the channel has subscribers the counters are read at each wake-up of a
   * port (one system call); without, only when `statistics()` is called and when the port closes.
   */
  "groupcast:receive:drops": {
    /** The port. */
    readonly port: UDPPort;
    /** Number lost in the kernel since the message before. */
    readonly kernelDrops: number;
    /** Number lost since the message before while reading was paused, on a backend that cannot leave them to the kernel (dgram). */
    readonly unreadDrops: number;
  };
};

type ChannelName = keyof DiagnosticMessages;

const CHANNELS: { readonly [Name in ChannelName]: Channel } = {
  "groupcast:port:listening": channel("groupcast:port:listening"),
  "groupcast:port:closed": channel("groupcast:port:closed"),
  "groupcast:port:error": channel("groupcast:port:error"),
  "groupcast:membership:change": channel("groupcast:membership:change"),
  "groupcast:send:failed": channel("groupcast:send:failed"),
  "groupcast:receive:drops": channel("groupcast:receive:drops"),
};

/** Returns whether somebody wants the messages of a channel, or their lines in the log. */
export function isObserved(name: ChannelName): boolean {
  return CHANNELS[name].hasSubscribers || isDebugging();
}

/** Publishes a message, and logs its facts if that is wanted. */
export function publish<Name extends ChannelName>(name: Name, message: DiagnosticMessages[Name]): void {
  if (CHANNELS[name].hasSubscribers) CHANNELS[name].publish(Object.freeze(message));
  if (!isDebugging()) return;
  const { port, ...facts } = message;
  debugLog("%s: %s %O", port, name.slice("groupcast:".length), facts);
}
