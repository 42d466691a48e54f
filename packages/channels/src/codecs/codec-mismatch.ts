/** Received bytes are none that their codec writes. The channel reports it with the event `undecodable`. */
export class CodecMismatchError extends Error {
  /** Makes the error of a codec. @param reason - The rest of a sentence that begins with "The bytes". */
  constructor(codec: string, reason: string) {
    super(`The bytes are no message of the codec ${JSON.stringify(codec)}: they ${reason}`);
    this.name = "CodecMismatchError";
  }
}
