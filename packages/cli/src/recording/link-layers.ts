/** From a captured frame to its IP packet: the link types that tcpdump and Wireshark write for UDP on Linux, macOS and Windows. */

/** An IP packet of a frame, or why there is none. */
export type Unwrapped = { readonly ip: Buffer; readonly direction?: "in" | "out" | undefined } | { readonly skipped: string };

const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, serviceVlan: 0x88a8 } as const;
const VLAN_TAG_BYTES = 4;
const MOST_TAGS = 4;
const COOKED_OUT = 4; // PACKET_OUTGOING of packet(7)

/** Reader of one link type. */
type LinkLayer = (frame: Buffer) => Unwrapped;

/** Map of link type → reader. Names and numbers: https://www.tcpdump.org/linktypes.html. */
const LINK_LAYERS: Readonly<Record<number, LinkLayer>> = {
  0: (frame) => raw(frame.subarray(4)), // NULL: the address family of the BSD that wrote it, then IP
  1: (frame) => byEthertype(frame, 12), // ETHERNET
  12: raw, // RAW as OpenBSD and some Linux tools number it
  101: raw, // RAW
  108: (frame) => raw(frame.subarray(4)), // LOOP
  113: (frame) => cooked(frame, 14, frame.length >= 2 ? frame.readUInt16BE(0) : 0), // LINUX_SLL
  228: raw, // IPV4
  229: raw, // IPV6
  276: (frame) => cooked2(frame), // LINUX_SLL2
};

/** Returns the IP packet of a frame. */
export function unwrap(linkType: number, frame: Buffer): Unwrapped {
  return LINK_LAYERS[linkType]?.(frame) ?? { skipped: `link type ${linkType}` };
}

function raw(frame: Buffer): Unwrapped {
  return frame.length === 0 ? { skipped: "empty frame" } : { ip: frame };
}

/** The type of an Ethernet frame is behind its addresses, and behind its VLAN tags (IEEE 802.1Q). */
function byEthertype(frame: Buffer, typeOffset: number): Unwrapped {
  let at = typeOffset;
  for (let tags = 0; at + 2 <= frame.length; tags++) {
    const type = frame.readUInt16BE(at);
    if (type === ETHERTYPE.ipv4 || type === ETHERTYPE.ipv6) return { ip: frame.subarray(at + 2) };
    if ((type !== ETHERTYPE.vlan && type !== ETHERTYPE.serviceVlan) || tags === MOST_TAGS) return { skipped: "not IP" };
    at += VLAN_TAG_BYTES;
  }
  return { skipped: "cut short" };
}

function cooked(frame: Buffer, typeOffset: number, packetType: number): Unwrapped {
  const unwrapped = byEthertype(frame, typeOffset);
  return "ip" in unwrapped ? { ...unwrapped, direction: packetType === COOKED_OUT ? "out" : "in" } : unwrapped;
}

/** The second cooked format begins with the protocol, and has 20 bytes; VLAN tags, where the kernel leaves them, follow. */
function cooked2(frame: Buffer): Unwrapped {
  if (frame.length < 20) return { skipped: "cut short" };
  const direction = frame[10] === COOKED_OUT ? "out" : "in";
  const type = frame.readUInt16BE(0);
  if (type === ETHERTYPE.ipv4 || type === ETHERTYPE.ipv6) return { ip: frame.subarray(20), direction };
  if (type !== ETHERTYPE.vlan && type !== ETHERTYPE.serviceVlan) return { skipped: "not IP" };
  const inner = byEthertype(frame, 22); // 20 bytes, then tag control and type
  return "ip" in inner ? { ...inner, direction } : inner;
}
