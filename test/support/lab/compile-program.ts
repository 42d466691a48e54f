// Makes a program that is written in TypeScript runnable by plain Node, which at the oldest supported version runs only JavaScript.
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const COMPILED = join(REPOSITORY, ".cache/programs"); // inside the repository, so that packages and "type": "module" are found

/**
 * Compiles a program and the files it imports by relative paths, unless they have been compiled since they changed.
 *
 * Types are not checked here: the programs belong to the tests, whose types are checked as a whole.
 *
 * @param path - Absolute path. Anything else than a TypeScript file is returned as it is.
 * @returns Path of the JavaScript file.
 */
export function compileProgram(path: string): string {
  return path.endsWith(".ts") ? compileFile(path, new Set()) : path;
}

function compileFile(source: string, done: Set<string>): string {
  const target = join(COMPILED, relative(REPOSITORY, source).replace(/\.ts$/, ".js"));
  if (done.has(source)) return target;
  done.add(source);
  const text = readFileSync(source, "utf8");
  if (!isNewer(target, source)) write(target, transpile(source, text));
  for (const imported of relativeImports(source, text)) compileFile(imported, done);
  return target;
}

function transpile(source: string, text: string): string {
  const mapped = { inlineSourceMap: true, sourceRoot: `${dirname(source)}/` }; // stack traces lead to the TypeScript
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true, ...mapped };
  return ts.transpileModule(text, { fileName: source, compilerOptions }).outputText;
}

function relativeImports(source: string, text: string): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, false);
  const specifiers = importedFiles.map((file) => file.fileName).filter((specifier) => specifier.startsWith("."));
  return specifiers.map((specifier) => resolve(dirname(source), specifier.replace(/\.js$/, ".ts")));
}

/** Renamed into place: two test files may compile a program at once. */
function write(target: string, text: string): void {
  const draft = `${target}.${process.pid}`;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(draft, text);
  renameSync(draft, target);
}

function isNewer(target: string, source: string): boolean {
  const modifiedMs = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return modifiedMs(target) > modifiedMs(source);
}
