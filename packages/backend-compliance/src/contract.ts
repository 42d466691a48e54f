import type { Capability, Family } from "@groupcast/backend";
import type { ContractId } from "./contract-id.js";
import type { Access } from "./endpoint/endpoint.js";
import type { HostNeed } from "./trial/host-needs.js";
import type { Trial } from "./trial/trial.js";

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
  run(trial: Trial): void | Promise<void>;
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
