import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const KEY_BYTES = 32;
const ID_BYTES = 16; // nobody guesses one of 2^128

/** Client and group that a session is for. */
export interface SessionSubject {
  /** IP literal of the client. */
  readonly address: string;
  /** Port of the client. */
  readonly port: number;
  /** IP literal of the group that it is answered on. */
  readonly group: string;
}

/**
 * Session IDs that need no memory: each is a code over client and group that only this responder can compute (as TCP's SYN cookies are,
 * RFC 4987, 3.6). A client that returns one has received it, so it is at the address that it sends from; a flood of Init messages from
 * forged addresses fills no table. They are valid for as long as the responder runs.
 */
export class SessionIds {
  readonly #key = randomBytes(KEY_BYTES);

  /** Returns the session ID of a client for a group. */
  issue({ address, port, group }: SessionSubject): Buffer {
    return createHmac("sha256", this.#key).update(`${address} ${port} ${group}`).digest().subarray(0, ID_BYTES);
  }

  /** Returns whether `id` was issued for this client and group. */
  isValid(id: Buffer | undefined, subject: SessionSubject): boolean {
    return id !== undefined && id.length === ID_BYTES && timingSafeEqual(id, this.issue(subject));
  }
}
