/** The option `steering`: checked, and attached to the bound socket of a port. */
import {
  BACKEND_ERRORS,
  type DatagramBackend,
  type DatagramSocket,
  MAX_STEERED_PORTS,
  MAX_STEERING_KEY_BYTES,
  MAX_UDP_LENGTH_BYTES,
  type Steering,
} from "@groupcast/backend";
import {
  BASE_ERRORS,
  checkChoice,
  checkInteger,
  checkOptions,
  errnoName,
  InvalidArgumentError,
  SystemError,
  UnsupportedError,
  wrongType,
} from "@groupcast/base";
import type { OptionCall } from "../network/socket-options.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { OptionCheck } from "./option-checks.js";

type Field = "ports" | "offsetBytes" | "lengthBytes";

const RANGES: Readonly<Record<Field, readonly [min: number, max: number]>> = {
  ports: [1, MAX_STEERED_PORTS],
  offsetBytes: [0, MAX_UDP_LENGTH_BYTES - 1],
  lengthBytes: [1, MAX_STEERING_KEY_BYTES],
};

const FIELDS: Readonly<Record<Steering["by"], readonly Field[]>> = {
  cpu: ["ports"],
  source: ["ports"],
  payload: ["ports", "offsetBytes", "lengthBytes"],
};

/** Accepts a rule of steering, and returns a copy of it. */
export const isSteering: OptionCheck<Steering> = (value, { operation, option }) => {
  if (typeof value !== "object" || value === null)
    throw wrongType(operation, option, value, 'an object such as { by: "source", ports: 4 }');
  const given = value as Readonly<Record<string, unknown>>;
  const by = checkChoice<Steering["by"]>(operation, `${option}.by`, given.by, Object.keys(FIELDS) as Steering["by"][]);
  checkOptions(operation, given, ["by", ...FIELDS[by]]);
  const numbers = FIELDS[by].map((field) => [field, checkInteger(operation, `${option}.${field}`, given[field], RANGES[field])]);
  return Object.freeze({ by, ...Object.fromEntries(numbers) }) as Steering;
};

/** Other options that steering depends on. */
interface Companions {
  readonly reusePort: boolean;
  readonly steering: Steering | undefined;
}

/** Refuses steering without the option that lets ports share a number, as the kernel does with EINVAL. @throws InvalidArgumentError. */
export function checkSteering(operation: string, { steering, reusePort }: Companions): void {
  if (steering === undefined || reusePort) return;
  const wrong = { operation, argument: "steering", value: steering.by, meaning: "has no ports to choose from" };
  throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, { ...wrong, advice: "pass reusePort: true, too" });
}

/** Advice by the name of the errno: no privilege is needed, so what the option table says about others would mislead. */
const ADVICE: Readonly<Record<string, string>> = {
  EPERM: "change the security policy (such as a seccomp profile) that forbids SO_ATTACH_REUSEPORT_CBPF, or leave steering out",
  ENOPROTOOPT: "use Linux 4.5 or later, or leave steering out",
  ENOMEM: "raise net.core.optmem_max",
};

/** Attaches a rule to the sockets that share the number. @throws SystemError `ERR_SET_OPTION`. @throws UnsupportedError. */
export function steer(backend: DatagramBackend, socket: DatagramSocket, { operation, option }: OptionCall, steering: Steering): void {
  if (!backend.capabilities.has("steering")) {
    const details = { option: option ?? "steering" };
    throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPTION, operation, { backend: backend.name }, details);
  }
  const errno = socket.steer(steering);
  if (errno >= 0) return;
  const advice = ADVICE[errnoName(errno)];
  throw new SystemError(REACTOR_ERRORS.ERR_SET_OPTION, { operation, errno, option: option ?? "steering", ...(advice && { advice }) });
}
