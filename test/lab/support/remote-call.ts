// How tests tell a program of the lab what to do, in lines of JSON.

/** What a method is called on: the reactor, its network, or the port of that number. */
export type RemoteTarget = "reactor" | "network" | number;

/** A port to open. The last of `args` are the options. */
export interface Opening {
  readonly method: "listenUDP" | "listenMulticast" | "connectUDP" | "adoptDatagramPort";
  readonly args: readonly unknown[];
  /** Whether it keeps to itself what arrives. */
  readonly isQuiet: boolean;
}

/** A method and its arguments. */
export interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A line to the program. */
export type Request = { readonly id: number } & (
  | ({ readonly do: "open" } & Opening)
  | ({ readonly do: "call"; readonly on: RemoteTarget } & Call)
  | { readonly do: "turn"; readonly on: RemoteTarget; readonly calls: readonly Call[] }
  | { readonly do: "capabilities" }
  | { readonly do: "watch" }
  | { readonly do: "block"; readonly command: string; readonly args: readonly string[]; readonly input: string }
);

/** The methods of `T`, called from another process; its properties are asked for by a call without arguments. */
export type Remote<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : () => Promise<T[K]>;
};

const UNDEFINED = { isUndefined: true } as const; // JSON has no word for an argument that is left out before another

/** A request as JSON that can be told from other JSON, an undefined argument from null. */
export function encodeRequest(request: Request): object {
  return JSON.parse(JSON.stringify(request, (_, value: unknown) => (value === undefined ? UNDEFINED : value)));
}

export function decodeRequest(line: string): Request {
  return JSON.parse(line, (_, value: { isUndefined?: boolean } | null) => (value?.isUndefined === true ? undefined : value));
}

/** What the program tells, as one line. */
export function encodeLine(line: object): string {
  return JSON.stringify(line, (_, value: unknown) => {
    if (typeof value === "bigint") return String(value);
    return value instanceof Error ? { ...value, name: value.name, message: value.message } : value;
  });
}
