// What user code can throw, return or pass that bites whoever touches it.

/** Name → a way to throw, reject, or be looked at, that harms careless code. */
export const HOSTILE_VALUES: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  "a symbol": () => Symbol("thrown"),
  "an object without a prototype": () => Object.create(null),
  "a proxy whose every trap throws": () => new Proxy({}, TRAPS),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "an Error whose getters throw": () =>
    Object.defineProperties(new Error("inner"), {
      stack: { get: bite },
      message: { get: bite },
      name: { get: bite },
      cause: { get: bite },
    }),
  "an object that throws when it is shown": () => ({ [Symbol.for("nodejs.util.inspect.custom")]: bite, toString: bite, toJSON: bite }),
  "an Error that throws when it is shown": () => Object.assign(new Error("inner"), { [Symbol.for("nodejs.util.inspect.custom")]: bite }),
};

/** Name → something to return in place of a promise. */
export const HOSTILE_THENABLES: Readonly<Record<string, () => unknown>> = {
  // biome-ignore-start lint/suspicious/noThenProperty: thenables are the weapon here
  "a rejected promise": () => Promise.reject(new Error("bite")),
  "a thenable whose then throws": () => ({ then: bite }),
  "a thenable whose then getter throws": () => Object.defineProperty({}, "then", { get: bite }),
  "a thenable that rejects twice": () => ({ then: (_: unknown, reject: (error: unknown) => void) => [reject(new Error("1")), reject(2)] }),
  "a thenable that rejects, then throws": () => ({
    then(_: unknown, reject: (error: unknown) => void): void {
      reject(new Error("1"));
      bite();
    },
  }),
  // biome-ignore-end lint/suspicious/noThenProperty: see above
};

export function bite(): never {
  throw new Error("bite");
}

const TRAPS = Object.fromEntries(
  ["get", "has", "getPrototypeOf", "ownKeys", "getOwnPropertyDescriptor", "set", "defineProperty"].map((trap) => [trap, bite]),
) as ProxyHandler<object>;
