import { StateError } from "@groupcast/base";
import type { Reactor } from "@groupcast/reactor";
import type { Attributes, Meter, MeterProvider } from "@opentelemetry/api";
import { CHANNEL_METRICS, TRANSPORT_METRICS } from "./channel-metrics.js";
import { ChannelTotals } from "./channel-totals.js";
import { type InstrumentOptions, type ResolvedInstrumentOptions, resolveInstrumentOptions } from "./instrument-options.js";
import { observe } from "./metric.js";
import { OPENTELEMETRY_ERRORS } from "./opentelemetry-errors.js";
import { MEMBERSHIP_METRICS, PORT_METRICS } from "./port-metrics.js";
import { PortTotals } from "./port-totals.js";

const SCOPE = "@groupcast/opentelemetry";

/** Names of the reactors that each provider has the metrics of: the SDK would let the last of two equal series win, and say nothing. */
const taken = new WeakMap<MeterProvider, Set<string | undefined>>();

/** Metrics of a reactor that are being observed. {@link instrument} creates it. */
export interface Instrumentation {
  /** Stops observing, and releases the name. A further call changes nothing. An SDK may continue to export the last values. */
  stop(): void;
  /** Stops at the end of `using`; {@link Instrumentation.stop}. */
  [Symbol.dispose](): void;
}

/**
 * Creates metrics from the counters of a reactor's ports, of its memberships, and of channels. The SDK reads them when it collects; they
 * cost nothing in between. The sums keep the counters of ports that have closed since.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`, `ERR_OPTION_UNKNOWN`.
 * @throws StateError `ERR_ALREADY_INSTRUMENTED`: the provider has a reactor of this name, or another one without a name.
 */
export function instrument(reactor: Reactor, options?: InstrumentOptions): Instrumentation {
  const { meterProvider, name, ...what } = resolveInstrumentOptions(reactor, options);
  const ends = [take(meterProvider, name)];
  const stop = (): void => {
    for (const end of ends.splice(0)) end();
  };
  try {
    const attributes: Attributes = name === undefined ? {} : { "groupcast.reactor.name": name };
    start(meterProvider.getMeter(SCOPE), reactor, { ...what, attributes, ends });
  } catch (error) {
    stop();
    throw error;
  }
  return { stop, [Symbol.dispose]: stop };
}

/** Arguments of {@link start}; `ends` takes the functions that end it. */
interface Start extends Pick<ResolvedInstrumentOptions, "byPort" | "channelNodes" | "byChannel"> {
  readonly attributes: Attributes;
  readonly ends: (() => void)[];
}

function start(meter: Meter, reactor: Reactor, { byPort, channelNodes, byChannel, attributes, ends }: Start): void {
  const ports = new PortTotals(reactor, byPort, attributes);
  ends.push(() => ports.stop());
  ends.push(observe(meter, PORT_METRICS, ports.ports));
  ends.push(observe(meter, MEMBERSHIP_METRICS, ports.memberships));
  if (channelNodes.length === 0) return;
  const channels = new ChannelTotals(channelNodes, byChannel, attributes);
  ends.push(() => channels.stop());
  ends.push(observe(meter, CHANNEL_METRICS, channels.channels));
  ends.push(observe(meter, TRANSPORT_METRICS, channels.transports));
}

/** Takes `name` at `provider`. @returns A function that gives it back. @throws StateError `ERR_ALREADY_INSTRUMENTED`. */
function take(provider: MeterProvider, name: string | undefined): () => void {
  const names = taken.get(provider) ?? new Set();
  if (names.has(name)) throw new StateError(OPENTELEMETRY_ERRORS.ERR_ALREADY_INSTRUMENTED, "instrument");
  taken.set(provider, names.add(name));
  return () => void names.delete(name);
}
