/** Options of a channel, checked once and with defaults. */
import { checkBoolean, checkChoice, checkInteger, checkOptions, wrongType } from "@groupcast/base";
import { type HistoryOptions, type ReliableOptions, type ResolvedReliable, resolveReliable } from "../reliable/reliable-options.js";
import { REPAIR_WINDOW, type ResolvedSeal, resolveSeal, type SealOptions } from "../seal/seal-options.js";
import { CODECS, type Codec, type CodecName, checkedCodec } from "./codec.js";
import { type StandardSchema, withSchema } from "./standard-schema.js";

/**
 * Options of a channel. All nodes must open a channel with the same `codec`, `schema`, `seal` and `fragment` to understand one another. The
 * others may differ.
 */
export interface ChannelOptions {
  /** Turns values into bytes: `"bytes"` (the default), `"text"`, `"json"`, or a codec of your own. */
  readonly codec?: CodecName | Codec<never, unknown> | undefined;
  /** Validates published and received values. With a schema the default codec is `"json"`. */
  readonly schema?: StandardSchema | undefined;
  /** Encrypts and authenticates messages. docs/sealed-channels.md lists what that protects and what it does not. */
  readonly seal?: SealOptions | undefined;
  /** Splits messages that are too long for one packet, up to 16 MiB. Default false. Peers without this extension receive the pieces. */
  readonly fragment?: boolean | undefined;
  /**
   * Longest time between two messages while this node subscribes, in milliseconds, 1 … 86,400,000. When it passes without a message, the
   * channel emits `deadline`. Default: no limit.
   */
  readonly deadlineMs?: number | undefined;
  /**
   * Repairs losses: publishers keep their latest packets; subscribers ask for missing ones and get messages in order. Default false. It has
   * no effect with publishers that do not repair, such as pulicast's, nor over NATS, unless a stream of JetStream keeps the messages
   * (`jetStream` of {@link NatsTransportOptions}). `statistics().reliable.by` reports which case applies.
   */
  readonly reliable?: boolean | ReliableOptions | undefined;
  /**
   * Earlier messages that a node receives when it subscribes, from publishers that are still running. It makes the channel reliable.
   * Default none.
   */
  readonly history?: HistoryOptions | undefined;
  /** Whether a node receives the latest message of each publisher when it subscribes; `history: { messages: 1 }`. Default false. */
  readonly latest?: boolean | undefined;
}

/** {@link ChannelOptions}, checked, with defaults. */
export interface ResolvedChannelOptions<In, Out> {
  readonly codec: Codec<In, Out>;
  readonly seal: ResolvedSeal | undefined;
  readonly isFragmented: boolean;
  readonly deadlineMs: number | undefined;
  readonly reliable: ResolvedReliable | undefined;
}

const LONGEST_DEADLINE_MS = 86_400_000; // a day

const DEFAULTS: ResolvedChannelOptions<Uint8Array, Buffer> = {
  codec: CODECS.bytes as unknown as Codec<Uint8Array, Buffer>,
  seal: undefined,
  isFragmented: false,
  deadlineMs: undefined,
  reliable: undefined,
};

/** Checks options and adds the defaults. @throws InvalidArgumentError for each option that is unknown or wrong. */
export function resolveChannelOptions<In, Out>(given: ChannelOptions | undefined): ResolvedChannelOptions<In, Out> {
  if (given === undefined) return DEFAULTS as unknown as ResolvedChannelOptions<In, Out>; // ten thousand channels share one object
  const options = checkOptions("channel", given, ["codec", "schema", "seal", "fragment", "deadlineMs", "reliable", "history", "latest"]);
  const { codec, schema, seal, fragment = false, deadlineMs, latest = false } = options;
  const { reliable: asked, history } = options;
  const reliable = resolveReliable("channel", { reliable: asked, history, latest: checkBoolean("channel", "latest", latest) });
  const plain = resolveCodec(codec ?? (schema === undefined ? "bytes" : "json"));
  return {
    codec: (schema === undefined ? plain : withSchema(plain, checkSchema(schema))) as unknown as Codec<In, Out>,
    seal: seal === undefined ? undefined : { ...resolveSeal("channel", seal), ...(reliable && { window: REPAIR_WINDOW }) },
    isFragmented: checkBoolean("channel", "fragment", fragment),
    deadlineMs: deadlineMs === undefined ? undefined : checkInteger("channel", "deadlineMs", deadlineMs, [1, LONGEST_DEADLINE_MS]),
    reliable,
  };
}

function resolveCodec(value: unknown): Codec<unknown> {
  if (typeof value === "string") {
    const name = checkChoice("channel", "codec", value, Object.keys(CODECS) as CodecName[]);
    return CODECS[name] as unknown as Codec<unknown>;
  }
  const { encode, decode } = (value ?? {}) as { encode?: unknown; decode?: unknown };
  if (typeof encode === "function" && typeof decode === "function") return checkedCodec(value as Codec<unknown>);
  throw wrongType("channel", "codec", value, '"bytes", "text", "json", or an object with encode() and decode()');
}

function checkSchema(schema: StandardSchema): StandardSchema {
  if (typeof schema?.["~standard"]?.validate === "function") return schema;
  throw wrongType("channel", "schema", schema, "a Standard Schema, as zod, valibot and arktype make it");
}
