/** Prefix of a {@link ContractId}. */
export type Area = "LIFE" | "ADDR" | "RX" | "TX" | "MC" | "OPT" | "ERR" | "RES";

/** Areas of the contract with their headings, in the order of the document. */
export const AREAS: Readonly<Record<Area, string>> = {
  LIFE: "Life of a socket",
  ADDR: "Addresses",
  RX: "Receiving",
  TX: "Sending",
  MC: "Multicast",
  OPT: "Options",
  ERR: "Errors",
  RES: "Resources",
};

/** Identifies a contract, and never another one: `"MC-3"`; for options, which come from a table, `"OPT-multicastTtl-2"`. */
export type ContractId = `${Area}-${string}`;

/** Returns the area that an id begins with. */
export function areaOf(id: ContractId): Area {
  return id.slice(0, id.indexOf("-")) as Area;
}
