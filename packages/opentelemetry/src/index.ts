export type { ChannelCount, TransportCount } from "./channel-metrics.js";
export { type Instrumentation, instrument } from "./instrument.js";
export type { InstrumentOptions, ObservedChannel, ObservedNode, ObservedTransport } from "./instrument-options.js";
export { OPENTELEMETRY_ERRORS } from "./opentelemetry-errors.js";
