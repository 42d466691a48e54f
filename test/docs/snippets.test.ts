// Every `ts` fence of the READMEs, the guides and the docstrings compiles against the workspace, with nothing suppressed.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT, type SourceFile, sourceFiles } from "../architecture/source-files.js";

const FOLDER = `${ROOT}.cache/snippets`;
const FENCE = /^```ts\n([\s\S]*?)^```$/gm;
const DOC_FENCE = /^[ \t]*\* ```ts\n((?:[ \t]*\*.*\n)*?)[ \t]*\* ```$/gm;
const COMPILE_TIMEOUT_MS = 60_000;

interface Snippet {
  readonly name: string; // where it stands, as a file name
  readonly code: string;
}

function snippetsOf({ path, text }: SourceFile): Snippet[] {
  const name = path.replaceAll(/[/.]/g, "-");
  const fences = [...text.matchAll(FENCE)].map((match) => match[1]!);
  const docs = [...text.matchAll(DOC_FENCE)].map((match) => match[1]!.replaceAll(/^[ \t]*\* ?/gm, ""));
  return [...fences, ...docs].map((code, index) => ({ name: `${name}-${index + 1}`, code }));
}

function allSnippets(): Snippet[] {
  const readmes = [...sourceFiles("packages", "README.md"), ...sourceFiles(".", ".md").filter(({ path }) => !path.includes("/"))];
  const pages = [...sourceFiles("docs", ".md"), ...sourceFiles("site", "index.md"), ...readmes];
  const sources = sourceFiles("packages", ".ts").filter(({ path }) => path.includes("/src/"));
  return [...pages, ...sources].flatMap(snippetsOf);
}

test(
  "ts fences of READMEs, guides and docstrings compile against the workspace",
  () => {
    const snippets = allSnippets();
    expect(snippets.length).toBeGreaterThan(1); // the README alone has two
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    for (const { name, code } of snippets) writeFileSync(`${FOLDER}/${name}.ts`, `${code}\nexport {};\n`);
    writeFileSync(`${FOLDER}/package.json`, JSON.stringify({ type: "module" }));
    const options = { noEmit: true, composite: false, isolatedDeclarations: false, noUnusedLocals: false, noUnusedParameters: false };
    writeFileSync(
      `${FOLDER}/tsconfig.json`,
      JSON.stringify({ extends: "../../tsconfig.base.json", compilerOptions: options, include: ["*.ts"] }),
    );
    const { stdout, status } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", FOLDER], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
  },
  COMPILE_TIMEOUT_MS,
);
