/**
 * Number of forged packets after which a key has to be rotated: RFC 9147, 4.5.3 has this limit for ChaCha20-Poly1305. There a connection
 * ends; a group goes on, as anybody can forge packets and must not close the channel by it.
 */
export const MAX_FORGERIES: number = 2 ** 36;
