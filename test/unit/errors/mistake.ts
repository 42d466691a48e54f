import type { Blunderer } from "./blunderer.js";

/** A mistake that people make, and what they are told. The message is `says`, a semicolon, `remedy`. */
export interface Mistake {
  /** The mistake, as the person who made it would describe it afterwards. */
  readonly mistake: string;
  /** Makes it: throws, rejects, or returns the error that an event brought. */
  readonly make: (given: Blunderer) => unknown;
  /** `error.code`. */
  readonly code: string;
  /** `error.argument`. */
  readonly argument?: string;
  /** `error.value`, where it is plain: no function, instance or symbol. */
  readonly value?: unknown;
  /** Further fields of the error. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** The message up to the remedy. */
  readonly says: string;
  /** `error.remedy`. */
  readonly remedy: string;
}
