import type { DatagramBackend, DatagramSocket, OptionName, Outcome, Steering } from "@groupcast/backend";
import { type Logger, SystemError } from "@groupcast/base";
import type { MulticastSender } from "../multicast/multicast-sender.js";
import type { HostNetwork } from "../network/host-network.js";
import { indexOfInterface } from "../network/interface-index.js";
import { type OptionCall, setSocketOption } from "../network/socket-options.js";
import type { BufferGrant, PortBuffers } from "../port-buffers.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { Outbox } from "../sending/outbox.js";
import { type BufferOption, requestBuffer, warnIfCapped, withoutBookkeeping } from "./request-buffer.js";
import { steer } from "./steering.js";

const BUFFER_OPTIONS = { receive: "receiveBufferBytes", send: "sendBufferBytes" } as const satisfies Record<
  keyof PortBuffers,
  BufferOption
>;

/** Socket option that has a setter and a getter on a port. */
export type SettingName = OptionName & ("broadcast" | "trafficClass" | "unicastTtl" | "bindToInterface" | "busyPollUs" | BufferOption);

const SETTING_NAMES: readonly SettingName[] = [
  "broadcast",
  "trafficClass",
  "unicastTtl",
  "bindToInterface",
  "receiveBufferBytes",
  "sendBufferBytes",
];

/** Dependencies of {@link PortSettings}. */
export interface PortSettingsOwner {
  readonly backend: DatagramBackend;
  readonly network: HostNetwork;
  readonly logger: Logger;
  /** Chooses the interface for datagrams to groups. */
  readonly sender: Pick<MulticastSender, "boundToInterface">;
  /** Limits the rate at which the port sends. */
  readonly outbox: Pick<Outbox, "pace" | "bytesPerSecond">;
  /** Socket that the port sends with. */
  readonly socket: DatagramSocket;
  /**
   * Sends waiting datagrams before an option changes: they leave with the options that they were written under, except those that the
   * network does not take yet.
   */
  sendWaiting(): void;
  /** Sets an option of the other sockets of the port, now and later; returns 0, or the errno of the first one that refused. */
  setOnFurther(name: OptionName, value: number): Outcome;
}

/** Options of a port's sockets that may change while the port is open. */
export class PortSettings {
  readonly #owner: PortSettingsOwner;
  readonly #values = new Map<SettingName, number>(); // as they were known last
  #buffers: PortBuffers = Object.freeze({});

  /** Changes nothing yet. */
  constructor(owner: PortSettingsOwner) {
    this.#owner = owner;
  }

  /** Sizes of the kernel's buffers, as far as they were asked for. */
  get buffers(): PortBuffers {
    return this.#buffers;
  }

  /** Sets an option on every socket of the port. @throws SystemError `ERR_SET_OPTION`. @throws UnsupportedError. */
  set(call: OptionCall, name: SettingName, value: number): void {
    this.#owner.sendWaiting();
    setSocketOption(this.#owner.backend, this.#owner.socket, call, [name, value]);
    this.#values.set(name, value);
    this.#setOnFurther(call, name, value);
  }

  /** Returns the value of an option, on a closed port the last one known; undefined where the backend cannot read it and nobody set it. */
  get(name: SettingName): number | undefined {
    const { backend, socket } = this.#owner;
    const value = backend.capabilities.has(`get ${name}`) ? socket.getOption(name) : -1;
    if (value >= 0) this.#values.set(name, value);
    return this.#values.get(name);
  }

  /** Largest number of bytes that the port sends a second; undefined: no limit. */
  get bytesPerSecond(): number | undefined {
    return this.#owner.outbox.bytesPerSecond;
  }

  /** Sends at most so many bytes a second from now on; undefined: without a limit. */
  pace(bytesPerSecond: number | undefined): void {
    this.#owner.outbox.pace(bytesPerSecond);
  }

  /** Steers unicast to the ports that share the number. @throws SystemError `ERR_SET_OPTION`. @throws UnsupportedError. */
  steer(call: OptionCall, steering: Steering): void {
    steer(this.#owner.backend, this.#owner.socket, call, steering);
  }

  /** Binds every socket to the interface called `name`; `"default"`: to none. `setBindToInterface` documents the errors. */
  bindToInterface(operation: string, name: string): void {
    const index = indexOfInterface(operation, "name", name, this.#owner.network);
    this.set({ operation }, "bindToInterface", index);
    this.#owner.sender.boundToInterface(operation, index);
  }

  /** Name of the interface that the sockets are bound to, its index where it is gone; `"default"`: none. */
  get boundInterface(): string {
    const index = this.get("bindToInterface") ?? 0;
    if (index === 0) return "default";
    return this.#owner.network.current().find((iface) => iface.index === index)?.name ?? String(index);
  }

  /** Returns the size of a buffer, without the kernel's bookkeeping; as {@link PortSettings.get}. */
  bufferBytes(which: keyof PortBuffers): number | undefined {
    const bytes = this.get(BUFFER_OPTIONS[which]);
    return bytes === undefined ? undefined : withoutBookkeeping(bytes);
  }

  /** Asks for another size of a buffer; returns the grant. @throws SystemError `ERR_SET_OPTION`, `ERR_GET_OPTION`; UnsupportedError. */
  resizeBuffer(call: OptionCall, which: keyof PortBuffers, bytes: number): BufferGrant {
    const name = BUFFER_OPTIONS[which];
    const grant = Object.freeze(requestBuffer(this.#owner.backend, this.#owner.socket, call, [name, bytes]));
    this.#buffers = Object.freeze({ ...this.#buffers, [which]: grant }); // users are handed this very object
    this.#setOnFurther(call, name, bytes);
    return grant;
  }

  /** Logs each grant that is smaller than what was asked for. */
  warnIfCapped(port: string, buffers: PortBuffers = this.#buffers): void {
    warnIfCapped(this.#owner.logger, port, buffers);
  }

  /** Reads all values a last time, before the sockets close. */
  remember(): void {
    for (const name of SETTING_NAMES) this.get(name);
  }

  #setOnFurther({ operation, option }: OptionCall, name: OptionName, value: number): void {
    const errno = this.#owner.setOnFurther(name, value);
    if (errno < 0) throw new SystemError(REACTOR_ERRORS.ERR_SET_OPTION, { operation, errno, option: option ?? name });
  }
}
