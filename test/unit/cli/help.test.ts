import { expect, test } from "vitest";
import { commandHelp, overview } from "../../../packages/cli/src/command/help.js";
import { COMMANDS } from "../../../packages/cli/src/commands.js";
import { run } from "../../support/cli/fake-host.js";

const WIDTHS = [20, 40, 80, 200];
const ROWS = COMMANDS.flatMap((command) => WIDTHS.map((width) => ({ name: command.name, command, width })));

/** Lines that are too long and that could have been broken. Examples are typed as they stand. */
function tooLong(text: string, width: number, examples: readonly string[]): string[] {
  const lines = text.split("\n").filter((line) => !examples.includes(line.trim()));
  return lines.filter((line) => line.length > Math.min(width, 100) && line.trim().includes(" ") && !/^ +(-\w, |)--/.test(line));
}

test.each(ROWS)("commandHelp() of $name breaks its lines at $width columns", ({ command, width }) => {
  const text = commandHelp(command, width);
  expect(tooLong(text, width, Object.keys(command.examples))).toEqual([]);
  for (const name of ["json", "help", ...Object.keys(command.options)]) expect(text).toContain(`--${name}`);
  for (const line of Object.keys(command.examples)) expect(text).toContain(line);
});

test.each(WIDTHS)("overview() breaks its lines at %d columns", (width) => {
  const text = overview(COMMANDS, width);
  expect(tooLong(text, width, [])).toEqual([]);
  for (const { name } of COMMANDS) expect(text).toContain(name);
});

test("commandHelp() says what each option is in one column at 80 columns, and below it at 20", () => {
  const send = COMMANDS.find(({ name }) => name === "send")!;
  expect(commandHelp(send, 80)).toMatch(/^ {2}-c, --count N +datagrams to send/m);
  expect(commandHelp(send, 20)).toMatch(/^ {2}-c, --count N\n {6}datagrams to$/m);
});

test.each([["--help"], ["-h"], ["help"]])("groupcast %s prints the overview and ends with 0", async (word) => {
  const { code, out, err } = await run([word]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("Exit codes:");
});

test("groupcast without words prints the overview to standard error and ends with 2", async () => {
  const { code, out, err } = await run([]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain("Commands:");
});

test.each([
  ["send", "--help"],
  ["help", "send"],
])("groupcast %s %s prints the help of the command", async (...words) => {
  const { code, out } = await run(words);
  expect(code).toBe(0);
  expect(out).toMatch(/^groupcast send \[options\] DESTINATION:PORT \[TEXT\]/);
});
