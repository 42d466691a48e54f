/** How the values of a channel become bytes, and values again. */
import { checkBytes, checkString, wrongType } from "@groupcast/base";

/** Turns what is published into bytes, and bytes into what is received. Both may throw; then the message is refused, or undecodable. */
export interface Codec<In, Out = In> {
  readonly name: string;
  encode(value: In): Uint8Array;
  /** @param bytes - The receiver's own; to keep or change. */
  decode(bytes: Buffer): Out;
}

/** Bytes as they are. What is received is shared by the subscribers of the channel. */
export const bytesCodec: Codec<Uint8Array, Buffer> = {
  name: "bytes",
  encode: (value) => checkBytes("publish", "value", value),
  decode: (bytes) => bytes,
};

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text as UTF-8; bytes that are no UTF-8 are undecodable. */
export const textCodec: Codec<string> = {
  name: "text",
  encode: (value) => Buffer.from(checkString("publish", "value", value), "utf8"),
  decode: (bytes) => strictUtf8.decode(bytes),
};

/** JSON (RFC 8259) as UTF-8. */
export const jsonCodec: Codec<unknown> = {
  name: "json",
  encode(value) {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw wrongType("publish", "value", value, "something that JSON has");
    return Buffer.from(text, "utf8");
  },
  decode: (bytes) => JSON.parse(strictUtf8.decode(bytes)) as unknown,
};

/** Name of a codec that comes with the package. */
export type CodecName = "bytes" | "text" | "json";

/** Name → codec. */
export const CODECS: Readonly<Record<CodecName, Codec<never, unknown>>> = { bytes: bytesCodec, text: textCodec, json: jsonCodec };
