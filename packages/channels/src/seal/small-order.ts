/**
 * Points of small order on the curve of Ed25519, as the y coordinates that 32 bytes can spell (RFC 8032, 5.1.3; libsodium refuses the same
 * ones). Everybody can sign for them, without a private key: a signature of the identity and zeroes is right for one message in eight or
 * more. RFC 8032 leaves them to the caller, and the versions of OpenSSL differ. 32 zeroes, a placeholder, are one of them.
 */
const Y_COORDINATES: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000", // order 4
  "0100000000000000000000000000000000000000000000000000000000000000", // order 1
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2: p - 1
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p, another spelling of 0
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 1, another spelling of 1
]);

/** Whether the 32 bytes of a public key are a point of small order. */
export function isSmallOrder(point: Uint8Array): boolean {
  const y = Buffer.from(point);
  y[31]! &= 0x7f; // the sign of x
  return Y_COORDINATES.has(y.toString("hex"));
}
