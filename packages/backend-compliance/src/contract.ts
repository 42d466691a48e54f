import type { Capability, Family } from "@groupcast/backend";
import type { HostNeed } from "./host-needs.js";
import type { Lab } from "./lab.js";

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

/** Stable, and never given to another contract: `"MC-3"`; of options, which come from a table, `"OPT-multicastTtl-2"`. */
export type ContractId = `${Area}-${string}`;

/** What a contract is put to: the waist itself, or a reactor's port on top of it. */
export type Access = "bare" | "reactor";

/** One promise of a backend, or of a reactor on a backend, that can be put to the test. */
export interface Contract {
  readonly id: ContractId;
  /** What is promised, and when. */
  readonly title: string;
  /** `both`: the bare socket and the port promise the same. */
  readonly access: Access | "both";
  /** A backend that lacks one of these must refuse to be asked for it. */
  readonly needs: readonly Capability[];
  /** What only some hosts have. */
  readonly host: readonly HostNeed[];
  /** The IP versions it has a meaning for. */
  readonly families: readonly Family[];
  /** Where the promise comes from: an RFC, a man page, a kernel file, a decision. */
  readonly why: string;
  /** @throws AssertionError when the promise is broken. */
  run(lab: Lab): void | Promise<void>;
}

/** A contract as it is written down; what is left out asks for nothing. */
export interface ContractDraft extends Pick<Contract, "id" | "title" | "access" | "why" | "run"> {
  readonly needs?: readonly Capability[];
  readonly host?: readonly HostNeed[];
  readonly families?: readonly Family[];
}

/** Fills in what was left out. */
export function contracts(drafts: readonly ContractDraft[]): readonly Contract[] {
  return drafts.map((draft) => ({ needs: [], host: [], families: [4, 6], ...draft }));
}

/** The area that an id begins with. */
export function areaOf(id: ContractId): Area {
  return id.slice(0, id.indexOf("-")) as Area;
}
