// node scripts/site.mjs: builds the site of guides and reference in .cache/site, unless nothing that it is made of has changed.
import { existsSync } from "node:fs";
import { ROOT } from "./command.mjs";
import { filesUnder, fingerprintOfTimes, packageFolders } from "./fingerprint.mjs";
import { runStep } from "./step.mjs";

/** The first page of the site, relative to the repository. */
const SITE = ".cache/site/index.html";

const SOURCES = ["README.md", "CONTRIBUTING.md", "typedoc.json", "docs", "examples", ...packageFolders().map((folder) => `${folder}/src`)];

runStep({
  title: "Building the site",
  stamp: ".cache/stamps/site",
  fingerprint: fingerprintOfTimes(SOURCES.flatMap(filesUnder)),
  isComplete: () => existsSync(ROOT + SITE),
  command: [process.execPath, "node_modules/typedoc/bin/typedoc"],
  remedy: "Every warning is an error: a link must lead somewhere, and what is exported must be described.",
});
