/** Codecs: they turn the values of a channel into bytes, and bytes into values. */
import { bytesLength, isUint8Array, watchRejection, wrongType } from "@groupcast/base";

/** Turns published values into bytes, and received bytes into values. */
export interface Codec<In, Out = In> {
  /** Name, for display. */
  readonly name: string;
  /** Returns the bytes of a value. May throw: `publish()` throws the error. */
  encode(value: In): Uint8Array;
  /**
   * Returns the value of a message. May throw: the channel then counts the message as undecodable and emits `undecodable`.
   *
   * @param bytes - The codec owns them and may keep or change them.
   */
  decode(bytes: Buffer): Out;
}

/** Bytes without conversion. The subscribers of a channel share one Buffer for each message; those with 256 waiting messages get a copy. */
export const bytesCodec: Codec<Uint8Array, Buffer> = {
  name: "bytes",
  encode(value) {
    if (isHonest(value)) return value;
    throw wrongType("publish", "value", value, 'a Uint8Array, or a channel with codec: "text" or "json"');
  },
  decode: (bytes) => bytes,
};

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text as UTF-8. Bytes that are not UTF-8 are undecodable. */
export const textCodec: Codec<string> = {
  name: "text",
  encode(value) {
    if (typeof value === "string") return Buffer.from(value, "utf8");
    throw wrongType("publish", "value", value, 'a string, or a channel with codec: "bytes" or "json"');
  },
  decode: (bytes) => strictUtf8.decode(bytes),
};

/** JSON (RFC 8259) as UTF-8. Values without a JSON form, such as functions, are refused. */
export const jsonCodec: Codec<unknown> = {
  name: "json",
  encode(value) {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw wrongType("publish", "value", value, "a value that JSON can represent");
    return Buffer.from(text, "utf8");
  },
  decode: (bytes) => JSON.parse(strictUtf8.decode(bytes)) as unknown,
};

/** Returns a codec of the user's whose results are checked: text, too, has a length, and would travel as zeros. */
export function checkedCodec<In, Out>(codec: Codec<In, Out>): Codec<In, Out> {
  return {
    name: codec.name,
    encode(value) {
      const bytes: unknown = codec.encode(value);
      if (isHonest(bytes)) return bytes;
      watchRejection(bytes, () => {}); // of an encode() that is async by mistake: nobody needs its outcome
      throw wrongType("publish", "result of the codec's encode()", bytes, "a Uint8Array, such as Buffer.from(text)");
    },
    decode: (bytes) => codec.decode(bytes),
  };
}

/** Name of a built-in codec. */
export type CodecName = "bytes" | "text" | "json";

/** Name → codec. */
export const CODECS: Readonly<Record<CodecName, Codec<never, unknown>>> = { bytes: bytesCodec, text: textCodec, json: jsonCodec };

/** Whether a value is bytes whose `length` is theirs: all that a packet goes through asks for it. */
function isHonest(value: unknown): value is Uint8Array {
  return isUint8Array(value) && value.length === bytesLength(value);
}
