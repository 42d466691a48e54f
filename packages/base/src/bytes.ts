/** Bytes as a program gives them: what V8 knows of them, whatever their own properties, subclasses and proxies say. */
import { types } from "node:util";

const lengthOfTypedArray = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "length")!.get!;

/** Whether a value is a Uint8Array; a Buffer is one, and so is one of another realm (`node:vm`, Jest). A proxy of one has no bytes. */
export const isUint8Array: (value: unknown) => value is Uint8Array = types.isUint8Array;

/**
 * Returns the length of bytes. Memory of others must be read and sent by this one: a `length` of the program's own may be too large.
 * (`byteLength` is the same number, but a call in V8 of Node 20.)
 */
export const bytesLength: (bytes: Uint8Array) => number = Function.prototype.call.bind(lengthOfTypedArray);

/** Returns a copy of the parts, one behind the other. `Buffer.concat` would ask each for its `length`. */
export function joinBytes(parts: readonly Uint8Array[]): Buffer {
  const joined = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + bytesLength(part), 0));
  let end = 0;
  for (const part of parts) {
    joined.set(part, end);
    end += bytesLength(part);
  }
  return joined;
}
