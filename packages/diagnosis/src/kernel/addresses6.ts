/** State of the IPv6 addresses: /proc/net/if_inet6. */
import { type HostFiles, parsed, type Reading } from "../host-files.js";
import { fieldsOf, hexadecimal, linesOf } from "./fields.js";
import { networkOrderIPv6 } from "./hex-address.js";

/** An IPv6 address of an interface. */
export interface AddressState {
  /** IP literal without zone. */
  readonly address: string;
  /** Name of its interface. */
  readonly interface: string;
  /** Whether duplicate address detection still runs (RFC 4862, 5.4): nothing is sent from it yet. */
  readonly isTentative: boolean;
  /** Whether another host has the address: it is never used. */
  readonly isDuplicate: boolean;
}

/** File of the addresses. */
export const ADDRESS_FILE = "/proc/self/net/if_inet6";

const DAD_FAILED = 0x08; // IFA_F_DADFAILED and IFA_F_TENTATIVE of linux/if_addr.h
const TENTATIVE = 0x40;

/** Reads the IPv6 addresses. The format is `if6_seq_show` of net/ipv6/addrconf.c; it shows eight bits of the flags. */
export function readAddresses6(files: HostFiles): Reading<readonly AddressState[]> {
  return parsed(ADDRESS_FILE, files.read(ADDRESS_FILE), (text) =>
    linesOf(text).map((line) => {
      const [digits, , , , bits, name] = fieldsOf(line, 6);
      const flags = hexadecimal(bits);
      return {
        address: networkOrderIPv6(digits!),
        interface: name!,
        isTentative: (flags & TENTATIVE) !== 0,
        isDuplicate: (flags & DAD_FAILED) !== 0,
      };
    }),
  );
}
