import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../architecture/source-files.js";

const run = promisify(execFile);
const EXAMPLE = `${ROOT}examples/bundling`;
const ADDONS = "node_modules/@groupcast/backend-native/prebuilds";
const BUNDLERS = [".bin", "@rollup", "esbuild", "jest", "postject", "rolldown", "rollup", "webpack", "webpack-cli"];

/** Outcome of a program that ended well. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Project of a user: the files of examples/bundling, the bundlers, and Groupcast as npm installs it, outside of the repository. */
export class BundledProject implements Disposable {
  readonly #root: string = mkdtempSync(join(tmpdir(), "groupcast-bundling-"));
  readonly folder: string = join(this.#root, "project");

  constructor() {
    cpSync(EXAMPLE, this.folder, { recursive: true });
    mkdirSync(join(this.folder, "node_modules"));
    for (const name of BUNDLERS) symlinkSync(`${ROOT}node_modules/${name}`, join(this.folder, "node_modules", name));
    this.#install("groupcast", ROOT);
  }

  /** Takes the line that begins with `// external` out of its comment. */
  leaveGroupcastExternal(config: string): void {
    const path = join(this.folder, config);
    const text = readFileSync(path, "utf8");
    const changed = text.replace(/\/\/ (?=externals?:)/, "");
    if (changed === text) throw new Error(`${config} has no line about what is external`);
    writeFileSync(path, changed);
  }

  /** Runs a program in the folder of the project, on the Node of this test. */
  run(program: string, ...args: readonly string[]): Promise<Output> {
    return execute(this.folder, program, args);
  }

  /** Moves the folder dist out of the project, and removes the project. @returns Where dist is now. */
  deliver(): string {
    const delivered = join(this.#root, "delivered");
    renameSync(join(this.folder, "dist"), delivered);
    rmSync(this.folder, { recursive: true });
    return delivered;
  }

  removeAddon(): void {
    rmSync(join(this.folder, ADDONS), { recursive: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true });
  }

  #install(name: string, dependent: string): void {
    const target = join(this.folder, "node_modules", name);
    if (existsSync(target)) return;
    const manifest = createRequire(dependent).resolve(`${name}/package.json`);
    const source = dirname(manifest);
    const { dependencies = {} } = JSON.parse(readFileSync(manifest, "utf8"));
    if (source.startsWith(`${ROOT}packages/`)) copyPackage(source, target);
    else cpSync(source, target, { recursive: true });
    for (const dependency of Object.keys(dependencies)) this.#install(dependency, manifest);
  }
}

/** Runs a program in `folder` without the variables that choose a backend, and NODE_PATH, which pnpm's vitest sets. */
export async function execute(folder: string, program: string, args: readonly string[] = []): Promise<Output> {
  const { GROUPCAST_ADDON: _addon, GROUPCAST_BACKEND: _backend, NODE_OPTIONS: _options, NODE_PATH: _path, ...env } = process.env;
  const PATH = [dirname(process.execPath), join(folder, "node_modules/.bin"), env.PATH].join(delimiter);
  const { stdout, stderr } = await run(program, args, { cwd: folder, env: { ...env, PATH } });
  return { stdout: stdout.trim(), stderr };
}

/** Copies what npm would have packed, as far as it runs. */
function copyPackage(source: string, target: string): void {
  mkdirSync(join(target, "dist"), { recursive: true });
  cpSync(join(source, "package.json"), join(target, "package.json"));
  for (const file of readdirSync(join(source, "dist")))
    if (file.endsWith("bundle.js")) cpSync(join(source, "dist", file), join(target, "dist", file));
  const addons = join(source, "prebuilds");
  if (!existsSync(addons)) return;
  for (const name of readdirSync(addons).filter((each) => !each.endsWith("-sanitized.node"))) {
    cpSync(join(addons, name), join(target, "prebuilds", name));
  }
}
