/** A refusal of the system, or of a file, without an error class of Groupcast. Its message says what to do. */
export class Refusal extends Error {
  /** Name of the class. */
  override readonly name: string = "Refusal";
}
