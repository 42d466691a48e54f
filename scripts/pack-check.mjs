// npm run pack:check: packs every package, looks into what was packed, installs it with npm and with pnpm as a stranger would, and lets
// the echo of the README run from there on every supported version of Node, and a program on node:dgram under the hook of @groupcast/dgram.
// Publishes nothing. With --keep, the tarballs stay in .cache/release.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fail, ROOT, runQuietly } from "./command.mjs";
import { faultsOfCommand, MOST_COMMAND_BYTES } from "./pack/commanded.mjs";
import { copyWithAddon, EXPECTED_PACKAGES, INSTALLERS, install } from "./pack/consumer.mjs";
import { echo, writePrograms } from "./pack/echo.mjs";
import { ownersOfSockets, writeDgramPrograms } from "./pack/hooked.mjs";
import { serve } from "./pack/registry.mjs";
import { run, runWell } from "./pack/run.mjs";
import { faultsOf, packAll } from "./pack/tarballs.mjs";
import { EMULATOR, FOREIGN_ROOT, installToolchains } from "./pack/toolchains.mjs";
import { setUp } from "./setup.mjs";

const NODE_MAJORS = [20, 22, 24, 26];
const CHECKERS = /** @type {const} */ ([
  ["node_modules/publint/src/cli.js", "--strict"],
  ["node_modules/@arethetypeswrong/cli/dist/index.js", "--profile", "esm-only", "--no-color"],
]);

/** @type {string[]} */
const faults = [];
const work = mkdtempSync(join(tmpdir(), "groupcast-pack-"));

