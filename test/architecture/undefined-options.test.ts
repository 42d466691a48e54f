// Programs with exactOptionalPropertyTypes may pass undefined for any option. The compiler refuses that unless the type says so.
import { expect, test } from "vitest";
import { sourceFiles } from "./source-files.js";

const INTERFACE = /export interface (\w*Options)\b[^{]*\{\n(.*?)\n\}/gs;
const OPTIONAL_MEMBER = /^ {2}readonly (\w+)\?: (.*);$/gm;

const members = sourceFiles("packages", ".ts")
  .filter(({ path }) => path.includes("/src/") && !path.startsWith("packages/bench/"))
  .flatMap(({ text }) => [...text.matchAll(INTERFACE)])
  .flatMap(([, name, body]) =>
    [...body!.matchAll(OPTIONAL_MEMBER)].map(([, member, type]) => ({ option: `${name}.${member}`, type: type! })),
  );

test("the options of every package are found", () => {
  const found = members.map(({ option }) => option);
  for (const one of ["PortOptions.arrival", "WriteOptions.source", "ReactorOptions.clock", "ChannelOptions.codec", "LinkOptions.loss"]) {
    expect(found).toContain(one);
  }
});

test.each(members)("$option may be undefined", ({ type }) => {
  expect(type).toMatch(/ \| undefined$/);
});
