import { once as nodeOnce } from "node:events";
import type { PortEvents, ReactorEvents, Subscribable } from "@groupcast/reactor";

/** Options of {@link once}. */
export interface OnceOptions {
  /** Signal that ends the wait; the promise then rejects with `AbortError`. */
  readonly signal?: AbortSignal | undefined;
}

/** Type of {@link once}: each event with the arguments of its listeners. */
export interface Once {
  /** Waits for an event of a port. */
  <E extends keyof PortEvents>(port: Subscribable<PortEvents>, event: E, options?: OnceOptions): Promise<Parameters<PortEvents[E]>>;
  /** Waits for an event of a reactor. */
  <E extends keyof ReactorEvents>(
    reactor: Subscribable<ReactorEvents>,
    event: E,
    options?: OnceOptions,
  ): Promise<Parameters<ReactorEvents[E]>>;
}

/**
 * Waits for one event of a port or a reactor: `once` of `node:events`, with types.
 *
 * Resolves with the listener's arguments: `const [failure] = await once(port, "sendFailed")`. Rejects with the error of an earlier `error`
 * event, with `AbortError`, and with InvalidArgumentError `ERR_ARGUMENT_RANGE` for an event that does not exist.
 */
export const once: Once = nodeOnce as never;
