// npm run docs [-- --serve]: sets up what changed, builds the site of guides and reference, and checks it; --serve shows it in a browser.
import { fail, ROOT, runVisibly } from "./command.mjs";
import { setUp } from "./setup.mjs";

const BUILD = ["scripts/site.mjs"];
const CHECK = ["node_modules/vitest/vitest.mjs", "run", "--project", "docs"];
const SERVE = ["site/node_modules/vitepress/bin/vitepress.js", "preview", "site"];

setUp();
if (runVisibly(process.execPath, BUILD) !== 0) process.exit(1);
if (process.argv.includes("--serve")) process.exit(runVisibly(process.execPath, SERVE));
if (runVisibly(process.execPath, CHECK) !== 0) fail("The site is built, and its checks have failed.");
console.log(`The site is in ${ROOT}.cache/site. "npm run docs -- --serve" shows it.`);