installToolchains();
setUp();
buildAddons();
const tarballs = await pack();
await checkTypes();
const registry = await serve(tarballs);
try {
  if (process.argv.includes("--keep")) keep();
  for (const installer of INSTALLERS) await installAndRun(installer);
  await runWithoutAddon();
  await runEmulated();
} finally {
  await registry.close();
  rmSync(work, { recursive: true });
}
if (faults.length > 0) fail(`Not fit to be published:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
console.log("\nFit to be published");

function buildAddons() {
  const { succeeded, output } = runQuietly(process.execPath, ["packages/backend-native/scripts/prebuild.mjs"]);
  if (!succeeded) fail(output);
  console.log(`Addons\n${indented(output)}`);
}

async function pack() {
  const folder = join(work, "tarballs");
  mkdirSync(folder);
  const packed = await packAll(folder);
  console.log("Packages");
  for (const tarball of packed) {
    const unpackedBytes = [...tarball.files.values()].reduce((sum, content) => sum + content.length, 0);
    console.log(
      `  ${basename(tarball.file)}: ${kilobytes(tarball.bytes.length)}, ${kilobytes(unpackedBytes)} unpacked, ${tarball.files.size} files`,
    );
    faults.push(...faultsOf(tarball).map((fault) => `${tarball.manifest.name} ${fault}`));
  }
  return packed;
}

/** Leaves the tarballs where a release takes them from. */
function keep() {
  const folder = `${ROOT}.cache/release`;
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(work, "tarballs"), folder, { recursive: true });
}

/** What the rest of the world makes of the manifests: publint, and whether types and code are found alike. */
async function checkTypes() {
  for (const { file, manifest } of tarballs) {
    for (const [checker, ...args] of CHECKERS) {
      const { exitCode, stdout, stderr } = await run([process.execPath, ROOT + checker, file, ...args], { cwd: work });
      if (exitCode !== 0) faults.push(`${manifest.name}: ${checker}\n${stdout}${stderr}`);
    }
  }
  console.log("publint and attw have looked at all of them");
}

/** @param {import("./pack/consumer.mjs").Installer} installer */
async function installAndRun(installer) {
  const folder = await installed("groupcast", installer);
  writePrograms(folder);
  await compile(folder, "echo.ts");
  for (const major of NODE_MAJORS) await runEcho(`Node ${major}`, folder, [await nodeOf(major)], "native");
  const hooked = await installed("@groupcast/dgram", installer);
  writeDgramPrograms(hooked);
  await compile(hooked, "on-dgram.ts");
  for (const major of NODE_MAJORS) await runHooked(`Node ${major}`, hooked, await nodeOf(major), "groupcast");
  const commanded = await installed("@groupcast/cli", installer);
  for (const major of NODE_MAJORS) await runCommand(`Node ${major}`, commanded, await nodeOf(major));
}

/**
 * Installs a package into a folder of its own.
 *
 * @param {keyof typeof EXPECTED_PACKAGES} name
 * @param {import("./pack/consumer.mjs").Installer} installer
 */
async function installed(name, installer) {
  const folder = join(work, installer.name, name);
  const { tookMs, sizeBytes, packages } = await install(folder, installer, { tarball: tarballOf(name), registry: registry.url });
  console.log(`${installer.name}: ${(tookMs / 1000).toFixed(1)} s from an empty cache, ${kilobytes(sizeBytes)}, ${packages.join(" ")}`);
  const expected = EXPECTED_PACKAGES[name];
  if (name === "@groupcast/cli" && sizeBytes > MOST_COMMAND_BYTES) faults.push(`${name} takes ${kilobytes(sizeBytes)} with what it needs`);
  if (String(packages) !== String(expected)) faults.push(`${installer.name} installs ${packages} for ${name}; expected ${expected}`);
  return folder;
}

/** A program, as TypeScript, against the declarations that were installed. @param {string} folder @param {string} program */
async function compile(folder, program) {
  const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"];
  const roots = ["--typeRoots", join(ROOT, "node_modules/@types")];
  const { exitCode, stdout } = await run([process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), ...options, ...roots, program], {
    cwd: folder,
  });
  if (exitCode !== 0) faults.push(`${program} does not compile where the package is installed:\n${stdout}`);
}

/** Without an addon, and with one of another processor, it runs on node:dgram and says why; the hook leaves node:dgram in place. */
async function runWithoutAddon() {
  const folder = join(work, "npm/groupcast");
  copyWithAddon(folder, join(work, "missing"));
  copyWithAddon(folder, join(work, "foreign"), "linux-arm64-glibc.node");
  await runEcho("No addon", join(work, "missing"), [process.execPath], "dgram");
  await runEcho("An addon that does not load", join(work, "foreign"), [process.execPath], "dgram");
  copyWithAddon(join(work, "npm/@groupcast/dgram"), join(work, "hook-alone"));
  await runHooked("No addon", join(work, "hook-alone"), process.execPath, "node");
}

/** The addon for arm64, once, on an emulated processor. Unicast only: the emulator does not know the options of multicast. */
async function runEmulated() {
  const node = await nodeOf(NODE_MAJORS[0], "arm64");
  await runEcho("arm64, emulated", join(work, "npm/groupcast"), [EMULATOR, "-L", FOREIGN_ROOT, node], "native");
}

/**
 * @param {string} label
 * @param {string} folder
 * @param {readonly [string, ...string[]]} node
 * @param {string} expected Name of the backend.
 */
async function runEcho(label, folder, node, expected) {
  const { backend, reason } = await echo(folder, node);
  console.log(`  ${label}: echo on ${backend}, because ${reason}`);
  if (backend !== expected || reason === "") faults.push(`${label} runs on ${backend} (${reason}); expected ${expected}`);
}

/**
 * @param {string} label
 * @param {string} folder
 * @param {string} node
 * @param {"groupcast" | "node"} expected
 */
async function runHooked(label, folder, node, expected) {
  const owners = await ownersOfSockets(folder, node);
  console.log(`  ${label}: under the hook, sockets of node:dgram are of ${owners}`);
  if (String(owners) !== expected) faults.push(`${label} has sockets of ${owners} under the hook; expected ${expected}`);
}

/** @param {string} label @param {string} folder @param {string} node */
async function runCommand(label, folder, node) {
  const found = await faultsOfCommand(folder, node);
  console.log(`  ${label}: the command ${found.length === 0 ? "answers" : "fails"}`);
  faults.push(...found.map((fault) => `${label}: ${fault}`));
}

/**
 * A Node of that major version, installed from npm when it is not there yet; by force, as npm would refuse that of another processor.
 *
 * @param {number | undefined} major
 * @param {string} architecture
 */
async function nodeOf(major, architecture = process.arch) {
  const name = `node-linux-${architecture}`;
  const folder = join(ROOT, ".cache", architecture === process.arch ? `node-${major}` : `node-${major}-${architecture}`);
  const program = join(folder, "node_modules", name, "bin/node");
  if (!existsSync(program)) {
    await runWell(["npm", "install", "--silent", "--no-audit", "--no-fund", "--force", "--prefix", folder, `${name}@${major}`], {
      cwd: ROOT,
    });
  }
  return program;
}

/** @param {string} name */
function tarballOf(name) {
  return String(tarballs.find(({ manifest }) => manifest.name === name)?.file);
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${Math.round(bytes / 1000)} kB`;
}

/** @param {string} text */
function indented(text) {
  return text.replaceAll(/^/gm, "  ");
}
