import { isIP } from "node:net";
import { checkNumber, checkPort, checkString } from "./argument-checks.js";
import { blockedError } from "./block-list.js";
import { callWhenBound } from "./call-queue.js";
import { hostPortError, nodeError } from "./node-errors.js";
import { payloadOf, sliceOf } from "./payload.js";
import { openState, STATE, type StatefulSocket } from "./socket-state.js";

type Callback = (error: Error | null, bytes?: number) => void;

/** Methods of a socket that send. */
export const sendMethods = {
  sendto(this: StatefulSocket, data: unknown, offset: unknown, length: unknown, port: unknown, address: unknown, callback?: unknown): void {
    checkNumber(offset, "offset");
    checkNumber(length, "length");
    checkNumber(port, "port");
    checkString(address, "address");
    sendMethods.send.call(this, data, offset, length, port, address, callback);
  },

  send(
    this: StatefulSocket,
    data_: unknown,
    offset: unknown,
    length: unknown,
    port_?: unknown,
    address_?: unknown,
    callback_?: unknown,
  ): void {
    let [data, port, address, callback] = [data_, port_, address_, callback_];
    const isConnected = this[STATE].connection === "connected";
    if (isConnected) {
      if (typeof length === "number") {
        data = sliceOf(data, offset, length);
        if (typeof port === "function") [callback, port] = [port, null];
      } else callback = offset;
      if (port || address) throw nodeError("ERR_SOCKET_DGRAM_IS_CONNECTED");
    } else if (address || (port && typeof port !== "function")) data = sliceOf(data, offset, length);
    else [callback, port, address] = [port, offset, length];

    const payload = payloadOf(data);
    const number = isConnected ? 0 : checkPort(port, "Port", false);
    if (typeof address === "function") [callback, address] = [address, undefined];
    else if (address !== undefined && address !== null) checkString(address, "address");
    const state = openState(this);
    const sent = typeof callback === "function" ? (callback as Callback) : undefined;
    if (state.binding === "unbound") this.bind({ port: 0, exclusive: true }, null as never);
    if (state.binding !== "bound") callWhenBound(this, () => this.send(payload, number, address as string, sent));
    else if (isConnected) dispatch(this, { payload, port: 0, address: undefined, callback: sent });
    else lookUpAndDispatch(this, { payload, port: number, address: address as string | undefined, callback: sent });
  },
};

/** A datagram, as the program gave it. */
interface Outgoing {
  readonly payload: Uint8Array | string;
  readonly port: number;
  readonly address: string | undefined;
  readonly callback: Callback | undefined;
}

function lookUpAndDispatch(socket: StatefulSocket, outgoing: Outgoing): void {
  const { address, callback } = outgoing;
  const state = socket[STATE];
  const { handle } = state;
  if (callback === undefined && !state.hasOwnLookup && state.sendBlockList === undefined && isIP(address ?? "") === handle!.family) {
    handle!.write(outgoing.payload, outgoing.port, address);
    return;
  }
  state.lookup(address, (error, ip) => {
    if (error === null || error === undefined) dispatch(socket, outgoing, ip);
    else if (callback !== undefined) process.nextTick(callback, error);
    else process.nextTick(() => socket.emit("error", error));
  });
}

/** Sends to `ip`, or to the peer. */
function dispatch(socket: StatefulSocket, { payload, port, address, callback }: Outgoing, ip?: string): void {
  const { handle, sendBlockList } = socket[STATE];
  if (handle === null) return; // closed meanwhile
  const blocked = blockedError(sendBlockList, ip);
  if (blocked !== undefined) {
    if (callback !== undefined) process.nextTick(callback, blocked);
  } else if (callback === undefined) handle.write(payload, port, ip);
  else {
    const bytes = typeof payload === "string" ? Buffer.byteLength(payload) : payload.byteLength;
    handle.send(payload, port, ip, (errno) => {
      if (errno < 0) callback(hostPortError(errno, "send", address, port));
      else callback(null, bytes);
    });
  }
}
