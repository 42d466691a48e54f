import { expect, test } from "vitest";
import { command } from "../../../packages/cli/src/command/command.js";
import { parseArguments } from "../../../packages/cli/src/command/parse-arguments.js";
import { UsageError } from "../../../packages/cli/src/command/usage-error.js";
import { count, text } from "../../../packages/cli/src/command/words.js";

const DEFINITION = command({
  name: "try",
  summary: "Tries.",
  operands: [
    { name: "FIRST", help: "needed" },
    { name: "SECOND", help: "not needed", isOptional: true },
  ],
  options: {
    count: { short: "c", value: "N", read: count(1, 10), help: "number" },
    name: { value: "NAME", read: text, help: "name", isRepeatable: true },
    loud: { short: "l", help: "flag" },
  },
  examples: {},
  run: async () => "done",
});

const MANY = command({ ...DEFINITION, operands: [{ name: "WORD", help: "any", isRepeatable: true }] });

test.each([
  [["a"], ["a"], {}],
  [["a", "b"], ["a", "b"], {}],
  [["--count", "3", "a"], ["a"], { count: 3 }],
  [["--count=3", "a"], ["a"], { count: 3 }],
  [["a", "-c", "3"], ["a"], { count: 3 }],
  [["a", "-c3"], ["a"], { count: 3 }],
  [["a", "-lc3"], ["a"], { count: 3, loud: true }],
  [["a", "--name", "x", "--name", "y"], ["a"], { name: ["x", "y"] }],
  [["--", "--count"], ["--count"], {}],
  [["a", "--", "-l"], ["a", "-l"], {}],
  [["a", "--json", "--color", "never"], ["a"], { json: true, color: "never" }],
  [["--help"], [], { help: true }],
] as const)("parseArguments(%j) reads operands %j and options %j", (words, operands, options) => {
  const parsed = parseArguments(DEFINITION, words);
  expect(parsed.operands).toEqual(operands);
  expect(parsed.options).toEqual({ json: false, help: false, loud: false, name: [], ...options });
});

test.each([
  [[], "FIRST is missing"],
  [["a", "b", "c"], '"c" is one word too many'],
  [["a", "--cuont", "3"], 'did you mean "--count"?'],
  [["a", "-x"], "there is no option -x"],
  [["a", "--count"], "--count needs a value: --count N"],
  [["a", "--count", "--loud"], "--count needs a value"],
  [["a", "--count", "11"], '--count "11": a whole number from 1 to 10 is expected'],
  [["a", "--count", "2", "-c", "3"], "-c is given twice"],
  [["a", "--loud=yes"], '--loud takes no value: leave "yes" out'],
  [["a", "--color", "sometimes"], '--color "sometimes": expected one of'],
  [["a", "--toString"], "there is no option --toString"],
  [["a", "--__proto__"], "there is no option --__proto__"],
])("parseArguments(%j) is refused: %s", (words, message) => {
  expect(() => parseArguments(DEFINITION, words)).toThrow(UsageError);
  expect(() => parseArguments(DEFINITION, words)).toThrow(message);
});

test("parseArguments() takes one operand or more where the last is repeatable", () => {
  expect(parseArguments(MANY, ["a", "b", "c"]).operands).toEqual(["a", "b", "c"]);
  expect(() => parseArguments(MANY, [])).toThrow("WORD is missing");
});
