import { getEventListeners } from "node:events";
import { ERRNO } from "@groupcast/base";
import type { Resolver } from "@groupcast/reactor";
import { expect, test, vi } from "vitest";
import { Stage } from "./stage.js";

/** A resolver that answers what it is told, and remembers what it was asked. */
function stageWith(resolver: Resolver): Stage {
  return new Stage({}, { resolver });
}

const NEVER: Resolver = () => new Promise(() => {});

test.each(["192.0.2.1", "::1", "2001:DB8::1", "fe80::1%eth0", "0.0.0.0"])(
  "resolve(%o) returns the literal as it is, and asks nobody",
  async (literal) => {
    const resolver = vi.fn();
    expect(await stageWith(resolver).reactor.resolve(literal)).toBe(literal);
    expect(resolver).not.toHaveBeenCalled();
  },
);

test("resolve() asks the resolver for a name, with the options", async () => {
  const resolver = vi.fn().mockResolvedValue("2001:db8::1");
  expect(await stageWith(resolver).reactor.resolve("host.example", { family: 6 })).toBe("2001:db8::1");
  expect(resolver).toHaveBeenCalledExactlyOnceWith("host.example", { family: 6 });
});

test("resolve() of the system finds localhost in each family it was asked for", async () => {
  const { reactor } = new Stage();
  expect(await reactor.resolve("localhost", { family: 4 })).toBe("127.0.0.1");
});

test("resolve() of the system rejects with ERR_RESOLVE for a name that has no address", async () => {
  const { reactor } = new Stage();
  await expect(reactor.resolve("nobody.invalid")).rejects.toMatchObject({
    code: "ERR_RESOLVE",
    name: "SystemError",
    operation: "resolve",
    address: "nobody.invalid",
    errno: expect.toSatisfy((errno: number) => errno < 0),
    cause: expect.objectContaining({ syscall: "getaddrinfo" }),
  });
});

test("resolve() rejects with ERR_RESOLVE when the resolver rejects, or throws", async () => {
  const cause = Object.assign(new Error("no"), { errno: ERRNO.ETIMEDOUT });
  const rejecting = stageWith(() => Promise.reject(cause)).reactor.resolve("host.example");
  await expect(rejecting).rejects.toMatchObject({ code: "ERR_RESOLVE", errnoName: "ETIMEDOUT", address: "host.example", cause });
  const throwing = stageWith(() => {
    throw cause;
  }).reactor.resolve("host.example");
  await expect(throwing).rejects.toMatchObject({ code: "ERR_RESOLVE", cause });
});

test.each([null, undefined, "no", new Error("no"), { errno: "ENOTFOUND" }])(
  "resolve() says UNKNOWN when the resolver rejects with %o",
  async (cause) => {
    const resolving = stageWith(() => Promise.reject(cause)).reactor.resolve("host.example");
    await expect(resolving).rejects.toMatchObject({ code: "ERR_RESOLVE", errnoName: "UNKNOWN" });
  },
);

test.each([
  [5, undefined, "ERR_ARGUMENT_TYPE", "name"],
  [undefined, undefined, "ERR_ARGUMENT_TYPE", "name"],
  ["", undefined, "ERR_ARGUMENT_RANGE", "name"],
  ["host.example", null, "ERR_ARGUMENT_TYPE", "options"],
  ["host.example", { family: 5 }, "ERR_ARGUMENT_TYPE", "family"],
  ["host.example", { signal: {} }, "ERR_ARGUMENT_TYPE", "signal"],
  ["host.example", { timeout: 5 }, "ERR_OPTION_UNKNOWN", "option"],
  ["192.0.2.1", { family: 6 }, "ERR_FAMILY_MISMATCH", "name"],
  ["::1", { family: 4 }, "ERR_FAMILY_MISMATCH", "name"],
])("resolve(%o, %o) rejects with %s, and throws nothing", async (name, options, code, argument) => {
  const resolver = vi.fn();
  const resolving = stageWith(resolver).reactor.resolve(name as string, options as object);
  await expect(resolving).rejects.toMatchObject({ code, argument, name: "InvalidArgumentError", operation: "resolve" });
  expect(resolver).not.toHaveBeenCalled();
});

test("resolve() rejects with the signal's reason when it aborts, and at once when it has aborted", async () => {
  const { reactor } = stageWith(NEVER);
  const reason = new Error("never mind");
  const controller = new AbortController();
  const resolving = reactor.resolve("host.example", { signal: controller.signal });
  controller.abort(reason);
  await expect(resolving).rejects.toBe(reason);
  await expect(reactor.resolve("host.example", { signal: controller.signal })).rejects.toBe(reason);
  await expect(reactor.resolve("192.0.2.1", { signal: controller.signal })).rejects.toBe(reason);
});

test("resolve() leaves no listener on a signal that outlives it, whatever its outcome", async () => {
  const { signal } = new AbortController();
  await stageWith(() => Promise.resolve("192.0.2.1")).reactor.resolve("host.example", { signal });
  await expect(stageWith(() => Promise.reject(new Error("no"))).reactor.resolve("host.example", { signal })).rejects.toThrow();
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
