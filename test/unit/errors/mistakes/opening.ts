// Mistakes about making a reactor and a protocol.
import { capabilitySet } from "@groupcast/backend";
import { Reactor } from "@groupcast/reactor";
import { chooseBackend } from "groupcast";
import { js } from "../blunderer.js";
import type { Mistake } from "../mistake.js";

export const OPENING_MISTAKES: readonly Mistake[] = [
  {
    mistake: "the backend is given by its name",
    make: () => new Reactor({ backend: js("dgram") }),
    code: "ERR_ARGUMENT_TYPE",
    argument: "backend",
    value: "dgram",
    says: 'new Reactor(): backend "dgram" is the name of a backend, not a backend',
    remedy: 'pass chooseBackend("dgram")',
  },
  {
    mistake: "no backend is given to the bare reactor",
    make: () => new Reactor(js({})),
    code: "ERR_ARGUMENT_TYPE",
    argument: "backend",
    says: "new Reactor(): backend is missing",
    remedy: "expected a DatagramBackend, such as chooseBackend() returns",
  },
  {
    mistake: "the whole network in memory is given as backend",
    make: ({ network }) => new Reactor({ backend: js(network) }),
    code: "ERR_ARGUMENT_TYPE",
    argument: "backend",
    says: "new Reactor(): backend MemoryNetwork { clock: ManualClock {}, trace: Trace {} } has the wrong type",
    remedy: 'expected a host of the network, such as network.host("a")',
  },
  {
    mistake: "an option of the reactor is misspelt",
    make: ({ network }) => new Reactor(js({ backend: network.host("b"), clok: network.clock })),
    code: "ERR_OPTION_UNKNOWN",
    argument: "option",
    value: "clok",
    says: 'new Reactor(): option "clok" is not known here',
    remedy: 'did you mean "clock"?',
  },
  {
    mistake: "a function is given as logger",
    make: ({ network }) => new Reactor({ backend: network.host("b"), logger: js(() => {}) }),
    code: "ERR_ARGUMENT_TYPE",
    argument: "logger",
    says: "new Reactor(): logger [Function (anonymous)] has the wrong type",
    remedy: "expected a Logger, which has info(), warn() and error()",
  },
  {
    mistake: "Date is given as clock",
    make: ({ network }) => new Reactor({ backend: network.host("b"), clock: js(Date) }),
    code: "ERR_ARGUMENT_TYPE",
    argument: "clock",
    says: "new Reactor(): clock [Function: Date] has the wrong type",
    remedy: "expected a Clock, which has nowMs(), schedule() and hold()",
  },
  {
    mistake: "the resolver is a string",
    make: ({ network }) => new Reactor({ backend: network.host("b"), resolver: js("dns") }),
    code: "ERR_ARGUMENT_TYPE",
    argument: "resolver",
    value: "dns",
    says: 'new Reactor(): resolver "dns" has the wrong type',
    remedy: "expected a function",
  },
  {
    mistake: "the name of a backend is misspelt",
    make: () => chooseBackend("natvie"),
    code: "ERR_NAME_UNKNOWN",
    argument: "backend",
    value: "natvie",
    says: 'chooseBackend(): backend "natvie" is unknown',
    remedy: 'did you mean "native"?',
  },
  {
    mistake: "a backend is asked for that there is not",
    make: () => chooseBackend("libuv"),
    code: "ERR_NAME_UNKNOWN",
    argument: "backend",
    value: "libuv",
    says: 'chooseBackend(): backend "libuv" is unknown',
    remedy: 'expected one of "native", "dgram"',
  },
  {
    mistake: "the name of a capability is misspelt",
    make: ({ reactor }) => reactor.backend.capabilities.has(js("sendPacketinfo")),
    code: "ERR_NAME_UNKNOWN",
    argument: "capability",
    value: "sendPacketinfo",
    says: 'capabilities.has(): capability "sendPacketinfo" is unknown',
    remedy: 'did you mean "sendPacketInfo"?',
  },
  {
    mistake: "a third-party backend claims a capability that there is not",
    make: () => capabilitySet([js("teleport")]),
    code: "ERR_NAME_UNKNOWN",
    argument: "capability",
    value: "teleport",
    says: 'capabilitySet(): capability "teleport" is unknown',
    remedy: "check the spelling, because none of the 52 known names is similar",
  },

  {
    mistake: "a protocol sends from its constructor",
    make: ({ echo }) => echo.transport.write("hello"),
    code: "ERR_NOT_LISTENING",
    says: "Cannot get transport: the protocol has no port",
    remedy: "use this.transport only from startProtocol() to stopProtocol()",
  },
  {
    mistake: "a protocol sends after its port has stopped",
    make: async ({ reactor, echo }) => [await reactor.listenUDP(0, echo).stopListening(), echo.transport.write("hello")],
    code: "ERR_NOT_LISTENING",
    says: "Cannot get transport: the protocol has no port",
    remedy: "use this.transport only from startProtocol() to stopProtocol()",
  },
];
