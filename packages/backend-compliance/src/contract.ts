import type { Capability, Family } from "@groupcast/backend";
import type { ContractId } from "./contract-id.js";
import type { Access } from "./endpoint/endpoint.js";
import type { HostNeed } from "./trial/host-needs.js";
import type { Trial } from "./trial/trial.js";

/** One promise of a backend, or of a reactor on a backend, that can be put to the test. */
export interface Contract {
  /** Id; it never changes, and no other contract ever gets it. */
  readonly id: ContractId;
  /** The promise and its condition, as one sentence. */
  readonly title: string;
  /** Kind of endpoint that keeps the promise; `"both"`: the bare socket and the port keep the same one. */
  readonly access: Access | "both";
  /** Capabilities that the contract needs. A backend that lacks one must refuse to be asked for it. */
  readonly needs: readonly Capability[];
  /** Features of the host that the contract needs. Where one is missing, the contract is skipped. */
  readonly host: readonly HostNeed[];
  /** IP versions that the contract applies to. */
  readonly families: readonly Family[];
  /** Source of the promise: an RFC, a man page, a kernel file, a decision. */
  readonly why: string;
  /** Puts an endpoint to the test. @throws AssertionError or Refusal when the promise is broken. */
  run(trial: Trial): void | Promise<void>;
}

/** A contract as its author writes it. A missing field means: needs nothing, applies to both IP versions. */
export interface ContractDraft extends Pick<Contract, "id" | "title" | "access" | "why" | "run"> {
  /** Default: none. */
  readonly needs?: readonly Capability[];
  /** Default: none. */
  readonly host?: readonly HostNeed[];
  /** Default: both. */
  readonly families?: readonly Family[];
}

/** Makes contracts of drafts: fills in the defaults. */
export function contracts(drafts: readonly ContractDraft[]): readonly Contract[] {
  return drafts.map((draft) => ({ needs: [], host: [], families: [4, 6], ...draft }));
}
