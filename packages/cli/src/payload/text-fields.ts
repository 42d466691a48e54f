/** Returns the UTF-8 text of a field of `maxBytes` that ends at its first NUL. Bytes that are no UTF-8 become U+FFFD. */
export function bytesUntilNul(bytes: Buffer, start: number, maxBytes: number): string {
  const field = bytes.subarray(start, start + maxBytes);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? field.length : end);
}
