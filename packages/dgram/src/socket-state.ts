import type { BlockList } from "node:net";
import { nodeError } from "./arguments/node-errors.js";
import type { DatagramSocket } from "./dgram-api.js";
import type { Delivery } from "./handle/delivery.js";
import type { BindFlags, Handle } from "./handle/handle.js";

/** Key of a socket's state. A property, not a private field: constructors that inherit with `util.inherits` bring their own object. */
export const STATE: unique symbol = Symbol.for("groupcast.dgram.state") as never;

/** State of a socket between its methods. */
export interface SocketState {
  /** The socket below; null once closed. */
  handle: Handle | null;
  readonly delivery: Delivery;
  /** Whether addresses are looked up by the program's own function. */
  readonly hasOwnLookup: boolean;
  binding: "unbound" | "binding" | "bound";
  connection: "disconnected" | "connecting" | "connected";
  /** Calls that wait for the socket to be bound. */
  queue: (() => void)[] | undefined;
  readonly flags: BindFlags;
  readonly recvBufferSize: number | undefined;
  readonly sendBufferSize: number | undefined;
  readonly sendBlockList: BlockList | undefined;
}

/** A socket with its state. */
export type StatefulSocket = DatagramSocket & { readonly type: string; [STATE]: SocketState };

/** Returns the state of an open socket. @throws Error `ERR_SOCKET_DGRAM_NOT_RUNNING`. */
export function openState(socket: StatefulSocket): SocketState & { handle: Handle } {
  const state = socket[STATE];
  if (state.handle === null) throw nodeError("ERR_SOCKET_DGRAM_NOT_RUNNING");
  return state as SocketState & { handle: Handle };
}
