import type { ErrorDefinition } from "@groupcast/base";
import { errors } from "@nats-io/nats-core";
import { BrokerError, CHANNEL_ERRORS } from "../contract/channel-errors.js";

const REFUSALS = [errors.AuthorizationError, errors.UserAuthenticationExpiredError];

/** Returns the {@link BrokerError} for an error of the NATS client, by its class; `otherwise` is the row for all other classes. */
export function brokerError(
  operation: string,
  cause: unknown,
  servers: string,
  otherwise: typeof CHANNEL_ERRORS.ERR_BROKER_UNREACHABLE | typeof CHANNEL_ERRORS.ERR_BROKER_FAILED,
): BrokerError {
  return new BrokerError(definitionFor(cause) ?? otherwise, operation, { servers }, cause);
}

function definitionFor(cause: unknown): ErrorDefinition<string, "BrokerError"> | undefined {
  if (cause instanceof errors.PermissionViolationError) return CHANNEL_ERRORS.ERR_BROKER_PERMISSION;
  const isRefusal = REFUSALS.some((refusal) => cause instanceof refusal || (cause as { cause?: unknown } | null)?.cause instanceof refusal);
  return isRefusal ? CHANNEL_ERRORS.ERR_BROKER_REFUSED : undefined;
}
