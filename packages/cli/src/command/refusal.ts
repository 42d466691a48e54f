/** A refusal of the system, or of a file, that no error class of Groupcast stands for. Its message says what to do. */
export class Refusal extends Error {
  /** Name of the class. */
  override readonly name: string = "Refusal";
}
