// What each package exports: its declarations without comments and private members, in surface/<package>.txt. A change of it is a change that
// users can notice.
import { existsSync, readdirSync } from "node:fs";
import typescript from "typescript";
import { expect, test } from "vitest";
import { ROOT } from "./source-files.js";

const { SyntaxKind } = typescript;

const COMPILE_LIMIT_MS = 60_000;
const packages = readdirSync(`${ROOT}packages`).filter((name) => existsSync(`${ROOT}packages/${name}/src/index.ts`) && name !== "bench");
const entries = packages.map((name) => entryOf(name));
const program = typescript.createProgram(entries, {
  module: typescript.ModuleKind.NodeNext,
  moduleResolution: typescript.ModuleResolutionKind.NodeNext,
  target: typescript.ScriptTarget.ES2023,
  types: [],
  noLib: true,
});
const checker = program.getTypeChecker();
const printer = typescript.createPrinter({ removeComments: true });

test.each(packages)(
  "%s declares what its file in surface says",
  async (name) => {
    const file = program.getSourceFile(entryOf(name))!;
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(file)!);
    const texts = exported.map((symbol) => surfaceOf(symbol, name)).sort();
    const message = "users can notice this: run npx vitest run test/architecture/surface.test.ts --update, and add a change to .changeset";
    await expect(`${texts.join("\n")}\n`, message).toMatchFileSnapshot(`surface/${name}.txt`);
  },
  COMPILE_LIMIT_MS,
);

function entryOf(name: string): string {
  return `${ROOT}packages/${name}/dist/index.d.ts`;
}

/** The declarations of an exported name; for one of another package, where it comes from. */
function surfaceOf(symbol: typescript.Symbol, name: string): string {
  const target = symbol.flags & typescript.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const declarations = target.declarations!;
  const home = /\/packages\/([^/]+)\/dist\//.exec(declarations[0]!.getSourceFile().fileName)![1]!;
  if (home !== name) return `${symbol.name}: see ${home}`;
  if (symbol.name.endsWith("_ERRORS")) return `${symbol.name}: codes\n${codesOf(target)}`;
  return declarations.map((declaration) => textOf(symbol.name, declaration)).join("\n");
}

/** The codes of a table of errors, whose type names a table that is not exported. */
function codesOf(table: typescript.Symbol): string {
  const codes = checker.getTypeOfSymbol(table).getProperties();
  return codes.map(({ name }) => `    ${name}`).join("\n");
}

function textOf(name: string, declaration: typescript.Declaration): string {
  const file = declaration.getSourceFile();
  const print = (node: typescript.Node): string => printer.printNode(typescript.EmitHint.Unspecified, node, file);
  if (typescript.isClassDeclaration(declaration)) return `${name}: ${print(withoutPrivates(declaration))}`;
  return `${name}: ${typescript.isVariableDeclaration(declaration) ? "const " : ""}${print(declaration)}`;
}

/** The class as users see it. */
function withoutPrivates(declaration: typescript.ClassDeclaration): typescript.ClassDeclaration {
  const { factory } = typescript;
  const { modifiers, name, typeParameters, heritageClauses, members } = declaration;
  return factory.updateClassDeclaration(declaration, modifiers, name, typeParameters, heritageClauses, members.filter(isPublic));
}

function isPublic(member: typescript.ClassElement): boolean {
  if (member.name !== undefined && typescript.isPrivateIdentifier(member.name)) return false;
  const modifiers = typescript.canHaveModifiers(member) ? (typescript.getModifiers(member) ?? []) : [];
  // A private constructor is part of what users see: it says that "new" is not for them.
  return typescript.isConstructorDeclaration(member) || !modifiers.some(({ kind }) => kind === SyntaxKind.PrivateKeyword);
}
