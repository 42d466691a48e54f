import { Refusal } from "../command/refusal.js";

/** A recording that cannot be read further. */
export class RecordingError extends Refusal {
  /** `"RecordingError"`. */
  override readonly name = "RecordingError";
  /** Path of the file. */
  readonly path: string;
  /** Offset of the fault in the file, in bytes. */
  readonly offset: number;

  /** Makes the error. @param fault - The fault, as the second half of a sentence: `the block has 3 bytes`. */
  constructor(path: string, offset: number, fault: string) {
    super(`Cannot read ${path} at byte ${offset}: ${fault}`);
    this.path = path;
    this.offset = offset;
  }
}
