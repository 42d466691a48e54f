import { checkBoolean, checkInteger, checkOptions, wrongType } from "@groupcast/base";
import type { Codec } from "../channel/codec.js";
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import { checkMessagePack, MAX_MESSAGEPACK_DEPTH } from "./messagepack-bounds.js";

/** Options of {@link loadMessagePackCodec}. */
export interface MessagePackOptions {
  /**
   * Whether integers of 64 bits are `bigint`s: every integer received in 8 bytes, however small, and published bigints. Default false:
   * integers are numbers, and a message with one that a number cannot represent is undecodable.
   */
  readonly bigint?: boolean | undefined;
  /** Largest number of values in a received message, including those in arrays and maps, 1 … 16,777,216. Default 1,048,576. */
  readonly maxValues?: number | undefined;
}

/** Exports of the library. It is an optional peer, so only programs that use the codec install and load it. */
type MessagePackLibrary = typeof import("@msgpack/msgpack");

const DEFAULT_VALUES = 1_048_576;
const MOST_VALUES = 16_777_216; // one byte each in the longest message

/**
 * Loads the MessagePack codec (msgpack.org): the values of JSON, bytes and times, in fewer bytes, for peers in any language.
 *
 * It needs `npm install @msgpack/msgpack`. The codec checks received bytes before it decodes them: all announced elements must be present,
 * in at most 100 nested arrays and maps.
 *
 * @returns A promise of the codec: pass it to `node.channel()`. Rejects with InvalidArgumentError for an option that is unknown or wrong, and
 * with ChannelStateError `ERR_MESSAGEPACK_MISSING`.
 */
export async function loadMessagePackCodec(options?: MessagePackOptions): Promise<Codec<unknown>> {
  const operation = "loadMessagePackCodec";
  const { bigint = false, maxValues = DEFAULT_VALUES } = checkOptions(operation, options, ["bigint", "maxValues"]);
  checkBoolean(operation, "bigint", bigint);
  checkInteger(operation, "maxValues", maxValues, [1, MOST_VALUES]);
  const { encode, decode } = await load(operation);
  const bounds = { maxValues, takesBigIntegers: bigint };
  return {
    name: "messagepack",
    encode(value) {
      try {
        return encode(value, { useBigInt64: bigint, maxDepth: MAX_MESSAGEPACK_DEPTH });
      } catch {
        throw wrongType("publish", "value", value, "a value that MessagePack can represent, in at most 100 nested arrays and maps");
      }
    },
    decode(bytes) {
      checkMessagePack(bytes, bounds);
      return decode(bytes, { useBigInt64: bigint });
    },
  };
}

async function load(operation: string): Promise<MessagePackLibrary> {
  try {
    return await import("@msgpack/msgpack"); // in `try`: bundlers then only warn where it is not installed
  } catch (cause) {
    throw new ChannelStateError(CHANNEL_ERRORS.ERR_MESSAGEPACK_MISSING, operation, {}, cause);
  }
}
