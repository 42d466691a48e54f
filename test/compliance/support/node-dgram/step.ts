// What random programs on node:dgram's API are made of. Everything can be written as JSON: the programs run in other processes.

/** An argument, or a part of one. Ports and addresses are named by what they are for, so that a program means the same in every run. */
export type Argument =
  | { readonly is: "value"; readonly value: string | number | boolean | null }
  | { readonly is: "special"; readonly name: SpecialName }
  | { readonly is: "port"; readonly slot: number } // of a socket, or of another one; 0 while none is bound
  | { readonly is: "address"; readonly name: AddressName } // of the socket's family
  | { readonly is: "callback" }
  | { readonly is: "bytes"; readonly as: BytesForm; readonly length: number }
  | { readonly is: "list"; readonly items: readonly Argument[] }
  | { readonly is: "object"; readonly entries: Readonly<Record<string, Argument>> };

export const ADDRESS_NAMES = ["loopback", "any", "group"] as const;
export type AddressName = (typeof ADDRESS_NAMES)[number];

/** Values that JSON cannot hold. */
export const SPECIAL_NAMES = [
  "undefined",
  "NaN",
  "Infinity",
  "bigint",
  "symbol",
  "date",
  "aborted signal",
  "abortable signal", // step "abort" aborts it
  "false signal",
  "block list", // of what arrives from, or goes to, this host
  "empty block list",
  "synchronous lookup",
  "delayed lookup",
  "failing lookup",
  "wrong lookup",
  "throwing object",
] as const;
export type SpecialName = (typeof SPECIAL_NAMES)[number];

export type BytesForm = "string" | "Buffer" | "Uint8Array" | "DataView" | "Uint16Array" | "ArrayBuffer";

/** What a listener or a callback does, besides telling that it was called. */
export type Reaction = "nothing" | "throw" | "close" | "send" | "remove itself" | "remove all";

export type Step =
  | {
      readonly do: "create";
      readonly slot: number;
      readonly how: "createSocket" | "new" | "extends" | "inherits" | "call";
      readonly args: readonly Argument[];
      readonly hearsErrors: boolean;
    }
  | { readonly do: "call"; readonly slot: number; readonly method: string; readonly args: readonly Argument[] }
  | { readonly do: "listen"; readonly slot: number; readonly event: string; readonly once: boolean; readonly reaction: Reaction }
  | { readonly do: "abort" }
  | { readonly do: "rest" }; // until all is quiet

/** A program: what is done, in order. Steps between two rests run in one turn. */
export interface ApiProgram {
  /** What callbacks of calls do. */
  readonly callbacks: Reaction;
  readonly steps: readonly Step[];
}

/** Sockets that a program can have at once. */
export const SLOTS = 3;

/** What is said, in order, of each strand: a socket's life, its messages, what nobody caught. */
export type Observation = Readonly<Record<string, readonly string[]>>;
