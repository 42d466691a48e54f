/**
 * The constructor of sockets, and their prototype.
 *
 * It is a function, not a class: programs extend it with `class`, inherit from it with `util.inherits` and call it, and ask with
 * `instanceof`.
 */
import { channel } from "node:diagnostics_channel";
import EventEmitter, { addAbortListener } from "node:events";
import { BlockList } from "node:net";
import type { Family } from "groupcast";
import { checkFunction, checkSignal, checkUint32 } from "./arguments/argument-checks.js";
import { errnoError, nodeError } from "./arguments/node-errors.js";
import type { MessageListener, SocketConstructor, SocketOptions } from "./dgram-api.js";
import { Delivery } from "./handle/delivery.js";
import { Handle } from "./handle/handle.js";
import { lookupFor } from "./handle/lookup.js";
import { bindMethods } from "./methods/bind-methods.js";
import { closeMethods } from "./methods/close-methods.js";
import { connectMethods } from "./methods/connect-methods.js";
import { optionMethods } from "./methods/option-methods.js";
import { sendMethods } from "./methods/send-methods.js";
import { type SocketState, STATE, type StatefulSocket } from "./socket-state.js";

const created = channel("udp.socket"); // Node's own channel
const FAMILIES: Readonly<Record<string, Family>> = { udp4: 4, udp6: 6 };

function constructSocket(this: StatefulSocket, type: unknown, listener?: MessageListener): void {
  (EventEmitter as unknown as (this: object) => void).call(this);
  const options = typeof type === "object" && type !== null ? (type as SocketOptions) : undefined;
  const kind = options === undefined ? type : options.type;
  const given: Partial<SocketOptions> = options ?? {};
  checkOptions(given);
  const family = typeof kind === "string" && Object.hasOwn(FAMILIES, kind) ? FAMILIES[kind] : undefined;
  if (family === undefined) throw nodeError("ERR_SOCKET_BAD_TYPE");
  Object.assign(this, { type: kind });
  if (typeof listener === "function") this.on("message", listener);
  this[STATE] = makeState(this, family, given);
  if (given.signal !== undefined) closeOnAbort(this, given.signal);
  if (created.hasSubscribers) created.publish({ socket: this });
}

Object.defineProperty(constructSocket, "name", { value: "Socket" });
Object.setPrototypeOf(constructSocket.prototype, EventEmitter.prototype);
Object.setPrototypeOf(constructSocket, EventEmitter);
Object.assign(constructSocket.prototype, bindMethods, connectMethods, sendMethods, closeMethods, optionMethods);

/** Constructor of sockets; extend it, or call {@link createSocket}. */
export const Socket: SocketConstructor = constructSocket as unknown as SocketConstructor;

function makeState(socket: StatefulSocket, family: Family, options: Partial<SocketOptions>): SocketState {
  const handle = new Handle(family, lookupFor(family, options.lookup), {
    received: (batch) => delivery.add(batch),
    failed: (errno) => delivery.addEvent(() => socket.emit("error", errnoError(errno, "recvmsg"))),
  });
  const delivery = new Delivery(socket, handle, options.receiveBlockList || undefined);
  return {
    handle,
    delivery,
    hasOwnLookup: options.lookup !== undefined,
    binding: "unbound",
    connection: "disconnected",
    queue: undefined,
    flags: { reuseAddr: Boolean(options.reuseAddr), reusePort: Boolean(options.reusePort), ipv6Only: Boolean(options.ipv6Only) },
    recvBufferSize: options.recvBufferSize,
    sendBufferSize: options.sendBufferSize,
    sendBlockList: options.sendBlockList || undefined,
  };
}

/** Checks options in Node's order. */
function checkOptions({ lookup, recvBufferSize, sendBufferSize, receiveBlockList, sendBlockList, signal }: Partial<SocketOptions>): void {
  if (recvBufferSize) checkUint32(recvBufferSize, "options.recvBufferSize");
  if (sendBufferSize) checkUint32(sendBufferSize, "options.sendBufferSize");
  if (receiveBlockList) checkBlockList(receiveBlockList, "options.receiveBlockList");
  if (sendBlockList) checkBlockList(sendBlockList, "options.sendBlockList");
  if (lookup !== undefined) checkFunction(lookup, "lookup");
  if (signal !== undefined) checkSignal(signal, "options.signal");
}

function checkBlockList(value: unknown, name: string): void {
  if (!(value instanceof BlockList)) throw nodeError("ERR_INVALID_ARG_TYPE", name, "an net.BlockList", value);
}

function closeOnAbort(socket: StatefulSocket, signal: AbortSignal): void {
  const close = (): void => {
    if (socket[STATE].handle !== null) socket.close();
  };
  if (signal.aborted) {
    close();
    return;
  }
  const listening = addAbortListener(signal, close);
  socket.once("close", () => listening[Symbol.dispose]());
}
