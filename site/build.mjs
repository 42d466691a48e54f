// node site/build.mjs: builds the site of guides and reference in .cache/site. `npm run docs` installs what it needs, and runs it.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vitepress";
import { collect } from "./collect.mjs";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const SOURCE = `${ROOT}.cache/site-source`;
const HERE = `${ROOT}site`;

rmSync(SOURCE, { recursive: true, force: true });
mkdirSync(SOURCE, { recursive: true });
collect(ROOT, SOURCE);
for (const page of ["index.md", "network.md"]) copyFileSync(`${HERE}/${page}`, `${SOURCE}/${page}`);
makeReference();
await build(HERE);

/** A page for each thing that packages export; where one exports another's, a link. */
function makeReference() {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`${HERE}/node_modules/typedoc/bin/typedoc`, "--options", `${HERE}/typedoc.json`],
    { cwd: ROOT, encoding: "utf8" },
  );
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}`);
  process.exit(1);
}
