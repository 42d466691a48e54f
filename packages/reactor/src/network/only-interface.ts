import { InvalidArgumentError } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";

/**
 * The only interface that a port sends by, once it is bound to one.
 *
 * Linux lets each datagram name another one all the same: IP_PKTINFO wins over SO_BINDTOIFINDEX on IPv4 (udp_sendmsg(), net/ipv4/udp.c), and
 * the zone of the destination does on IPv6 (udpv6_sendmsg(), net/ipv6/udp.c), where IPV6_PKTINFO is EINVAL. So the port refuses both.
 */
export interface OnlyInterface {
  /** Index in the kernel. */
  readonly index: number;
  /** Name; the index as text where the interface is gone. */
  readonly name: string;
}

/** Makes the error about `value`, which names another interface than the `only` one. */
export function notTheOnly(
  operation: string,
  argument: string,
  value: unknown,
  only: OnlyInterface,
): InvalidArgumentError<"ERR_INTERFACE_FIXED"> {
  const meaning = `is not "${only.name}", the interface that this port is bound to`;
  return new InvalidArgumentError(REACTOR_ERRORS.ERR_INTERFACE_FIXED, { operation, argument, value, meaning });
}
