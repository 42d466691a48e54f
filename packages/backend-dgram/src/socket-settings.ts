import type { Socket } from "node:dgram";
import { anyAddress, type Family, type OptionName, type Outcome, socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { bindSocket, type CreationOptions } from "./bound-socket.js";
import { unsupportedOption } from "./dgram-capabilities.js";
import { DGRAM_OPTIONS, type DgramOption } from "./dgram-options.js";
import { answerOf, outcomeOf } from "./errno-of-error.js";

/**
 * Options of one socket.
 *
 * dgram has no socket before bind and no getters after it, so this remembers the values: to apply them when the socket is bound, and to
 * answer with them.
 */
export class SocketSettings {
  readonly #family: Family;
  readonly #isAdopted: boolean;
  readonly #values = new Map<OptionName, number>();

  constructor(family: Family, isAdopted: boolean) {
    this.#family = family;
    this.#isAdopted = isAdopted;
    if (isAdopted) this.#values.set("reuseAddress", 1); // uv_udp_open in libuv's src/unix/udp.c sets it
  }

  set(name: OptionName, value: number, socket: Socket | undefined): Outcome {
    const row = DGRAM_OPTIONS[name];
    if (row === undefined) throw unsupportedOption("setOption", name);
    const refusal = this.#refusal(name, row, socket);
    if (refusal < 0) return refusal;
    const { apply } = row;
    const outcome = apply !== undefined && socket !== undefined ? outcomeOf(() => apply(socket, value)) : 0;
    if (outcome === 0) this.#values.set(name, value);
    return outcome;
  }

  get(name: OptionName, socket: Socket | undefined): Outcome {
    const row = DGRAM_OPTIONS[name];
    if (row === undefined || (row.read === undefined && row.initial === undefined)) throw unsupportedOption("getOption", name);
    const { read } = row;
    if (read !== undefined) return socket === undefined ? this.#valueOnceBound(read) : answerOf(() => read(socket));
    const value = this.#values.get(name) ?? (this.#isAdopted ? undefined : row.initial);
    return value ?? ERRNO.ENOTSUP; // another program may have set it, and dgram cannot ask
  }

  /** Returns the options that dgram takes while it makes the socket. */
  creationOptions(): CreationOptions {
    const options: CreationOptions = {};
    for (const [name, value] of this.#values) {
      const { creation } = DGRAM_OPTIONS[name]!;
      if (creation !== undefined) options[creation] = value !== 0;
    }
    return options;
  }

  /** Applies the options that were set before the socket was bound. */
  applyTo(socket: Socket): Outcome {
    for (const [name, value] of this.#values) {
      const { apply } = DGRAM_OPTIONS[name]!;
      const outcome = apply === undefined ? 0 : outcomeOf(() => apply(socket, value));
      if (outcome < 0) return outcome;
    }
    return 0;
  }

  #refusal(name: OptionName, row: DgramOption, socket: Socket | undefined): Outcome {
    if (row.creation !== undefined && socket !== undefined) return ERRNO.EINVAL; // too late: the table says "before bind"
    if (name === "ipv6Only" && this.#family === 4) return ERRNO.ENOPROTOOPT; // as setsockopt(2) on an IPv4 socket
    if (row.isPerFamily && this.#isAdopted && this.#family === 6) return ERRNO.ENOTSUP; // it would set the IPv4 option
    return 0;
  }

  /** Returns what the kernel will grant, by asking another socket with the same options: the limits are the host's (net.core.rmem_max). */
  #valueOnceBound(read: (socket: Socket) => number): Outcome {
    const socket = bindSocket(socketAddress(anyAddress(this.#family), 0), {});
    if (typeof socket === "number") return socket;
    try {
      const outcome = this.applyTo(socket);
      return outcome < 0 ? outcome : answerOf(() => read(socket));
    } finally {
      socket.close();
    }
  }
}
