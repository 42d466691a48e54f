// Mistakes about metrics.
import { instrument } from "@groupcast/opentelemetry";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { js } from "../blunderer.js";
import type { Mistake } from "../mistake.js";

export const OPENTELEMETRY_MISTAKES: readonly Mistake[] = [
  {
    mistake: "a port is instrumented instead of its reactor",
    make: () => instrument(js({ port: 5000 })),
    code: "ERR_ARGUMENT_TYPE",
    argument: "reactor",
    value: { port: 5000 },
    says: "instrument(): reactor { port: 5000 } has the wrong type",
    remedy: "expected a Reactor",
  },
  {
    mistake: "an option of instrument() is misspelt",
    make: ({ reactor }) => instrument(reactor, js({ byports: [5000] })),
    code: "ERR_OPTION_UNKNOWN",
    argument: "option",
    value: "byports",
    says: 'instrument(): option "byports" is not known here',
    remedy: 'did you mean "byPort"?',
  },
  {
    mistake: "an exporter is passed as the meter provider",
    make: ({ reactor }) => instrument(reactor, { meterProvider: js({ endpoint: "/metrics" }) }),
    code: "ERR_ARGUMENT_TYPE",
    argument: "meterProvider",
    value: { endpoint: "/metrics" },
    says: "instrument(): meterProvider { endpoint: '/metrics' } has the wrong type",
    remedy: "expected a MeterProvider",
  },
  {
    mistake: "the name of an instrumented reactor is empty",
    make: ({ reactor }) => instrument(reactor, { name: "" }),
    code: "ERR_ARGUMENT_RANGE",
    argument: "name",
    value: "",
    says: 'instrument(): name "" is not allowed',
    remedy: "expected a string that is not empty",
  },
  {
    mistake: "the name of an instrumented reactor is a number",
    make: ({ reactor }) => instrument(reactor, { name: js(7) }),
    code: "ERR_ARGUMENT_TYPE",
    argument: "name",
    value: 7,
    says: "instrument(): name 7 has the wrong type",
    remedy: "expected a string",
  },
  {
    mistake: "byPort is one number",
    make: ({ reactor }) => instrument(reactor, { byPort: js(5000) }),
    code: "ERR_ARGUMENT_TYPE",
    argument: "byPort",
    value: 5000,
    says: "instrument(): byPort 5000 has the wrong type",
    remedy: "expected an array of port numbers",
  },
  {
    mistake: "byPort has the port 0",
    make: ({ reactor }) => instrument(reactor, { byPort: [5000, 0] }),
    code: "ERR_ARGUMENT_RANGE",
    argument: "byPort[1]",
    value: 0,
    says: "instrument(): byPort[1] 0 is out of range",
    remedy: "expected an integer from 1 to 65535",
  },
  {
    mistake: "channelNodes is one node",
    make: ({ reactor }) => instrument(reactor, { channelNodes: js("robot") }),
    code: "ERR_ARGUMENT_TYPE",
    argument: "channelNodes",
    value: "robot",
    says: 'instrument(): channelNodes "robot" has the wrong type',
    remedy: "expected an array of ChannelNodes",
  },
  {
    mistake: "channelNodes has the name of a node",
    make: ({ reactor }) => instrument(reactor, { channelNodes: [js("robot")] }),
    code: "ERR_ARGUMENT_TYPE",
    argument: "channelNodes[0]",
    value: "robot",
    says: 'instrument(): channelNodes[0] "robot" has the wrong type',
    remedy: "expected a ChannelNode",
  },
  {
    mistake: "byChannel has a name with a leading slash",
    make: ({ reactor, node }) => instrument(reactor, { channelNodes: [node], byChannel: ["/pose"] }),
    code: "ERR_ARGUMENT_RANGE",
    argument: "byChannel[0]",
    value: "/pose",
    says: 'instrument(): byChannel[0] "/pose" is not allowed',
    remedy: "expected the full name of a channel, without a leading slash",
  },
  {
    mistake: "byChannel has a channel instead of its name",
    make: ({ reactor, node }) => instrument(reactor, { channelNodes: [node], byChannel: [js(7)] }),
    code: "ERR_ARGUMENT_TYPE",
    argument: "byChannel[0]",
    value: 7,
    says: "instrument(): byChannel[0] 7 has the wrong type",
    remedy: "expected a string",
  },
  {
    mistake: "byChannel is given without nodes",
    make: ({ reactor }) => instrument(reactor, { byChannel: ["pose"] }),
    code: "ERR_ARGUMENT_RANGE",
    argument: "byChannel",
    value: ["pose"],
    says: "instrument(): byChannel [ 'pose' ] is not allowed",
    remedy: "expected the option channelNodes beside it",
  },
  {
    mistake: "a reactor is instrumented twice",
    make: ({ reactor }) => {
      const meterProvider = new MeterProvider();
      instrument(reactor, { meterProvider });
      return instrument(reactor, { meterProvider });
    },
    code: "ERR_ALREADY_INSTRUMENTED",
    fields: { name: "StateError", operation: "instrument" },
    says: "instrument() failed: the meter provider already has the metrics of a reactor of this name",
    remedy: "stop the first instrumentation, or pass another name, because two series with equal attributes overwrite each other",
  },
];
