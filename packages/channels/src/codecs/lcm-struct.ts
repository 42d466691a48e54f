import { bytesLength, checkInteger, checkString, isUint8Array, outOfRange, wrongType } from "@groupcast/base";
import type { Codec } from "../channel/codec.js";
import { type FingerprintMember, lcmFingerprint } from "./lcm-fingerprint.js";
import { isLcmPrimitive, LCM_LENGTHS, LCM_PRIMITIVES, type LcmForm, type LcmPrimitives } from "./lcm-primitives.js";
import { LcmReader } from "./lcm-reader.js";
import { LcmWriter } from "./lcm-writer.js";

/** Type of a member: the name of a primitive type, or a struct. */
export type LcmType = keyof LcmPrimitives | LcmStruct<unknown>;

/** Member of a struct: a type. An array is a type with its dimensions, each a number or the name of an earlier member. */
export type LcmMember = LcmType | readonly [type: LcmType, ...dimensions: (number | string)[]];

/** Members of a struct, by name, in the order of the declaration. */
export type LcmMembers = Readonly<Record<string, LcmMember>>;

/** Type of the values of an {@link LcmType}. */
export type LcmTypeValue<T> = T extends keyof LcmPrimitives ? LcmPrimitives[T] : T extends LcmStruct<infer V> ? V : never;

/** Type of an array of `T` with these dimensions. */
export type LcmArrayValue<T, Dimensions extends readonly unknown[]> = Dimensions extends readonly [unknown, ...infer Inner]
  ? Inner extends readonly []
    ? T extends "byte"
      ? Uint8Array
      : readonly LcmTypeValue<T>[]
    : readonly LcmArrayValue<T, Inner>[]
  : LcmTypeValue<T>;

/** Type of the values of a struct with these members. */
export type LcmValue<Members extends LcmMembers> = {
  readonly [Name in keyof Members]: Members[Name] extends readonly [infer T, ...infer Dimensions]
    ? LcmArrayValue<T, Dimensions>
    : LcmTypeValue<Members[Name]>;
};

/** A struct of LCM: a codec that writes the fingerprint before each value, and a type for members of other structs. */
export interface LcmStruct<Value> extends Codec<Value> {
  /** Fingerprint, 64 bits. Another program has the same type if its fingerprint is the same. */
  readonly fingerprint: bigint;
}

/** A member, checked. */
interface Field extends FingerprintMember {
  readonly form: LcmForm;
  readonly isBytes: boolean; // whether its innermost arrays are bytes
  readonly minBytes: number; // of the shortest value
}

type Struct = Record<string, unknown>;

const FINGERPRINT_BYTES = 8;
const LARGEST_DIMENSION = 2 ** 31 - 1;
const NAME = /^[A-Za-z_]\w*$/;
const forms = new WeakMap<object, LcmForm>();

/**
 * Declares a struct of LCM, as a `.lcm` file does: `int16_t ranges[count]` is `ranges: ["int16_t", "count"]`.
 *
 * The codec follows the "LCM Type Specification Language", so LCM's programs and this one read each other's values. As in LCM, the publisher
 * sets the member that contains the length of an array, and it must match the array. A struct cannot contain itself.
 *
 * @param name - Name of the type, for error messages. The fingerprint does not depend on it.
 * @param members - Members in the order of the declaration. Write the value of a constant that is a dimension.
 * @returns A codec: pass it to `node.channel()`.
 * @throws InvalidArgumentError for a member that cannot be declared.
 */
export function lcmStruct<const Members extends LcmMembers>(name: string, members: Members): LcmStruct<LcmValue<Members>> {
  checkString("lcmStruct", "name", name);
  if (typeof members !== "object" || members === null) throw wrongType("lcmStruct", "members", members, "an object with the members");
  const fields: Field[] = [];
  for (const [member, declared] of Object.entries(members)) fields.push(fieldOf(member, declared, fields));
  const form = structForm(fields);
  const fingerprint = lcmFingerprint(fields);
  const codec = {
    name,
    fingerprint,
    encode(value: unknown): Uint8Array {
      const writer = new LcmWriter();
      const at = writer.grow(FINGERPRINT_BYTES);
      writer.buffer.writeBigUInt64BE(fingerprint, at);
      form.write(writer, "value", value);
      return writer.finish();
    },
    decode(bytes: Buffer): unknown {
      const reader = new LcmReader(name, bytes);
      const found = bytes.readBigUInt64BE(reader.skip(FINGERPRINT_BYTES));
      if (found !== fingerprint) reader.refuse(`have the fingerprint ${found.toString(16)} instead of ${fingerprint.toString(16)}`);
      const value = form.read(reader);
      reader.finish();
      return value;
    },
  };
  forms.set(codec, form);
  return codec as unknown as LcmStruct<LcmValue<Members>>;
}

