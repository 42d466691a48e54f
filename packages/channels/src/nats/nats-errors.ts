import type { ErrorDefinition } from "@groupcast/base";
import { BrokerError, CHANNEL_ERRORS } from "../contract/channel-errors.js";
import type { NatsClient } from "./nats-client.js";
import { nameForSubject } from "./nats-subject.js";

/** Codes of certificates that TLS refuses (nodejs.org/api/tls.html, X509 certificate error codes). */
const CERTIFICATE_CODES: ReadonlySet<unknown> = new Set([
  "CERT_CHAIN_TOO_LONG",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Connection that an error is about. */
export interface BrokenConnection {
  /** Classes of the client's errors. */
  readonly errors: NatsClient["errors"];
  /** Addresses of the servers, without passwords. */
  readonly servers: string;
  /** Beginning of the subjects of all channels. */
  readonly prefix: string;
}

/** Returns the {@link BrokerError} for an error of the NATS client, by its class or code; `otherwise` is the row for all other classes. */
export function brokerError(
  { errors, servers, prefix }: BrokenConnection,
  operation: string,
  cause: unknown,
  otherwise: typeof CHANNEL_ERRORS.ERR_BROKER_UNREACHABLE | typeof CHANNEL_ERRORS.ERR_BROKER_FAILED,
): BrokerError {
  if (cause instanceof errors.PermissionViolationError) {
    const channel = nameForSubject(prefix, cause.subject);
    const verb = cause.operation === "publish" ? "publish" : "subscribe";
    return new BrokerError(CHANNEL_ERRORS.ERR_BROKER_PERMISSION, verb, { ...(channel !== undefined && { channel }), servers }, cause);
  }
  return new BrokerError(definitionFor(errors, cause) ?? otherwise, operation, { servers }, cause);
}

function definitionFor(errors: NatsClient["errors"], cause: unknown): ErrorDefinition<string, "BrokerError"> | undefined {
  if (CERTIFICATE_CODES.has((cause as { code?: unknown } | null)?.code)) return CHANNEL_ERRORS.ERR_BROKER_CERTIFICATE;
  const refusals = [errors.AuthorizationError, errors.UserAuthenticationExpiredError];
  const isRefusal = refusals.some((refusal) => cause instanceof refusal || (cause as { cause?: unknown } | null)?.cause instanceof refusal);
  return isRefusal ? CHANNEL_ERRORS.ERR_BROKER_REFUSED : undefined;
}
