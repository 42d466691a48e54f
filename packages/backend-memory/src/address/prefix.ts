/** Subnets: their members, their broadcast address and their n-th host. */
import { isIP } from "node:net";
import { BACKEND_ERRORS } from "@groupcast/backend";
import { InvalidArgumentError } from "@groupcast/base";
import { addressFromBytes, type IpAddress, parseIpAddress } from "./ip-address.js";

/** An address with the length of its network part, as in `10.0.0.1/24`. */
export class Prefix {
  readonly address: IpAddress;
  readonly length: number; // bits

  constructor(address: IpAddress, length: number) {
    this.address = address;
    this.length = length;
  }

  /**
   * Parses `10.0.0.1/24` or `fd00::1/64`.
   *
   * @throws InvalidArgumentError `ERR_ADDRESS_NOT_IP`, which names `operation` and `argument`.
   */
  static parse(text: string, operation: string, argument: string): Prefix {
    const [literal = "", bits, ...rest] = text.split("/");
    const family = isIP(literal);
    const length = Number(bits);
    const isLength = bits !== undefined && bits !== "" && Number.isInteger(length) && length >= 0 && length <= (family === 4 ? 32 : 128);
    if (family === 0 || literal.includes("%") || !isLength || rest.length > 0) {
      const meaning = "is not an address with a prefix length";
      const advice = 'write it as in "10.0.0.1/24"';
      throw new InvalidArgumentError(BACKEND_ERRORS.ERR_ADDRESS_NOT_IP, { operation, argument, value: text, meaning, advice });
    }
    return new Prefix(parseIpAddress(literal).address, length);
  }

  /** Whether `address` lies in this subnet. */
  contains(address: IpAddress): boolean {
    if (address.family !== this.address.family) return false;
    const whole = this.length >> 3;
    const own = this.address.bytes;
    for (let index = 0; index < whole; index++) if (own[index] !== address.bytes[index]) return false;
    const mask = (0xff00 >> (this.length & 7)) & 0xff;
    return mask === 0 || (own[whole]! & mask) === (address.bytes[whole]! & mask);
  }

  /** The directed broadcast address; IPv4 subnets of two or more hosts have one (RFC 3021). */
  get broadcast(): IpAddress | undefined {
    if (this.address.family === 6 || this.length > 30) return undefined;
    return addressFromBytes(this.#withHostBits(0xff));
  }

  /** Number of hosts that {@link host} has addresses for; the network and the broadcast address are not among them. */
  get hostCount(): number {
    const bits = this.address.bytes.length * 8 - this.length;
    return bits >= 31 ? 2 ** 31 - 2 : 2 ** bits - 2;
  }

  /** Address of host `number`; the first of the subnet is 1. */
  host(number: number): IpAddress {
    const bytes = this.#withHostBits(0);
    let rest = number;
    for (let index = bytes.length - 1; rest > 0 && index >= 0; index--) {
      bytes[index]! |= rest & 0xff;
      rest = Math.floor(rest / 256);
    }
    return addressFromBytes(bytes);
  }

  toString(): string {
    return `${this.address.text}/${this.length}`;
  }

  #withHostBits(fill: number): Uint8Array {
    return this.address.bytes.map((byte, index) => {
      const networkBits = Math.min(8, Math.max(0, this.length - 8 * index));
      const mask = (0xff00 >> networkBits) & 0xff;
      return (byte & mask) | (fill & ~mask & 0xff);
    });
  }
}
