// npm run docs: sets up what changed, then builds the site of guides and reference.
import { ROOT, runVisibly } from "./command.mjs";
import { setUp } from "./setup.mjs";

setUp();
process.exitCode = runVisibly(process.execPath, ["scripts/site.mjs"]);
if (process.exitCode === 0) console.log(`Open ${ROOT}.cache/site/index.html`);
