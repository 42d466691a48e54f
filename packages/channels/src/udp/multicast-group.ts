import { checkWireName } from "../contract/channel-name.js";

const SDBM_FACTOR = 65_599; // c + (h << 6) + (h << 16) - h, in one multiplication
const GROUP_BITS = 0x7f_ffff; // the 23 bits that an Ethernet multicast address keeps of an IPv4 group (RFC 1112, 6.4)

/**
 * Returns the multicast group of a channel: 239.0.0.0 plus the low 23 bits of the sdbm hash of its name (RFC 2365 leaves 239/8 to sites).
 *
 * Two names may share a group (an even chance at some 3,400 channels), so the name travels in each datagram, too.
 *
 * @param name - Full name: ASCII, at most 255 characters; "" is on 239.0.0.0.
 * @returns The group as an IPv4 literal, `"239.69.209.50"`.
 * @throws InvalidArgumentError `ERR_CHANNEL_NAME`, `ERR_ARGUMENT_TYPE`.
 */
export function multicastGroupForChannel(name: string): string {
  checkWireName("find the multicast group", name);
  let hash = 0;
  // 32 bits are enough: only the low 23 count, and carries go upwards only.
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, SDBM_FACTOR) + name.charCodeAt(i)) | 0;
  const host = hash & GROUP_BITS;
  return `239.${host >>> 16}.${(host >>> 8) & 0xff}.${host & 0xff}`;
}
