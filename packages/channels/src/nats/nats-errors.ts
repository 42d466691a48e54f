import { errors } from "@nats-io/nats-core";
import { BrokerError, CHANNEL_ERRORS } from "../contract/channel-errors.js";

const REFUSALS = [errors.AuthorizationError, errors.UserAuthenticationExpiredError];

/** Returns the {@link BrokerError} for an error of the NATS client, by its class. */
export function brokerError(operation: string, cause: unknown, servers: string): BrokerError {
  if (cause instanceof errors.PermissionViolationError)
    return new BrokerError(CHANNEL_ERRORS.ERR_BROKER_PERMISSION, operation, { servers }, cause);
  const isRefusal = REFUSALS.some((refusal) => cause instanceof refusal || (cause as { cause?: unknown } | null)?.cause instanceof refusal);
  if (isRefusal) return new BrokerError(CHANNEL_ERRORS.ERR_BROKER_REFUSED, operation, { servers }, cause);
  const definition = operation === "connect to" ? CHANNEL_ERRORS.ERR_BROKER_UNREACHABLE : CHANNEL_ERRORS.ERR_BROKER_FAILED;
  return new BrokerError(definition, operation, { servers }, cause);
}
