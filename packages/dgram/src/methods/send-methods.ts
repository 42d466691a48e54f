import { checkNumber, checkString } from "../arguments/argument-checks.js";
import { hostPortError } from "../arguments/node-errors.js";
import { type Outgoing, toAddress, toPeer } from "../arguments/outgoing.js";
import { LOOPBACK } from "../handle/lookup.js";
import type { Report } from "../handle/sender.js";
import { openState, type SocketState, STATE, type StatefulSocket } from "../socket-state.js";
import { blockedError } from "./block-list.js";
import { callWhenBound } from "./call-queue.js";

/** Methods of a socket that send. */
export const sendMethods = {
  // biome-ignore lint/complexity/useMaxParams: the parameters are Node's
  sendto(this: StatefulSocket, data: unknown, offset: unknown, length: unknown, port: unknown, address: unknown, callback: unknown): void {
    checkNumber(offset, "offset");
    checkNumber(length, "length");
    checkNumber(port, "port");
    checkString(address, "address");
    (this.send as (...args: unknown[]) => void)(data, offset, length, port, address, callback);
  },

  // biome-ignore lint/complexity/useMaxParams: the parameters are Node's
  send(this: StatefulSocket, data: unknown, offset: unknown, length: unknown, port: unknown, address: unknown, callback: unknown): void {
    const read = this[STATE].connection === "connected" ? toPeer : toAddress;
    const outgoing = read(data, [offset, length, port, address, callback]);
    const state = openState(this);
    if (state.binding === "unbound") this.bind({ port: 0, exclusive: true }, null as never);
    if (state.binding !== "bound")
      callWhenBound(this, () => this.send(outgoing.payload, outgoing.port, outgoing.address, outgoing.callback));
    else if (read === toPeer) dispatch(this, outgoing);
    else lookUpAndDispatch(this, outgoing);
  },
};

function lookUpAndDispatch(socket: StatefulSocket, outgoing: Outgoing): void {
  const { payload, port, address, callback } = outgoing;
  const state = socket[STATE];
  const literal = literalOf(state, address);
  if (literal !== undefined) {
    if (callback === undefined) state.handle!.write(payload, port, literal);
    else process.nextTick(looksUpNothing, socket, outgoing, state.handle!.post(payload, port, literal));
    return;
  }
  state.handle!.lookup(address, (error, ip) => {
    if (error === null || error === undefined) dispatch(socket, outgoing, ip);
    else if (callback !== undefined) process.nextTick(callback, error);
    else process.nextTick(() => socket.emit("error", error));
  });
}

/** Sends to `ip`, or to the peer. */
function dispatch(socket: StatefulSocket, outgoing: Outgoing, ip?: string): void {
  const { payload, port, callback } = outgoing;
  const { handle, sendBlockList } = socket[STATE];
  if (handle === null) return; // closed meanwhile
  const blocked = blockedError(sendBlockList, ip);
  if (blocked !== undefined) {
    if (callback !== undefined) process.nextTick(callback, blocked);
  } else if (callback === undefined) handle.write(payload, port, ip);
  else process.nextTick(reportTo, outgoing, handle.post(payload, port, ip));
}

/** Returns the IP literal that a datagram can be sent to at once: the address needs no look-up, and the program has no say. */
function literalOf({ handle, hasOwnLookup, sendBlockList, connection }: SocketState, address: string | undefined): string | undefined {
  if (hasOwnLookup || sendBlockList !== undefined || connection !== "disconnected" || handle!.isCompatible) return undefined;
  const meant = address || LOOPBACK[handle!.family];
  return handle!.isLiteral(meant) ? meant : undefined;
}

/**
 * Takes the tick that a look-up takes in Node, so that callbacks keep their order; none is called on a socket that was closed meanwhile.
 */
function looksUpNothing(socket: StatefulSocket, outgoing: Outgoing, report: Report): void {
  if (socket[STATE].handle !== null) process.nextTick(reportTo, outgoing, report);
}

function reportTo({ payload, port, address, callback }: Outgoing, report: Report): void {
  report((errno) => {
    if (errno < 0) callback!(hostPortError(errno, "send", address, port));
    else callback!(null, typeof payload === "string" ? Buffer.byteLength(payload) : payload.byteLength);
  });
}
