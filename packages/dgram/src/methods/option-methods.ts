import type { AddressInfo } from "node:net";
import { checkNumber, checkString } from "../arguments/argument-checks.js";
import { errnoError, nodeError } from "../arguments/node-errors.js";
import type { Errno } from "../handle/errno.js";
import { openState, STATE, type StatefulSocket } from "../socket-state.js";
import { bufferSize } from "./buffer-sizes.js";

/**
 * Methods of a socket that set and read its options, and its memberships. Those that do not call {@link openState} throw a plain TypeError
 * on a closed socket, as in Node: they use what is null then.
 */
export const optionMethods = {
  address(this: StatefulSocket): AddressInfo {
    const local = openState(this).handle.localAddress();
    if (typeof local === "number") throw errnoError(local, "getsockname");
    return local;
  },

  setBroadcast(this: StatefulSocket, flag: unknown): void {
    check(this[STATE].handle!.setBroadcast(Boolean(flag)), "setBroadcast");
  },

  setTTL(this: StatefulSocket, ttl: number): number {
    checkNumber(ttl, "ttl");
    check(this[STATE].handle!.setTTL(ttl), "setTTL");
    return ttl;
  },

  setMulticastTTL(this: StatefulSocket, ttl: number): number {
    checkNumber(ttl, "ttl");
    check(this[STATE].handle!.setMulticastTTL(ttl), "setMulticastTTL");
    return ttl;
  },

  setMulticastLoopback(this: StatefulSocket, flag: boolean): boolean {
    check(this[STATE].handle!.setMulticastLoopback(Boolean(flag)), "setMulticastLoopback");
    return flag;
  },

  setMulticastInterface(this: StatefulSocket, interfaceAddress: string): void {
    const { handle } = openState(this);
    check(handle.setMulticastInterface(checkString(interfaceAddress, "interfaceAddress")), "setMulticastInterface");
  },

  addMembership(this: StatefulSocket, multicastAddress: string, interfaceAddress?: string): void {
    const { handle } = openState(this);
    if (!multicastAddress) throw nodeError("ERR_MISSING_ARGS", "multicastAddress");
    check(handle.join(multicastAddress, interfaceAddress ?? undefined, undefined), "addMembership");
  },

  dropMembership(this: StatefulSocket, multicastAddress: string, interfaceAddress?: string): void {
    const { handle } = openState(this);
    if (!multicastAddress) throw nodeError("ERR_MISSING_ARGS", "multicastAddress");
    check(handle.leave(multicastAddress, interfaceAddress ?? undefined, undefined), "dropMembership");
  },

  addSourceSpecificMembership(this: StatefulSocket, sourceAddress: string, groupAddress: string, interfaceAddress: string): void {
    const { handle } = openState(this);
    checkString(sourceAddress, "sourceAddress");
    checkString(groupAddress, "groupAddress");
    check(handle.join(groupAddress, interfaceAddress ?? undefined, sourceAddress), "addSourceSpecificMembership");
  },

  dropSourceSpecificMembership(this: StatefulSocket, sourceAddress: string, groupAddress: string, interfaceAddress: string): void {
    const { handle } = openState(this);
    checkString(sourceAddress, "sourceAddress");
    checkString(groupAddress, "groupAddress");
    check(handle.leave(groupAddress, interfaceAddress ?? undefined, sourceAddress), "dropSourceSpecificMembership");
  },

  ref(this: StatefulSocket): StatefulSocket {
    this[STATE].handle?.ref();
    return this;
  },

  unref(this: StatefulSocket): StatefulSocket {
    this[STATE].handle?.unref();
    return this;
  },

  setRecvBufferSize(this: StatefulSocket, size: number): void {
    bufferSize(this[STATE].handle!, size, "uv_recv_buffer_size");
  },

  setSendBufferSize(this: StatefulSocket, size: number): void {
    bufferSize(this[STATE].handle!, size, "uv_send_buffer_size");
  },

  getRecvBufferSize(this: StatefulSocket): number {
    return bufferSize(this[STATE].handle!, 0, "uv_recv_buffer_size");
  },

  getSendBufferSize(this: StatefulSocket): number {
    return bufferSize(this[STATE].handle!, 0, "uv_send_buffer_size");
  },

  getSendQueueSize(this: StatefulSocket): number {
    return this[STATE].handle!.getSendQueueSize();
  },

  getSendQueueCount(this: StatefulSocket): number {
    return this[STATE].handle!.getSendQueueCount();
  },
};

function check(errno: Errno, syscall: string): void {
  if (errno < 0) throw errnoError(errno, syscall);
}
