/** Shape of a decoder: a row of `payload-formats.ts`. Every decoder takes hostile bytes: it never throws, and its output is bounded. */

/** Port numbers of a datagram. Some formats are recognised by them. */
export interface PayloadPorts {
  /** Port number of the sender. */
  readonly source: number;
  /** Port number that it was sent to. */
  readonly destination: number;
}

/** A payload that a decoder knows. */
export interface DecodedPayload {
  /** Description, one line. Text from the network in it may hold any character: print it by `printable()`. */
  readonly text: string;
  /** Fields by name, for JSON. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Number of a datagram among those of its stream. */
export interface SequenceNumber {
  /** Stream, unique among those of the format and of one sender. */
  readonly stream: string;
  /** Number within the stream. */
  readonly number: number;
}

/** A format of payloads. */
export interface PayloadFormat {
  /** Name, such as `"rtp"`. */
  readonly name: string;
  /** Decodes `bytes`; undefined if they are something else. */
  decode(bytes: Buffer, ports: PayloadPorts): DecodedPayload | undefined;
  /** Numbers of its datagrams; absent where they have none. */
  readonly numbering?: PayloadNumbering;
}

/** Numbers that a format gives its datagrams. */
export interface PayloadNumbering {
  /** Number of different numbers, after which they begin again at 0; undefined: they never do. */
  readonly modulus: number | undefined;
  /** Whether two senders may use one name of a stream, so that their addresses tell the streams apart. */
  readonly isPerSender: boolean;
  /** Returns the number of a datagram; undefined if `bytes` are something else. Runs for every datagram: it must be cheap. */
  read(bytes: Buffer, ports: PayloadPorts): SequenceNumber | undefined;
}
