/** The API of `node:dgram` as of Node 26, for programs that compile against older declarations. */
import type * as dgram from "node:dgram";
import type EventEmitter from "node:events";
import type { AddressInfo, BlockList } from "node:net";

/** Type of a socket: `"udp4"` or `"udp6"`. */
export type SocketType = dgram.SocketType;

/** Sender and size of a message. */
export type RemoteInfo = dgram.RemoteInfo;

/** Options of `socket.bind`. */
export type BindOptions = dgram.BindOptions;

/** Listener of `message` events. */
export type MessageListener = NonNullable<Parameters<typeof dgram.createSocket>[1]>;

/** Options of {@link createSocket}, as `node:dgram` documents them. */
export interface SocketOptions extends dgram.SocketOptions {
  /** Whether to share the port number (`SO_REUSEPORT`): the kernel spreads unicast over the sockets. Default: false. */
  reusePort?: boolean | undefined;
  /** Senders whose messages the socket drops. */
  receiveBlockList?: BlockList | undefined;
  /** Destinations for which sending fails with `ERR_IP_BLOCKED`. */
  sendBlockList?: BlockList | undefined;
}

/** Options of `socket.bindSync`. */
export interface BindSyncOptions {
  /** Port number. Default 0: any free one. */
  port?: number | undefined;
  /** IP literal of the local address. Default: every address of the socket's family. */
  address?: string | undefined;
}

/** A UDP socket, as `node:dgram` documents it. */
export interface DatagramSocket extends dgram.Socket {
  /** Binds before it returns, and returns the local address; throws what `bind` would emit. */
  bindSync(options?: BindSyncOptions): AddressInfo;
  /** Connects before it returns; throws what `connect` would emit. */
  connectSync(port: number, address?: string): void;
}

/** Constructor of sockets. Programs can extend it, call it from constructors that inherit from it, and use it with `instanceof`. */
export interface SocketConstructor extends Omit<typeof dgram.Socket, "prototype"> {
  /** Makes a socket, as {@link createSocket} does. */
  new (type: SocketType | SocketOptions, listener?: MessageListener): DatagramSocket;
  /** Declared by `node:events`: a socket of `node:dgram` is an event emitter. */
  new (...options: ConstructorParameters<typeof EventEmitter>): DatagramSocket;
  /** Makes a socket of `this`, for constructors that inherit with `util.inherits`. */
  (this: object, type: SocketType | SocketOptions, listener?: MessageListener): void;
  /** Object that sockets inherit their methods from. */
  readonly prototype: DatagramSocket;
}
