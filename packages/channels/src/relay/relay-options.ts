import {
  checkBoolean,
  checkChoice,
  checkInteger,
  checkOptions,
  checkString,
  guardLogger,
  type Logger,
  outOfRange,
  stderrLogger,
  wrongType,
} from "@groupcast/base";
import { type ChannelTransport, TRANSPORT_EXPECTED } from "../contract/channel-transport.js";
import { NETWORK_NAME } from "../contract/network-name.js";
import { ChannelPattern } from "./channel-pattern.js";

/** One of the two networks of a relay. */
export interface RelaySide {
  /** Carries the network's channels. The relay does not close it. */
  readonly transport: ChannelTransport;
  /** Name of the network: 1 to 64 letters, digits, `.`, `-`, `_`. Every relay on it has to use this name, and for no other network. */
  readonly network: string;
}

/** Allows channels to pass. Channels that no rule names do not pass. */
export interface RelayRule {
  /** Full name of a channel, or a pattern: `*` stands for any one part of a name, `**` at the end for one or more. */
  readonly channels: string;
  /** Name of the network that they pass from. Default: both, so they pass in both directions. */
  readonly from?: string | undefined;
  /** Number of packets that may pass in a second, each way, over all channels of this rule. Default: no limit. */
  readonly maxPerSecond?: number | undefined;
  /**
   * Whether the relay asks for missing packets of these channels on the network that they pass from, like a reliable channel, and forwards
   * packets in order. Possible only on UDP, and only for channels that are not sealed. Default false.
   */
  readonly reliable?: boolean | undefined;
}

/** Options of a {@link ChannelRelay}. */
export interface RelayOptions {
  /** The two networks. */
  readonly sides: readonly [RelaySide, RelaySide];
  /** Channels that may pass. The first rule that matches a channel applies. */
  readonly allow: readonly RelayRule[];
  /** Number of relays that a message may pass, 1 … 255. Default 4. */
  readonly maxHops?: number | undefined;
  /** Number of channels that are open each way, 1 … 1,048,576; the relay first closes the one that was silent for longest. Default 1024. */
  readonly maxChannels?: number | undefined;
  /** Receives errors that no call can throw. Default: standard error. */
  readonly logger?: Logger | undefined;
}

/** {@link RelayRule}, checked, for one direction. */
export interface ResolvedRule {
  readonly pattern: ChannelPattern;
  readonly from: string | undefined;
  readonly maxPerSecond: number;
  readonly isReliable: boolean;
}

/** {@link RelayOptions}, checked, with defaults. */
export interface ResolvedRelayOptions {
  readonly sides: readonly [RelaySide, RelaySide];
  readonly rules: readonly ResolvedRule[];
  readonly maxHops: number;
  readonly maxChannels: number;
  readonly logger: Logger;
}

const OPERATION = "new ChannelRelay";
const DEFAULT_MAX_HOPS = 4;
const DEFAULT_MAX_CHANNELS = 1024;

/** Checks options and adds the defaults. @throws InvalidArgumentError for each option that is unknown or wrong. */
export function resolveRelayOptions(given: RelayOptions): ResolvedRelayOptions {
  const options = checkOptions(OPERATION, given, ["sides", "allow", "maxHops", "maxChannels", "logger"]);
  const { sides, allow, maxHops = DEFAULT_MAX_HOPS, maxChannels = DEFAULT_MAX_CHANNELS, logger = stderrLogger } = options;
  if (!Array.isArray(sides) || sides.length !== 2)
    throw wrongType(OPERATION, "sides", sides, "an array of two sides, each { transport, network }");
  if (!Array.isArray(allow)) throw wrongType(OPERATION, "allow", allow, "an array of rules, each { channels }");
  const checked = [checkSide(sides[0]), checkSide(sides[1])] as const;
  const networks = checked.map(({ network }) => network);
  if (networks[0] === networks[1]) throw outOfRange(OPERATION, "network", networks[1], "another name for the second network");
  return {
    sides: checked,
    rules: (allow as readonly RelayRule[]).map((rule) => resolveRule(rule, networks)),
    maxHops: checkInteger(OPERATION, "maxHops", maxHops, [1, 255]),
    maxChannels: checkInteger(OPERATION, "maxChannels", maxChannels, [1, 1 << 20]),
    logger: guardLogger(logger),
  };
}

function checkSide(given: RelaySide): RelaySide {
  const { transport, network } = checkOptions(OPERATION, given, ["transport", "network"]);
  if (typeof transport?.openSender !== "function") throw wrongType(OPERATION, "transport", transport, TRANSPORT_EXPECTED);
  if (NETWORK_NAME.test(checkString(OPERATION, "network", network))) return { transport, network: network! };
  throw outOfRange(OPERATION, "network", network, "1 to 64 letters, digits, dots, - and _");
}

function resolveRule(given: RelayRule, networks: readonly string[]): ResolvedRule {
  const {
    channels,
    from,
    maxPerSecond,
    reliable = false,
  } = checkOptions(OPERATION, given, ["channels", "from", "maxPerSecond", "reliable"]);
  if (from !== undefined) checkChoice(OPERATION, "from", from, networks);
  return {
    pattern: new ChannelPattern(OPERATION, channels!),
    from,
    maxPerSecond: maxPerSecond === undefined ? Number.POSITIVE_INFINITY : checkInteger(OPERATION, "maxPerSecond", maxPerSecond, [1, 1e9]),
    isReliable: checkBoolean(OPERATION, "reliable", reliable),
  };
}
