import { expect, test, vi } from "vitest";

const asked = vi.hoisted(() => ({ times: 0 }));
vi.mock("node:util", async (importOriginal) => {
  const util = await importOriginal<typeof import("node:util")>();
  const getSystemErrorMap = (): ReturnType<typeof util.getSystemErrorMap> => {
    asked.times++;
    return util.getSystemErrorMap();
  };
  return { ...util, getSystemErrorMap };
});

const { ERRNO, errnoText, errnoName } = await import("../../../packages/base/src/errno.js");

test("names and meanings of errnos come from a table that Node was asked for once: it makes a new one for each question", () => {
  expect(asked.times).toBe(1);
  expect(errnoName(ERRNO.EINVAL)).toBe("EINVAL");
  expect(errnoText(ERRNO.EINVAL)).toBe("invalid argument");
  expect(errnoName(-99_999)).toBe("errno 99999");
  expect(asked.times).toBe(1);
});
