// What random programs are made of. Everything is named by what it is for, so that a program means the same on every host.
import type { Family, OptionName } from "@groupcast/backend";

/** An address of the host, or one that is not. */
export const PLACES = ["any", "loopback", "one", "two", "other", "group0", "group1", "broadcast", "foreign"] as const;
export type Place = (typeof PLACES)[number];

/** Where a datagram goes. */
export interface Target {
  readonly at: Place;
  readonly port: number; // of PORTS
}

/** A membership that is joined or left, a source that is blocked. */
export interface Wish {
  readonly slot: number;
  readonly group: 0 | 1;
  readonly net: 0 | 1;
  readonly source?: "one" | "two" | undefined;
}

/** Where one datagram leaves from. */
export interface Origin {
  readonly net: 0 | 1 | undefined;
  readonly source: Place | undefined;
}

/** One step of a program. Steps on a slot without socket do nothing. */
export type Step =
  | {
      readonly do: "open";
      readonly slot: number;
      readonly at: Place;
      readonly port: number;
      readonly reuse: boolean; // the port; not SO_REUSEPORT, which spreads by a hash that is secret
      readonly hearsErrors: boolean;
    }
  | { readonly do: "close" | "disconnect" | "pause" | "resume" | "tell"; readonly slot: number }
  | ({ readonly do: "join" | "leave" | "block" | "unblock" } & Wish)
  | { readonly do: "outgoing" | "tie"; readonly slot: number; readonly net: 0 | 1 | undefined } // undefined: as routed; to none
  | { readonly do: "option"; readonly slot: number; readonly name: OptionName; readonly value: number }
  | { readonly do: "connect"; readonly slot: number; readonly to: Target }
  | {
      readonly do: "write";
      readonly slot: number;
      readonly to: Target | undefined;
      readonly lengthBytes: number;
      readonly via: Origin | undefined;
    }
  | { readonly do: "switch"; readonly net: 0 | 1; readonly isUp: boolean };

/** A program: what is done, in order, and with which IP version. */
export interface RandomProgram {
  readonly family: Family;
  readonly steps: readonly Step[];
}

/** Sockets that a program can have at once. */
export const SLOTS = 4;

/** Fixed, for programs run in a namespace of their own. */
export const PORTS: readonly number[] = [7_001, 7_002, 7_003];

/** What is said of each step: its outcome, and what sockets told until all was quiet again. */
export type Observation = readonly (readonly string[])[];
