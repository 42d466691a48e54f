// node scripts/option-page.mjs [--check]: writes docs/options.md from the option table, or says whether it is up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { FEATURE_NAMES, FEATURES, OPTION_NAMES, optionRow } from "@groupcast/backend";
import { fail, ROOT } from "./command.mjs";

const PAGE = `${ROOT}docs/options.md`;

/** Option → how a program says it. An option without a row is the framework's own business. */
const SAID = /** @type {Partial<Record<import("@groupcast/backend").OptionName, string>>} */ ({
  reuseAddress: "`reuseAddress`, `listenMultiple`",
  reusePort: "`reusePort`",
  ipv6Only: "`ipv6Only`",
  receiveBufferBytes: "`receiveBufferBytes`",
  sendBufferBytes: "`sendBufferBytes`",
  broadcast: "`setBroadcastAllowed()`",
  multicastTtl: "`ttl`, `setTTL()`",
  multicastLoopback: "`loopback`, `setLoopbackMode()`",
  receivePacketInfo: "`arrival`",
  receiveTtl: "`arrival`",
  receiveTimestamp: "`arrival`",
  kernelDrops: "`statistics().kernelDrops`",
  unreadDrops: "`statistics().unreadDrops`",
});

/** @param {import("@groupcast/backend").OptionName} name */
function line(name) {
  const { unit, min, max, source, when, note } = optionRow(name);
  const range = unit === "boolean" ? "on, off" : `${unit}, ${min.toLocaleString("en")} … ${max.toLocaleString("en")}`;
  return `| \`${name}\` | ${SAID[name] ?? ""} | ${source} | ${range} | ${when} | ${note} |`;
}

const page = `# Options

Every socket option that Groupcast knows, how a program says it, and what the kernel calls it. Where nothing is said, the option is set by the
framework itself, or waits for somebody who needs it. A backend that cannot serve one lacks \`set …\` or \`get …\` among its capabilities:
\`reactor.backend.capabilities.has("set reusePort")\`; asking for it throws \`ERR_UNSUPPORTED_OPTION\`.

This page is made from \`packages/backend/src/option-table.ts\` by \`node scripts/option-page.mjs\`.

| option | said by | in the kernel | values | when | meaning |
| --- | --- | --- | --- | --- | --- |
${OPTION_NAMES.map(line).join("\n")}

## Other capabilities

| capability | what a backend with it can do |
| --- | --- |
${FEATURE_NAMES.map((name) => `| \`${name}\` | ${FEATURES[name]} |`).join("\n")}
`;

if (process.argv.includes("--check")) {
  if (readFileSync(PAGE, "utf8") !== page) fail("docs/options.md is not what the option table says: run node scripts/option-page.mjs");
} else writeFileSync(PAGE, page);
