import { expect, test } from "vitest";
import { runProgram } from "./run-program.js";

test.each(["before", "after"])(
  "bind() takes a socket of node:dgram itself, where createSocket was replaced %s the import",
  async (order) => {
    expect(await runProgram("replaced-dgram.mjs", order)).toEqual({ outcome: 0 });
  },
);
