/** Peers from npm. They are no dependencies of the workspace: `npm run bench:peers` installs them into .cache/bench/npm. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { BUILT } from "./folders.js";

const FOLDER = `${BUILT}npm/`;

/** Exact versions, so that figures of two machines compare. */
const PACKAGES = { bun: "1.4.5", deno: "2.9.6", "udx-native": "1.21.3" } as const;
export type NpmPackage = keyof typeof PACKAGES;

/** The packages that hold the programs themselves: `bun` and `deno` hold only scripts that start or move them. */
const BINARIES: Readonly<Record<string, Readonly<Record<"bun" | "deno", string>>>> = {
  x64: { bun: "@oven/bun-linux-x64/bin/bun", deno: "@deno/linux-x64-glibc/deno" },
  arm64: { bun: "@oven/bun-linux-aarch64/bin/bun", deno: "@deno/linux-arm64-glibc/deno" },
};

/** Path of a module or program, whether it is there or not. */
export function npmPath(name: NpmPackage, folder: string = FOLDER): string {
  const inside = name === "udx-native" ? name : (BINARIES[process.arch]?.[name] ?? `${name} for ${process.arch}`);
  return `${folder}node_modules/${inside}`;
}

interface NpmPeer {
  readonly npmPackages: readonly NpmPackage[];
  findMissing(): string | undefined;
  version(): string;
}

export function npmPeer(name: NpmPackage, folder: string = FOLDER): NpmPeer {
  const path = npmPath(name, folder);
  return {
    npmPackages: [name],
    findMissing: () => {
      if (!existsSync(path)) return `no ${path}`;
      const installed = installedVersion(name, folder);
      return installed === PACKAGES[name] ? undefined : `${name} ${installed} is installed, ${PACKAGES[name]} is measured`;
    },
    version: () => (name === "udx-native" ? `${installedVersion(name, folder)} on Node ${process.version}` : reportedVersion(path)),
  };
}

/** Installs all of them. Runs no scripts of theirs, and writes no lockfile. Returns the exit code. */
export function installNpmPeers(): number {
  mkdirSync(FOLDER, { recursive: true });
  const packages = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
  const flags = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  return spawnSync("npm", ["install", "--prefix", FOLDER, ...flags, ...packages], { stdio: "inherit" }).status ?? 1;
}

function installedVersion(name: NpmPackage, folder: string): string {
  const { version } = JSON.parse(readFileSync(`${folder}node_modules/${name}/package.json`, "utf8")) as { readonly version: string };
  return version;
}

/** Returns the version that the program itself reports. */
function reportedVersion(path: string): string {
  return spawnSync(path, ["--version"], { encoding: "utf8" }).stdout?.split("\n")[0]?.trim() ?? "";
}
