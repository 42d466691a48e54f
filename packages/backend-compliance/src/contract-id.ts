/** Areas of the contract, in the order of the document. */
export const AREAS = {
  LIFE: "Life of a socket",
  ADDR: "Addresses",
  RX: "Receiving",
  TX: "Sending",
  MC: "Multicast",
  OPT: "Options",
  ERR: "Errors",
  RES: "Resources",
} as const;

/** Prefix of a {@link ContractId}. */
export type Area = keyof typeof AREAS;

/** Identifies a contract, and never another one: `"MC-3"`; for options, which come from a table, `"OPT-multicastTtl-2"`. */
export type ContractId = `${Area}-${string}`;

/** Returns the area that an id begins with. */
export function areaOf(id: ContractId): Area {
  return id.slice(0, id.indexOf("-")) as Area;
}
