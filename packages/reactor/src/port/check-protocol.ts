/** Checks the objects that programs pass as protocols, and makes protocols of plain ones. */
import { isGroupcastError, type Logger, wrongType } from "@groupcast/base";
import { checkDetached, DatagramProtocol, type Protocol, transportOf } from "../datagram-protocol.js";

type Method = keyof Protocol;

const CALLED: readonly Method[] = ["datagramReceived", "datagramsReceived", "startProtocol", "connectionRefused", "stopProtocol"];
const METHODS: readonly Method[] = [...CALLED, "logPrefix"];

/**
 * Returns `value` if a port can use it as its protocol: an object of a DatagramProtocol, or any other object, which gets the property
 * `transport`.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`: not an object, an object that cannot be given a transport, or a method that is none.
 * @throws StateError `ERR_ALREADY_LISTENING`.
 */
export function checkProtocol(operation: string, value: unknown): Protocol {
  try {
    return examine(operation, value);
  } catch (error) {
    if (isGroupcastError(error)) throw error;
    throw wrongType(operation, "protocol", value, 'an object that lets a port read its methods and define "transport" on it');
  }
}

/** Returns the name of `protocol` in the log: its own, that of its class, or `Protocol` for a plain object and a class without a name. */
export function nameOf(protocol: Protocol): string {
  const name = protocol.logPrefix === undefined ? classNameOf(protocol) : String(protocol.logPrefix());
  return name === "" ? "Protocol" : name;
}

function classNameOf(protocol: Protocol): string {
  const { constructor: made } = (Object.getPrototypeOf(protocol) ?? {}) as { constructor?: unknown };
  return typeof made === "function" && made !== Object ? made.name : "";
}

/** Warns of protocols without any method that a port calls: most often, the name of one is misspelt. */
export class IdleProtocols {
  readonly #logger: Logger;
  readonly #known = new WeakSet<object>();

  /** Warns through `logger`. */
  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Warns of `protocol`, once for each class, and for each plain object. `subject` names the port. */
  look(protocol: Protocol, subject: string): void {
    const kind = Object.getPrototypeOf(protocol) as object | null;
    const key = kind === null || kind === Object.prototype ? protocol : kind;
    if (this.#known.has(key) || CALLED.some((method) => isOwnWork(protocol, method))) return;
    this.#known.add(key);
    this.#logger.warn(
      `${subject}: the protocol has no method that a port calls, so datagrams that arrive are ignored; it may have ${CALLED.join(", ")}`,
    );
  }
}

/** Runs user code, which may throw: getters, and the traps of proxies. */
function examine(operation: string, value: unknown): Protocol {
  if (typeof value === "function") throw wrongType(operation, "protocol", value, `an object: new ${value.name || "Protocol"}()`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrongType(operation, "protocol", value, "an object with methods of a protocol, such as datagramReceived");
  }
  checkDetached(operation, value);
  for (const method of METHODS) checkMethod(operation, value, method);
  if (!(value instanceof DatagramProtocol)) defineTransport(operation, value);
  return value;
}

/** A getter that throws now is reported when the port calls the method. */
function isOwnWork(protocol: Protocol, method: Method): boolean {
  try {
    const own = protocol[method];
    return own !== undefined && own !== (DatagramProtocol.prototype as Protocol)[method];
  } catch {
    return true;
  }
}

function checkMethod(operation: string, protocol: Protocol, method: Method): void {
  const argument = `protocol.${method}`;
  let value: unknown;
  try {
    value = protocol[method];
  } catch (error) {
    throw wrongType(operation, argument, error, "a method; its getter throws");
  }
  if (value !== undefined && typeof value !== "function") throw wrongType(operation, argument, value, "a method, or nothing");
}

/** Defines `transport` on a plain object, which reads as in DatagramProtocol. */
function defineTransport(operation: string, protocol: object): void {
  const own = Object.getOwnPropertyDescriptor(protocol, "transport");
  if (own?.get === readTransport) return; // it was on a port before
  const isTaken = own !== undefined && (own.get !== undefined || own.set !== undefined || own.value !== undefined);
  if (isTaken) throw wrongType(operation, "protocol", protocol, 'an object without a "transport" of its own: the port defines it');
  if (!Object.isExtensible(protocol) && own?.configurable !== true) {
    throw wrongType(operation, "protocol", protocol, 'an object that is neither frozen nor sealed: the port defines "transport" on it');
  }
  Object.defineProperty(protocol, "transport", { configurable: true, enumerable: false, get: readTransport });
}

function readTransport(this: object): unknown {
  return transportOf(this);
}
