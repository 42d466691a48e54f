import { checkBoolean, checkInteger, checkString, outOfRange, wrongType } from "@groupcast/base";
import type { LcmReader } from "./lcm-reader.js";
import type { LcmWriter } from "./lcm-writer.js";

/** Name of a primitive type of LCM, with the type of its values here. */
export interface LcmPrimitives {
  /** An integer, −128 … 127. */
  int8_t: number;
  /** An integer of 16 bits. */
  int16_t: number;
  /** An integer of 32 bits. */
  int32_t: number;
  /** An integer of 64 bits. */
  int64_t: bigint;
  /** An integer, 0 … 255. An array of them, in its last dimension, is a `Uint8Array`. */
  byte: number;
  /** A number, rounded to 32 bits. */
  float: number;
  /** A number. */
  double: number;
  /** Text without the character 0. */
  string: string;
  /** `true` or `false`. */
  boolean: boolean;
}

/** Reads and writes the values of a type. */
export interface LcmForm {
  /** Length of the shortest value, in bytes. */
  readonly minBytes: number;
  /** Writes a value. @param name - Of its field, for errors. @throws InvalidArgumentError when the value does not belong to the type. */
  write(writer: LcmWriter, name: string, value: unknown): void;
  /** Reads a value. @throws CodecMismatchError when the bytes contain none. */
  read(reader: LcmReader): unknown;
}

const INT64 = 2n ** 63n;

/** Returns the form of a number of `bytes` bytes. */
function number(bytes: 4 | 8): LcmForm {
  return {
    minBytes: bytes,
    write(writer, name, value) {
      if (typeof value !== "number") throw wrongType("publish", name, value, "a number");
      const at = writer.grow(bytes);
      if (bytes === 4) writer.buffer.writeFloatBE(value, at);
      else writer.buffer.writeDoubleBE(value, at);
    },
    read: (reader) => {
      const at = reader.skip(bytes);
      return bytes === 4 ? reader.buffer.readFloatBE(at) : reader.buffer.readDoubleBE(at);
    },
  };
}

/** Returns the form of an integer of `bytes` bytes. */
function integer(bytes: 1 | 2 | 4): LcmForm {
  const limit = 2 ** (8 * bytes - 1);
  return {
    minBytes: bytes,
    write(writer, name, value) {
      const checked = checkInteger("publish", name, value, [-limit, limit - 1]);
      const at = writer.grow(bytes);
      writer.buffer.writeIntBE(checked, at, bytes);
    },
    read: (reader) => reader.buffer.readIntBE(reader.skip(bytes), bytes),
  };
}

const INTEGER_64: LcmForm = {
  minBytes: 8,
  write(writer, name, value) {
    if (typeof value !== "bigint") throw wrongType("publish", name, value, "a bigint, such as 1n or BigInt(1)");
    if (value < -INT64 || value >= INT64) throw outOfRange("publish", name, value, "an integer of 64 bits");
    const at = writer.grow(8);
    writer.buffer.writeBigInt64BE(value, at);
  },
  read: (reader) => reader.buffer.readBigInt64BE(reader.skip(8)),
};

const BYTE: LcmForm = {
  minBytes: 1,
  write(writer, name, value) {
    const checked = checkInteger("publish", name, value, [0, 255]);
    const at = writer.grow(1);
    writer.buffer.writeUInt8(checked, at);
  },
  read: (reader) => reader.buffer.readUInt8(reader.skip(1)),
};

const BOOLEAN: LcmForm = {
  minBytes: 1,
  write(writer, name, value) {
    const checked = checkBoolean("publish", name, value);
    const at = writer.grow(1);
    writer.buffer.writeUInt8(checked ? 1 : 0, at);
  },
  read(reader) {
    const value = reader.buffer.readUInt8(reader.skip(1));
    if (value > 1) reader.refuse(`have a boolean of ${value}`);
    return value === 1;
  },
};

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Length including the final 0 (4 bytes), the text in UTF-8, and 0. */
const STRING: LcmForm = {
  minBytes: 5,
  write(writer, name, value) {
    const text = checkString("publish", name, value);
    // C reads up to the first 0, so it would lose the rest.
    if (text.includes("\0")) throw outOfRange("publish", name, value, "text without the character 0");
    const bytes = Buffer.byteLength(text) + 1;
    const at = writer.grow(4 + bytes);
    writer.buffer.writeInt32BE(bytes, at);
    writer.buffer.write(`${text}\0`, at + 4, "utf8");
  },
  read(reader) {
    const bytes = reader.buffer.readInt32BE(reader.skip(4));
    if (bytes < 1) reader.refuse(`have a string of ${bytes} bytes, although its final 0 takes one`);
    const at = reader.skip(bytes);
    if (reader.buffer[at + bytes - 1] !== 0) reader.refuse("have a string that does not end with 0");
    return strictUtf8.decode(reader.buffer.subarray(at, at + bytes - 1));
  },
};

/** Name of a primitive type → its form. */
export const LCM_PRIMITIVES: Readonly<Record<keyof LcmPrimitives, LcmForm>> = {
  int8_t: integer(1),
  int16_t: integer(2),
  int32_t: integer(4),
  int64_t: INTEGER_64,
  byte: BYTE,
  float: number(4),
  double: number(8),
  string: STRING,
  boolean: BOOLEAN,
};

/** Names of the types that can hold the length of an array. */
export const LCM_LENGTHS: ReadonlySet<unknown> = new Set(["int8_t", "int16_t", "int32_t", "int64_t"]);

/** Whether a value is the name of a primitive type. */
export function isLcmPrimitive(value: unknown): value is keyof LcmPrimitives {
  return typeof value === "string" && Object.hasOwn(LCM_PRIMITIVES, value);
}
