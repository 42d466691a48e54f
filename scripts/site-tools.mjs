// What the site is made with: a workspace of its own, site/, so that nothing but the site and its tests waits for it to be installed.
import { existsSync, readFileSync } from "node:fs";
import { ROOT } from "./command.mjs";
import { fingerprintOfContents } from "./fingerprint.mjs";
import { runStep } from "./step.mjs";

const TOOLS = ["site/package.json", "site/pnpm-lock.yaml", "site/pnpm-workspace.yaml"];
const BUILDER = "site/node_modules/vitepress/package.json";

/** @returns {string} */
export function siteToolsFingerprint() {
  return fingerprintOfContents(TOOLS);
}

/** Installs them, unless they are there. */
export function installSiteTools() {
  const { packageManager } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
  runStep({
    title: "Installing what the site is made with",
    stamp: "site/node_modules/.cache/install.stamp",
    fingerprint: siteToolsFingerprint(),
    isComplete: () => existsSync(ROOT + BUILDER),
    command: ["npx", "--yes", packageManager, "--dir", "site", "install", "--frozen-lockfile", "--prefer-offline"],
    remedy: 'Is the npm registry reachable ("npm ping")?',
  });
}
