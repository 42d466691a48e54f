/** Methods of a port that set and read options of its sockets. transport.ts documents them. */
import { checkBoolean, checkInteger, type Emitter, Eventful } from "@groupcast/base";
import { checkOption } from "../network/check-argument.js";
import type { BufferGrant, PortBuffers } from "../port-buffers.js";
import type { PortEvents } from "../transport.js";
import type { PortSettings } from "./port-settings.js";

/** A port, as far as options of its sockets go. */
export abstract class SettablePort extends Eventful<PortEvents> {
  readonly #settings: PortSettings;

  constructor(emitter: Emitter<PortEvents>, settings: PortSettings) {
    super(emitter);
    this.#settings = settings;
  }

  /** @throws StateError `ERR_CLOSED`. */
  protected abstract checkOpen(operation: string): void;

  setBroadcastAllowed(on: boolean): void {
    const operation = "setBroadcastAllowed";
    this.checkOpen(operation);
    this.#settings.set({ operation }, "broadcast", checkBoolean(operation, "on", on) ? 1 : 0);
  }

  getBroadcastAllowed(): boolean {
    return this.#settings.get("broadcast") === 1;
  }

  setTrafficClass(trafficClass: number): void {
    const operation = "setTrafficClass";
    this.checkOpen(operation);
    this.#settings.set({ operation }, "trafficClass", checkOption(operation, "trafficClass", "trafficClass", trafficClass));
  }

  getTrafficClass(): number | undefined {
    return this.#settings.get("trafficClass");
  }

  setUnicastTTL(ttl: number): void {
    const operation = "setUnicastTTL";
    this.checkOpen(operation);
    this.#settings.set({ operation }, "unicastTtl", checkOption(operation, "ttl", "unicastTtl", ttl));
  }

  getUnicastTTL(): number | undefined {
    return this.#settings.get("unicastTtl");
  }

  setBindToInterface(name: string): void {
    this.checkOpen("setBindToInterface");
    this.#settings.bindToInterface("setBindToInterface", name);
  }

  getBindToInterface(): string {
    return this.#settings.boundInterface;
  }

  setMaxBytesPerSecond(bytesPerSecond: number | undefined): void {
    const operation = "setMaxBytesPerSecond";
    this.checkOpen(operation);
    if (bytesPerSecond === undefined) this.#settings.pace(undefined);
    else this.#settings.pace(checkInteger(operation, "bytesPerSecond", bytesPerSecond, [1, Number.MAX_SAFE_INTEGER]));
  }

  getMaxBytesPerSecond(): number | undefined {
    return this.#settings.bytesPerSecond;
  }

  setReceiveBufferBytes(bytes: number): BufferGrant {
    return this.#resize("setReceiveBufferBytes", "receive", bytes);
  }

  getReceiveBufferBytes(): number | undefined {
    return this.#settings.bufferBytes("receive");
  }

  setSendBufferBytes(bytes: number): BufferGrant {
    return this.#resize("setSendBufferBytes", "send", bytes);
  }

  getSendBufferBytes(): number | undefined {
    return this.#settings.bufferBytes("send");
  }

  get buffers(): PortBuffers {
    return this.#settings.buffers;
  }

  #resize(operation: string, which: keyof PortBuffers, bytes: number): BufferGrant {
    this.checkOpen(operation);
    const grant = this.#settings.resizeBuffer({ operation }, which, checkOption(operation, "bytes", `${which}BufferBytes`, bytes));
    this.#settings.warnIfCapped(`${this}`, { [which]: grant });
    return grant;
  }
}