function fieldOf(name: string, declared: unknown, earlier: readonly Field[]): Field {
  if (!NAME.test(name)) throw outOfRange("lcmStruct", "members", name, "a name of letters, digits and _ that does not begin with a digit");
  const [type, ...dimensions] = Array.isArray(declared) ? (declared as unknown[]) : [declared];
  const form = isLcmPrimitive(type) ? LCM_PRIMITIVES[type] : forms.get(Object(type));
  if (form === undefined)
    throw wrongType("lcmStruct", name, type, `one of ${Object.keys(LCM_PRIMITIVES).join(", ")}, or a result of lcmStruct()`);
  for (const dimension of dimensions) checkDimension(name, dimension, earlier);
  const isBytes = type === "byte" && dimensions.length > 0;
  const mark = isLcmPrimitive(type) ? type : (type as LcmStruct<unknown>).fingerprint;
  const member = { name, type: mark, dimensions: dimensions as (number | string)[], form, isBytes };
  return { ...member, minBytes: minBytesOf(form, member.dimensions) };
}

function checkDimension(name: string, dimension: unknown, earlier: readonly Field[]): void {
  if (typeof dimension !== "string") {
    checkInteger("lcmStruct", name, dimension, [0, LARGEST_DIMENSION]);
    return;
  }
  const length = earlier.find((field) => field.name === dimension);
  if (length !== undefined && length.dimensions.length === 0 && LCM_LENGTHS.has(length.type)) return;
  throw outOfRange("lcmStruct", name, dimension, "as a dimension a number, or the name of an earlier integer member");
}

/** Returns the length of the shortest array with these dimensions, in bytes: 0 when another member has one of its lengths. */
function minBytesOf({ minBytes }: LcmForm, dimensions: readonly (number | string)[]): number {
  return dimensions.reduce<number>((product, dimension) => product * (typeof dimension === "number" ? dimension : 0), minBytes);
}

function structForm(fields: readonly Field[]): LcmForm {
  return {
    minBytes: fields.reduce((sum, { minBytes }) => sum + minBytes, 0),
    write(writer, name, value) {
      if (typeof value !== "object" || value === null) throw wrongType("publish", name, value, "an object with the members of the struct");
      for (const field of fields) {
        writeArray(writer, field, (value as Struct)[field.name], lengthsOf(field, value as Struct));
      }
    },
    read(reader) {
      const value: Struct = {};
      for (const field of fields) {
        // Not by assignment, because a member may be called __proto__.
        const read = readArray(reader, field, lengthsOf(field, value));
        Object.defineProperty(value, field.name, { value: read, writable: true, enumerable: true, configurable: true });
      }
      return value;
    },
  };
}

function lengthsOf({ dimensions }: Field, value: Struct): number[] {
  return dimensions.map((dimension) => (typeof dimension === "number" ? dimension : Number(value[dimension])));
}

function writeArray(writer: LcmWriter, field: Field, value: unknown, [length, ...inner]: readonly number[]): void {
  const { name, form, isBytes } = field;
  if (length === undefined) {
    form.write(writer, name, value);
    return;
  }
  const isInnermost = isBytes && inner.length === 0;
  const isRight = isInnermost ? isUint8Array(value) : Array.isArray(value);
  if (!isRight) throw wrongType("publish", name, value, isInnermost ? "a Uint8Array" : "an array");
  const elements = value as Uint8Array | readonly unknown[];
  const given = isUint8Array(elements) ? bytesLength(elements) : elements.length;
  if (given !== length) throw outOfRange("publish", name, given, `as its length ${length}, as declared`);
  if (isUint8Array(elements)) {
    const at = writer.grow(length);
    writer.buffer.set(elements, at);
  } else for (const element of elements) writeArray(writer, field, element, inner);
}

function readArray(reader: LcmReader, field: Field, [length, ...inner]: readonly number[]): unknown {
  if (length === undefined) return field.form.read(reader);
  if (field.isBytes && inner.length === 0) return readBytes(reader, length);
  reader.announce(length, minBytesOf(field.form, field.dimensions.slice(field.dimensions.length - inner.length)));
  return Array.from({ length }, () => readArray(reader, field, inner));
}

function readBytes(reader: LcmReader, length: number): Buffer {
  if (length < 0) reader.refuse(`have an array of ${length} elements`);
  const at = reader.skip(length);
  return reader.buffer.subarray(at, at + length);
}
