import type { DatagramBackend, DatagramSocket, OptionName } from "@groupcast/backend";
import { SystemError } from "@groupcast/base";
import type { OptionCall } from "../network/socket-options.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { BufferGrant, PortBuffers } from "../udp-port.js";
import { type BufferOption, requestBuffer } from "./request-buffer.js";

const BUFFER_OPTIONS = { receive: "receiveBufferBytes", send: "sendBufferBytes" } as const satisfies Record<
  keyof PortBuffers,
  BufferOption
>;

/** Dependencies of {@link PortSettings}. */
export interface PortSettingsOwner {
  readonly backend: DatagramBackend;
  /** Socket that the port sends with. */
  readonly socket: DatagramSocket;
  /** Sets an option of the other sockets of the port, now and later; returns 0, or the errno of the first one that refused. */
  setOnFurther(name: OptionName, value: number): number;
}

/** Options of a port's sockets that may change while the port is open. */
export class PortSettings {
  readonly #owner: PortSettingsOwner;
  #buffers: PortBuffers = Object.freeze({});

  /** Changes nothing yet. */
  constructor(owner: PortSettingsOwner) {
    this.#owner = owner;
  }

  /** Sizes of the kernel's buffers, as far as they were asked for. */
  get buffers(): PortBuffers {
    return this.#buffers;
  }

  /** Asks for another size of a buffer; returns the grant. @throws SystemError `ERR_SET_OPTION`, `ERR_GET_OPTION`; UnsupportedError. */
  resizeBuffer(call: OptionCall, which: keyof PortBuffers, bytes: number): BufferGrant {
    const name = BUFFER_OPTIONS[which];
    const grant = Object.freeze(requestBuffer(this.#owner.backend, this.#owner.socket, call, [name, bytes]));
    this.#buffers = Object.freeze({ ...this.#buffers, [which]: grant }); // users are handed this very object
    this.#setOnFurther(call, name, bytes);
    return grant;
  }

  #setOnFurther({ operation, option }: OptionCall, name: OptionName, value: number): void {
    const errno = this.#owner.setOnFurther(name, value);
    if (errno < 0) throw new SystemError(REACTOR_ERRORS.ERR_SET_OPTION, { operation, errno, option: option ?? name });
  }
}
