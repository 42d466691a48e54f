// node scripts/site.mjs: builds the site of guides and reference in .cache/site, unless nothing that it is made of has changed.
import { existsSync } from "node:fs";
import { ROOT } from "./command.mjs";
import { filesUnder, fingerprintOfTimes, packageFolders } from "./fingerprint.mjs";
import { installSiteTools, siteToolsFingerprint } from "./site-tools.mjs";
import { runStep } from "./step.mjs";

/** The first page of the site, relative to the repository. */
const SITE = ".cache/site/index.html";

const PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "docs", "examples"];
const SOURCES = ["site", ...PAGES, ...packageFolders().flatMap((folder) => [`${folder}/src`, `${folder}/README.md`])];

installSiteTools();

const tools = siteToolsFingerprint();
const SPELLED = ["site/cspell.json", "site/words.txt", ".changeset", ".github"];
runStep({
  title: "Checking the spelling",
  stamp: ".cache/stamps/spelling",
  fingerprint: fingerprintOfTimes([...SOURCES, ...SPELLED].flatMap(filesUnder), [tools]),
  isComplete: () => true,
  command: [process.execPath, "site/node_modules/cspell/bin.mjs", "lint", "--config", "site/cspell.json", "--no-progress"],
  remedy: "Correct the word, put it between backticks if it is code, or add it to site/words.txt.",
});

runStep({
  title: "Checking the style",
  stamp: ".cache/stamps/style",
  fingerprint: fingerprintOfTimes([...SOURCES, "site/.textlintrc.json"].flatMap(filesUnder), [tools]),
  isComplete: () => true,
  command: ["npm", "run", "--silent", "--prefix", "site", "style"],
  remedy: "Say it in the words of site/.textlintrc.json.",
});

runStep({
  title: "Checking the types of the site",
  stamp: ".cache/stamps/site-types",
  fingerprint: fingerprintOfTimes(SOURCES.flatMap(filesUnder), [tools]),
  isComplete: () => true,
  command: ["npm", "run", "--silent", "--prefix", "site", "types"],
  remedy: "Correct the errors above.",
});

runStep({
  title: "Building the site",
  stamp: ".cache/stamps/site",
  fingerprint: fingerprintOfTimes(SOURCES.flatMap(filesUnder), [tools]),
  isComplete: () => existsSync(ROOT + SITE),
  command: [process.execPath, "site/build.mjs"],
  remedy:
    "Every warning is an error: a link must lead somewhere, what is exported must be described, and site/contents.mjs lists every guide.",
});
