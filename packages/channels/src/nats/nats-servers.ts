/** Addresses of NATS servers: their check, and the form of them that may get into errors and logs. */
import { isIPv6 } from "node:net";
import { outOfRange, wrongType } from "@groupcast/base";

const EXPECTED = 'the address of a server such as "nats://192.0.2.1:4222"';

/**
 * Returns a copy of the addresses in `value`, one or an array. Errors show one address only, without its password.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`.
 */
export function checkServers(operation: string, value: unknown): string[] {
  if (!Array.isArray(value)) return [checkServer(operation, "servers", value)];
  if (value.length === 0) throw wrongType(operation, "servers", value, `${EXPECTED}, or an array of them`);
  return Array.from(value, (server: unknown, index) => checkServer(operation, `servers[${index}]`, server));
}

/** Returns the address without the name, password or token that it may have before its `@`. */
export function withoutCredentials(server: string): string {
  return server.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, "$1");
}

function checkServer(operation: string, argument: string, server: unknown): string {
  if (typeof server !== "string") throw wrongType(operation, argument, server, `${EXPECTED}, or an array of them`);
  // The client takes any scheme, and throws an error that shows the whole address where the rest is none.
  const rest = server.trim().replace(/^.*:\/\//s, "");
  if (isIPv6(rest) || URL.canParse(`http://${rest}`)) return server;
  throw outOfRange(operation, argument, withoutCredentials(server), EXPECTED);
}
