// Stands in for node:net: IP literals.

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[\da-f]{1,4}$/i;
const LEADING_ZERO = /(?:^|\.)0\d/;

/** @param {string} text */
export function isIPv4(text) {
  return IPV4.test(text) && !LEADING_ZERO.test(text);
}

/** @param {string} text */
export function isIPv6(text) {
  const [literal = "", zone] = text.split("%");
  return zone !== "" && groupsOf(literal) !== undefined;
}

/** @param {string} text */
export function isIP(text) {
  if (isIPv4(text)) return 4;
  return isIPv6(text) ? 6 : 0;
}

/** One spelling for each IPv6 address (RFC 5952), by the parser of URLs, which has the same rule. */
export class SocketAddress {
  /** @param {{ address: string }} parts */
  constructor({ address }) {
    this.address = withDots(new URL(`http://[${address}]/`).hostname.slice(1, -1));
  }
}

const MAPPED = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;

/** Node writes a mapped IPv4 address with dots. @param {string} address */
function withDots(address) {
  const [, high, low] = MAPPED.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const bytes = [high, low].flatMap((half) => [Number.parseInt(half, 16) >> 8, Number.parseInt(half, 16) & 0xff]);
  return `::ffff:${bytes.join(".")}`;
}

/** The eight groups, those of "::" left out; undefined if it is no address. @param {string} literal */
function groupsOf(literal) {
  const halves = literal.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const dotted = isIPv4(last) ? 1 : 0;
  const plain = dotted === 1 ? groups.slice(0, -1) : groups;
  const length = groups.length + dotted;
  const isWhole = halves.length === 2 ? length < 8 : length === 8;
  return isWhole && plain.every((group) => GROUP.test(group)) ? groups : undefined;
}
