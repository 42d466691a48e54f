import { inspect } from "node:util";
import {
  asError,
  BASE_ERRORS,
  checkInteger,
  defineErrors,
  ERRNO,
  errnoName,
  InvalidArgumentError,
  isGroupcastError,
  StateError,
  SystemError,
} from "@groupcast/base";
import { expect, test } from "vitest";

const OWN = defineErrors({
  ERR_TIRED: { class: "StateError", meaning: "it is tired", remedy: "let it sleep" },
  ERR_BROKEN: { class: "SystemError", meaning: "it is broken", remedy: "replace it" },
});

test("defineErrors() gives each row its code, and freezes the table", () => {
  expect(OWN.ERR_TIRED).toEqual({ code: "ERR_TIRED", class: "StateError", meaning: "it is tired", remedy: "let it sleep" });
  expect([Object.isFrozen(OWN), Object.isFrozen(OWN.ERR_TIRED)]).toEqual([true, true]);
});

test("an error names operation, subject, meaning and remedy, in this order", () => {
  const error = new StateError(OWN.ERR_TIRED, "run", { port: 9, address: "192.0.2.1", group: "239.1.2.3", interface: "eth0" });
  expect(error.message).toBe(
    'run() failed for group "239.1.2.3", interface "eth0", address "192.0.2.1", port 9: it is tired; let it sleep',
  );
  expect(error).toMatchObject({ name: "StateError", code: "ERR_TIRED", operation: "run", port: 9, address: "192.0.2.1" });
});

test("a subject's absent fields are absent from the error", () => {
  const error = new StateError(OWN.ERR_TIRED, "run", { port: 9 });
  expect(Object.keys(error).sort()).toEqual(["code", "operation", "port", "remedy"]);
});

test("SystemError has errno and its name, and its cause", () => {
  const cause = new Error("deeper");
  const error = new SystemError(OWN.ERR_BROKEN, { operation: "run", errno: ERRNO.EADDRINUSE, cause });
  expect(error).toMatchObject({ errno: ERRNO.EADDRINUSE, errnoName: "EADDRINUSE", cause });
  expect(error.message).toBe("run() failed: address already in use (EADDRINUSE); replace it");
});

const CIRCLE: unknown[] = [];
CIRCLE.push(CIRCLE);

test.each([
  ["a bigint", 1n, "1n"],
  ["a circle", CIRCLE, "<ref *1> [ [Circular *1] ]"],
  ["an object that throws", { toJSON: () => expect.unreachable() }, "{ toJSON: [Function: toJSON] }"],
])("JSON.stringify() of an InvalidArgumentError shows %s as its message does", (_what, value, shown) => {
  const error = new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, {
    operation: "run",
    argument: "name",
    value,
    expected: "a string",
  });
  expect(JSON.parse(JSON.stringify({ error })).error).toEqual({
    name: "InvalidArgumentError",
    message: error.message,
    code: "ERR_ARGUMENT_TYPE",
    operation: "run",
    argument: "name",
    value: shown,
    remedy: "expected a string",
  });
});

test("InvalidArgumentError is a TypeError that shows the value, shortened", () => {
  const error = new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, { operation: "run", argument: "name", value: "x".repeat(500) });
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message.length).toBeLessThan(200);
  expect(error.message).toMatch(/^run\(\): name "x{79}… has the wrong type; /);
});

test("isGroupcastError() knows errors by their brand, and nothing else", () => {
  const foreign = [new TypeError("no"), null, undefined, "ERR_TIRED", { code: "ERR_TIRED" }];
  expect(foreign.map(isGroupcastError)).toEqual(foreign.map(() => false));
  expect(isGroupcastError(new StateError(OWN.ERR_TIRED, "run"))).toBe(true);
});

test("errnoName() names what libuv does not know by its number", () => {
  expect([errnoName(ERRNO.EAGAIN), errnoName(-4321)]).toEqual(["EAGAIN", "errno 4321"]);
});

test("asError() returns errors as they are, and shows what else was thrown, even if it cannot be shown", () => {
  const error = new Error("as it is");
  expect(asError(error)).toBe(error);
  expect(asError({ a: 1 }).message).toBe("thrown: { a: 1 }");
  const hostile = new Proxy(Object.create(null), {
    get: () => {
      throw new Error("no");
    },
    getPrototypeOf: () => null,
  });
  expect(asError(hostile)).toBeInstanceOf(Error);
});

/** A value that no question can be put to. */
function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

test("a value that answers no question is an error's cause, an error's value, and no error of ours", () => {
  const thrown = revokedProxy();
  expect(asError(thrown).message).toBe("thrown: <Revoked Proxy>");
  expect(asError(thrown).cause).toBe(thrown);
  expect(isGroupcastError(thrown)).toBe(false);
  const hostile = {
    [inspect.custom]() {
      throw new Error("do not look");
    },
  };
  expect(() => checkInteger("sleep", "hours", hostile, [0, 24])).toThrow(InvalidArgumentError);
});
