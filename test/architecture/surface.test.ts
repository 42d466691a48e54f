// What each package exports: names and kinds, in surface/<package>.txt. A change of it is a change that users can notice.
import { existsSync, readdirSync } from "node:fs";
import typescript from "typescript";
import { expect, test } from "vitest";
import { ROOT } from "./source-files.js";

const { SymbolFlags } = typescript;

/** Flag → what it is called, the first that fits. */
const KINDS: readonly (readonly [flag: typescript.SymbolFlags, kind: string])[] = [
  [SymbolFlags.Class, "class"],
  [SymbolFlags.Function, "function"],
  [SymbolFlags.Variable, "const"],
  [SymbolFlags.Interface, "interface"],
  [SymbolFlags.TypeAlias, "type"],
];

const COMPILE_LIMIT_MS = 60_000;
const packages = readdirSync(`${ROOT}packages`).filter((name) => existsSync(`${ROOT}packages/${name}/src/index.ts`) && name !== "bench");
const entries = packages.map((name) => `${ROOT}packages/${name}/dist/index.d.ts`);
const program = typescript.createProgram(entries, {
  module: typescript.ModuleKind.NodeNext,
  moduleResolution: typescript.ModuleResolutionKind.NodeNext,
  target: typescript.ScriptTarget.ES2023,
  types: [],
  noLib: true,
});
const checker = program.getTypeChecker();

test.each(packages)(
  "%s exports what surface/%s.txt says",
  async (name) => {
    const file = program.getSourceFile(`${ROOT}packages/${name}/dist/index.d.ts`)!;
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(file)!);
    const lines = exported.map((symbol) => `${symbol.name}: ${kindOf(symbol)}`).sort();
    const message = "users can notice this: run npx vitest run test/architecture/surface.test.ts --update, and add a change to .changeset";
    await expect(`${lines.join("\n")}\n`, message).toMatchFileSnapshot(`surface/${name}.txt`);
  },
  COMPILE_LIMIT_MS,
);

function kindOf(symbol: typescript.Symbol): string {
  const target = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return KINDS.find(([flag]) => target.flags & flag)?.[1] ?? "something else";
}
