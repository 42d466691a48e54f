/**
 * Messages of several types on one channel:
 *
 *     length of the type's name (1 byte) | name (ASCII) | the value, as encoded by the codec of the type
 */
import { checkChoice, outOfRange, wrongType } from "@groupcast/base";
import type { ChannelMessage } from "../channel/channel-message.js";
import { CODECS, type Codec, type CodecName, checkedCodec } from "../channel/codec.js";
import type { Subscriber } from "../channel/subscription.js";
import { CodecMismatchError } from "./codec-mismatch.js";

/** Codecs of the types of a channel, by the name of the type: 1 to 255 printable ASCII characters. */
export type TypedCodecs = Readonly<Record<string, CodecName | Codec<never, unknown>>>;

/** A value with the name of its type. */
export interface TypedMessage<Type extends string = string, Value = unknown> {
  /** Name of its type. */
  readonly type: Type;
  /** The value. */
  readonly value: Value;
}

/** Type of the values that a codec encodes. */
export type CodecInput<C> = C extends "bytes" ? Uint8Array : C extends "text" ? string : C extends Codec<infer In, infer _> ? In : unknown;
/** Type of the values that a codec decodes. */
export type CodecOutput<C> = C extends "bytes" ? Buffer : C extends "text" ? string : C extends Codec<never, infer Out> ? Out : unknown;

/** Messages that a channel with these types can publish. */
export type TypedInput<Codecs extends TypedCodecs> = {
  [Type in keyof Codecs & string]: TypedMessage<Type, CodecInput<Codecs[Type]>>;
}[keyof Codecs & string];
/** Messages that its subscribers receive. */
export type TypedOutput<Codecs extends TypedCodecs> = {
  [Type in keyof Codecs & string]: TypedMessage<Type, CodecOutput<Codecs[Type]>>;
}[keyof Codecs & string];

/** Functions for messages of some of the types, by the name of the type. */
export type SubscribersByType<Message extends TypedMessage> = {
  readonly [Type in Message["type"]]?: Subscriber<Extract<Message, TypedMessage<Type>>["value"]> | undefined;
};

type AnyCodec = Codec<unknown>;

const TYPE_NAME = /^[\x20-\x7e]{1,255}$/;

/**
 * Returns a codec for several types of messages on one channel. Publish each as `{ type, value }`; {@link byType} dispatches them.
 *
 * A message of an unknown type is undecodable, so add a new type to the subscribers first.
 *
 * @param codecs - Codec of each type.
 * @throws InvalidArgumentError for a wrong name or codec.
 */
export function typedCodec<const Codecs extends TypedCodecs>(codecs: Codecs): Codec<TypedInput<Codecs>, TypedOutput<Codecs>> {
  if (typeof codecs !== "object" || codecs === null)
    throw wrongType("typedCodec", "codecs", codecs, "an object with a codec for each type");
  const table = new Map(Object.entries(codecs).map(([type, codec]) => [checkTypeName(type), resolveCodec(type, codec)]));
  return {
    name: "typed",
    encode(message) {
      const { type, value } = (message ?? {}) as TypedMessage;
      const codec = table.get(type);
      if (codec === undefined) throw outOfRange("publish", "type", type, `one of ${[...table.keys()].join(", ")}`);
      return Buffer.concat([Buffer.from([type.length]), Buffer.from(type, "latin1"), codec.encode(value)]);
    },
    decode(bytes) {
      const end = 1 + (bytes[0] ?? 0);
      const type = bytes.toString("latin1", 1, end);
      const codec = end > bytes.length ? undefined : table.get(type);
      if (codec === undefined)
        throw new CodecMismatchError("typed", `have the type ${JSON.stringify(type)}, which the codec does not know`);
      return { type, value: codec.decode(bytes.subarray(end)) } as TypedOutput<Codecs>;
    },
  };
}

/**
 * Returns a subscriber that calls the function for the type of each message: `channel.subscribe(byType({ pose: (pose) => … }))`.
 *
 * @param subscribers - Function for each type. It receives the value and the facts about the message. Types without a function are skipped.
 * @param otherwise - Receives the messages of all other types.
 * @throws InvalidArgumentError for an argument that is not a function.
 */
export function byType<Message extends TypedMessage>(
  subscribers: SubscribersByType<Message>,
  otherwise?: Subscriber<Message>,
): Subscriber<Message> {
  if (typeof subscribers !== "object" || subscribers === null) {
    throw wrongType("byType", "subscribers", subscribers, "an object with a function for each type");
  }
  const table = new Map(Object.entries(subscribers as Record<string, Subscriber<unknown> | undefined>));
  for (const [type, subscriber] of table) if (subscriber !== undefined) checkSubscriber(type, subscriber);
  if (otherwise !== undefined) checkSubscriber("otherwise", otherwise);
  return (message: Message, facts: ChannelMessage): void | Promise<void> => {
    const subscriber = table.get(message.type);
    return subscriber === undefined ? otherwise?.(message, facts) : subscriber(message.value, facts);
  };
}

function checkSubscriber(argument: string, value: unknown): void {
  if (typeof value !== "function") throw wrongType("byType", argument, value, "a function");
}

function checkTypeName(type: string): string {
  if (TYPE_NAME.test(type)) return type;
  throw outOfRange("typedCodec", "type", type, "a name of 1 to 255 printable ASCII characters");
}

function resolveCodec(type: string, value: unknown): AnyCodec {
  if (typeof value === "string") {
    return CODECS[checkChoice("typedCodec", type, value, Object.keys(CODECS) as CodecName[])] as unknown as AnyCodec;
  }
  const { encode, decode } = Object(value) as { encode?: unknown; decode?: unknown };
  if (typeof encode === "function" && typeof decode === "function") return checkedCodec(value as AnyCodec);
  throw wrongType("typedCodec", type, value, '"bytes", "text", "json", or an object with encode() and decode()');
}
