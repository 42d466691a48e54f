/** The codec of a channel cannot have written the received bytes. The channel reports this with the event `undecodable`. */
export class CodecMismatchError extends Error {
  /** Creates the error of a codec. @param reason - The rest of a sentence that begins with "The bytes". */
  constructor(codec: string, reason: string) {
    super(`The bytes are not a message of the codec ${JSON.stringify(codec)}: they ${reason}`);
    this.name = "CodecMismatchError";
  }
}
