import { inspect } from "node:util";
import { guardLogger, type Logger, stderrLogger } from "@groupcast/base";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => void vi.restoreAllMocks());

function quietStderr(): string[] {
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => lines.push(String(text)) > 0);
  return lines;
}

test("guardLogger() passes messages and fields on", () => {
  const logger: Logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const guarded = guardLogger(logger);
  const fields = { port: 9 };
  for (const level of ["info", "warn", "error"] as const) {
    guarded[level](level, fields);
    expect(logger[level]).toHaveBeenCalledExactlyOnceWith(level, fields);
  }
});

test("guardLogger() returns to the caller when the logger throws, and says so on stderr", () => {
  const lines = quietStderr();
  const fail = (): never => {
    throw new Error("disk full");
  };
  expect(() => guardLogger({ info: fail, warn: fail, error: fail }).info("starting")).not.toThrow();
  expect(lines.join("")).toMatch(/^groupcast: the logger threw while it logged "starting": Error: disk full/);
});

test("guardLogger() takes a logger that rejects", async () => {
  const lines = quietStderr();
  const fail = async (): Promise<never> => {
    throw new Error("disk full");
  };
  guardLogger({ info: fail, warn: fail, error: fail }).warn("late");
  await vi.waitFor(() => expect(lines).toHaveLength(1));
});

test("stderrLogger writes warnings and errors only", () => {
  const lines = quietStderr();
  stderrLogger.info("all is well");
  stderrLogger.warn("less so");
  stderrLogger.error("broken", { error: new Error("why") });
  expect(lines[0]).toBe("groupcast: less so\n");
  expect(lines[1]).toMatch(/^groupcast: broken: Error: why/);
  expect(lines).toHaveLength(2);
});

test("stderrLogger writes errors that cannot be shown", () => {
  const lines = quietStderr();
  const error = new Error("hidden");
  Object.defineProperty(error, inspect.custom, {
    value: () => {
      throw new Error("do not look");
    },
  });
  stderrLogger.error("broken", { error });
  expect(lines).toEqual(["groupcast: broken: a value that throws when it is shown\n"]);
});
