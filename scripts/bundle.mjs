// node scripts/bundle.mjs: makes one module, dist/bundle.js, of what tsc has compiled in each package: scripts/package-bundle.mjs. Of those that
// every program of groupcast loads, it makes one file for Node: scripts/foundation-bundle.mjs.
// Of register.js, where a package has one, it makes a hook: dist/register.cjs, with everything in it. Of page/main.ts, where a package has one, it
// makes a page for browsers: dist/page. A hook runs before every program that is started with it, so it is a single file: docs/decisions/0013.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "./command.mjs";
import { compiledPackages } from "./fingerprint.mjs";
import { foundationBundle } from "./foundation-bundle.mjs";
import { compiledCode, LICENCE, MAPS_OF_TSC, packageBundle } from "./package-bundle.mjs";

/** Styles of a page, in this order: the later ones overrule the earlier. */
const PAGE_STYLES = ["colors.css", "layout.css", "contents.css", "narrow.css"];

/** `--import` of CommonJS takes longer than this: Node 20 looks for names to export. */
const IMPORT_OF_HOOK = `import { createRequire } from "node:module";\n\ncreateRequire(import.meta.url)("./register.cjs");\n`;

const packages = compiledPackages();
const bundles = await Promise.all(packages.map((folder) => packageBundle(basename(folder))));
for (const { path, content } of [...bundles.flatMap(({ files }) => files), ...(await foundationBundle())]) replace(path, content);
for (const folder of packages) if (existsSync(`${ROOT}${folder}/dist/register.js`)) await bundleHook(`${ROOT}${folder}/dist/`);
for (const folder of packages) if (existsSync(`${ROOT}${folder}/page/main.ts`)) await bundlePage(`${ROOT}${folder}/`);

/** Without comments, which take time to read, and without a source map, whose sources would lie in other packages. @param {string} dist */
async function bundleHook(dist) {
  const build = await rolldown({
    input: `${dist}register.js`,
    external: (id) => id.startsWith("node:"),
    platform: "node",
    plugins: [compiledCode(ROOT), MAPS_OF_TSC],
  });
  const { output } = await build.generate({ file: `${dist}register.cjs`, format: "cjs", codeSplitting: false, comments: false });
  await build.close();
  replace(`${dist}register.cjs`, LICENCE + output[0].code);
  replace(`${dist}register.mjs`, IMPORT_OF_HOOK);
  replace(`${dist}register.d.cts`, "export {};\n"); // register.d.ts is of an ES module
}

/**
 * Makes the files of a page for browsers: its script and its style with uPlot in them, the only foreign code, whose licence has to be wherever
 * it is. Minified, as a browser loads them each time.
 *
 * @param {string} folder Of the package.
 */
async function bundlePage(folder) {
  const uplot = dirname(createRequire(`${folder}package.json`).resolve("uplot"));
  const licence = `/*\nContains uPlot:\n\n${readFileSync(join(uplot, "../LICENSE"), "utf8")}*/\n`;
  const build = await rolldown({ input: `${folder}page/main.ts`, platform: "browser", tsconfig: `${folder}page/tsconfig.json` });
  const { output } = await build.generate({ format: "iife", minify: true, codeSplitting: false });
  await build.close();
  const pageFolder = `${folder}dist/page/`;
  mkdirSync(pageFolder, { recursive: true });
  replace(`${pageFolder}page.js`, licence + output[0].code);
  const styles = [join(uplot, "uPlot.min.css"), ...PAGE_STYLES.map((name) => `${folder}page/${name}`)];
  replace(`${pageFolder}page.css`, licence + styles.map((path) => readFileSync(path, "utf8")).join("\n"));
  for (const file of ["index.html", "icon.svg"]) replace(pageFolder + file, readFileSync(`${folder}page/${file}`));
}

/**
 * Writes a file in one step: a program that starts meanwhile reads the old one or the new one.
 *
 * @param {string} path
 * @param {string | Uint8Array} content
 */
function replace(path, content) {
  const ownPath = `${path}.${process.pid}`; // two scripts may bundle at once
  writeFileSync(ownPath, content);
  renameSync(ownPath, path);
}
