/** The interfaces of the host that contracts are tried on, with their addresses: name → addresses with prefix length. */
export const INTERFACES: Readonly<Record<string, readonly string[]>> = {
  net0: ["10.77.0.1/24", "10.77.0.2/24", "fd77::1/64", "fd77::2/64"],
  net1: ["10.77.1.1/24", "10.77.1.2/24", "fd77:1::1/64", "fd77:1::2/64"],
};
