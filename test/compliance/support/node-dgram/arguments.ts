// Makes the arguments of a random program's calls.
import { BlockList } from "node:net";
import type { AddressName, Argument, BytesForm, SpecialName } from "./step.js";

/** What arguments refer to. */
export interface Surroundings {
  /** Marks the bytes of this call. */
  readonly label: string;
  readonly family: 4 | 6;
  portOf(slot: number): number;
  callback(): (...args: unknown[]) => void;
  lookedUp(question: string): void;
  readonly signal: AbortSignal;
}

/** Addresses of either family. */
export const ADDRESSES: Readonly<Record<AddressName, Readonly<Record<4 | 6, string>>>> = {
  loopback: { 4: "127.0.0.1", 6: "::1" },
  any: { 4: "0.0.0.0", 6: "::" },
  group: { 4: "239.255.13.1", 6: "ff15::13:1" },
};

type Lookup = (name: string, family: unknown, callback: (error: Error | null, address?: unknown, family?: number) => void) => void;

export function makeArgument(argument: Argument, surroundings: Surroundings): unknown {
  switch (argument.is) {
    case "value":
      return argument.value;
    case "special":
      return makeSpecial(argument.name, surroundings);
    case "port":
      return surroundings.portOf(argument.slot);
    case "address":
      return ADDRESSES[argument.name][surroundings.family];
    case "callback":
      return surroundings.callback();
    case "bytes":
      return makeBytes(argument.as, surroundings.label.padEnd(argument.length, ".").slice(0, argument.length));
    case "list":
      return argument.items.map((item) => makeArgument(item, surroundings));
    case "object":
      return Object.fromEntries(Object.entries(argument.entries).map(([name, value]) => [name, makeArgument(value, surroundings)]));
  }
}

function makeBytes(as: BytesForm, text: string): unknown {
  if (as === "string") return text;
  const buffer = Buffer.from(text);
  const { buffer: memory } = new Uint8Array(buffer);
  switch (as) {
    case "Buffer":
      return buffer;
    case "Uint8Array":
      return new Uint8Array(memory);
    case "DataView":
      return new DataView(memory);
    case "Uint16Array":
      return new Uint16Array(memory.slice(0, text.length & ~1));
    case "ArrayBuffer":
      return memory;
  }
}

function makeSpecial(name: SpecialName, surroundings: Surroundings): unknown {
  const make = SPECIAL[name];
  return make(surroundings);
}

const SPECIAL: Readonly<Record<SpecialName, (surroundings: Surroundings) => unknown>> = {
  undefined: () => undefined,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  bigint: () => 12n,
  symbol: () => Symbol("a symbol"),
  date: () => new Date(0),
  "aborted signal": () => AbortSignal.abort(),
  "abortable signal": ({ signal }) => signal,
  "false signal": () => ({ aborted: false }),
  "block list": () => blockListOf("127.0.0.1", "::1"),
  "empty block list": () => blockListOf(),
  "synchronous lookup": (surroundings) => asking(surroundings, (family, callback) => callback(null, loopback(family), Number(family))),
  "delayed lookup": (surroundings) =>
    asking(surroundings, (family, callback) => setImmediate(() => callback(null, loopback(family), Number(family)))),
  "failing lookup": (surroundings) =>
    asking(surroundings, (_, callback) => setImmediate(() => callback(Object.assign(new Error("no such host"), { code: "ENOTFOUND" })))),
  "wrong lookup": (surroundings) => asking(surroundings, (family, callback) => callback(null, "no address", Number(family))),
  "throwing object": () =>
    new Proxy(
      {},
      {
        get: () => {
          throw new Error("thrown by a getter"); // whichever is read first
        },
      },
    ),
};

function asking({ lookedUp }: Surroundings, answer: (family: unknown, callback: Parameters<Lookup>[2]) => void): Lookup {
  return (name, family, callback) => {
    lookedUp([name, family].map((each) => (typeof each === "object" ? typeof each : String(each))).join(", ")); // a lookup may stand where a callback belongs
    answer(family, callback);
  };
}

function loopback(family: unknown): string {
  return ADDRESSES.loopback[family === 6 ? 6 : 4];
}

function blockListOf(...addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const address of addresses) list.addAddress(address, address.includes(":") ? "ipv6" : "ipv4");
  return list;
}
