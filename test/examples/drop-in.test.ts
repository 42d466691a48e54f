// The commands of docs/speed-up-a-program.md, as they stand there, in the folder of its programs. Ports are free ones; the load is a short one.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { ChildProgram, type Ending } from "../support/child-program.js";
import { skipUnless } from "../support/probe.js";

const FOLDER = new URL("../../examples/drop-in/", import.meta.url);
const GUIDE = readFileSync(new URL("../../docs/speed-up-a-program.md", import.meta.url), "utf8");
const MESSAGES = 2_000;

/** Fences of commands, in order: installing, before, after, checking that it is in use. */
const COMMANDS = [...GUIDE.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1]!.trim().split("\n"));

/** Runs a line of the guide in the folder of the programs, with arguments behind it. */
function start(line: string, ...args: readonly (string | number)[]): ChildProgram {
  const node = `"${process.execPath}"`;
  const command = line
    .replace(/(^|\s)node /, (_, before: string) => `${before}exec ${node} `)
    .replace(/^(\w+=\w+) exec /, "export $1; exec ");
  return new ChildProgram("sh", ["-c", `cd "${fileURLToPath(FOLDER)}" && ${command} ${args.join(" ")}`], {
    env: { GROUPCAST_BACKEND: "", GROUPCAST_DGRAM: "", NODE_DEBUG: "", NODE_OPTIONS: "" },
  });
}

/** Lets the load of the guide ask the server of the guide; returns what both have printed, in the order of the guide, with 0 for each number. */
async function measure(server: string, load: string): Promise<{ readonly printed: string; readonly endings: readonly Ending[] }> {
  await using answering = start(server, 0);
  const [, port = ""] = await answering.line(/port (\d+)/);
  await using asking = start(load, port, MESSAGES);
  const endings = await Promise.all([answering.ended, asking.ended]);
  const [first, last] = endings[0].stdout.trimEnd().split("\n");
  return { printed: masked(`${first}\n${endings[1].stdout}${last}\n`), endings };
}

function masked(text: string): string {
  return text.replaceAll(/\d+(\.\d+)?/g, "0");
}

function shown(file: string): string {
  return masked(readFileSync(new URL(file, FOLDER), "utf8"));
}

test("the guide installs, measures before and after, and checks", () => {
  expect(COMMANDS.map((lines) => lines.length)).toEqual([1, 2, 2, 1]);
  expect(COMMANDS[0]).toEqual(["npm install @groupcast/dgram"]);
});

test.for([
  ["before", 1, "before.txt"],
  ["after", 2, "after.txt"],
] as const)("the guide's programs measure the server %s the hook", async ([, fence, file], context) => {
  await skipUnless(context, canLoad("native"));
  const [server = "", load = ""] = COMMANDS[fence]!;
  const { printed, endings } = await measure(server, load);
  expect(endings).toEqual(endings.map(() => expect.objectContaining({ exitCode: 0, stderr: "" })));
  expect(printed).toBe(shown(file));
  expect(endings[0]!.stdout).toContain(`\n${MESSAGES} answers, `);
});

test("the guide's server says first that Groupcast replaces node:dgram", async (context) => {
  await skipUnless(context, canLoad("native"));
  await using server = start(COMMANDS[3]![0]!, 0);
  await server.line(/port (\d+)/);
  const { stderr } = await server.stop("SIGTERM");
  expect(masked(`${stderr.split("\n")[0]}\n`)).toBe(shown("in-use.txt"));
});

test("the guide's server is node's own before, and Groupcast's after", async (context) => {
  await skipUnless(context, canLoad("native"));
  const inUse = await Promise.all([COMMANDS[1]!, COMMANDS[2]!].map(([line]) => debugged(line!)));
  expect(inUse).toEqual([false, true]);
});

/** Whether Groupcast is in use in what a line starts. */
async function debugged(line: string): Promise<boolean> {
  await using server = start(`NODE_DEBUG=groupcast ${line}`, 0);
  await server.line(/port (\d+)/);
  return (await server.stop("SIGTERM")).stderr.includes("Groupcast replaces node:dgram");
}
