// node scripts/option-page.mjs [--check]: writes docs/options.md from the option table, or says whether it is up to date.
import { finishPage, prepareTables } from "./generated-page.mjs";

prepareTables();
const { FEATURE_NAMES, FEATURES, OPTION_NAMES, optionRow } = await import("@groupcast/backend");

const EVERY_PORT = "every port, by itself";

/** Option → the public options and methods that set or read it. test/architecture/options.test.ts holds every row to it. */
const SET_BY = /** @type {const} @satisfies {Record<import("@groupcast/backend").OptionName, string>} */ ({
  reuseAddress: "`reuseAddress`, `listenMultiple`",
  reusePort: "`reusePort`",
  ipv6Only: "`ipv6Only`",
  bindToInterface: "`bindToInterface`, `setBindToInterface()`",
  receiveBufferBytes: "`receiveBufferBytes`, `setReceiveBufferBytes()`",
  sendBufferBytes: "`sendBufferBytes`, `setSendBufferBytes()`",
  broadcast: "`setBroadcastAllowed()`",
  unicastTtl: "`unicastTTL`, `setUnicastTTL()`",
  trafficClass: "`trafficClass`, `setTrafficClass()`",
  multicastTtl: "`ttl`, `setTTL()`",
  multicastLoopback: "`loopback`, `setLoopbackMode()`",
  multicastAll: EVERY_PORT,
  receivePacketInfo: "`multicastOnly`, `arrival`",
  receiveTtl: "`arrival`",
  receiveTimestamp: "`arrival`",
  receiveDropCount: "`arrival`",
  receiveErrors: EVERY_PORT,
  receiveOffload: EVERY_PORT,
  busyPollUs: "`busyPollUs`",
  kernelDrops: "`statistics()`",
  unreadDrops: "`statistics()`",
});

/** @param {import("@groupcast/backend").OptionName} name */
function line(name) {
  const { unit, min, max, source, when, note } = optionRow(name);
  const range = unit === "boolean" ? "on, off" : `${unit}, ${min.toLocaleString("en")} … ${max.toLocaleString("en")}`;
  return `| \`${name}\` | ${SET_BY[name]} | ${source} | ${range} | ${when} | ${note} |`;
}

const page = `# Options

This page lists every socket option that Groupcast knows, the public option or method that sets or reads it, and its name in the kernel. Names
without \`()\` are options of \`listenUDP\`, \`listenMulticast\` and \`connectUDP\`; names with \`()\` are methods of a port. Groupcast sets a row with
"${EVERY_PORT}" whenever it opens a port, if the backend has the option. Each method that sets has one that reads: \`setTrafficClass()\` and
\`getTrafficClass()\`.

If a backend cannot set or read an option, its capabilities lack \`set …\` or \`get …\`: \`reactor.backend.capabilities.has("set reusePort")\`. Using the
option then throws \`ERR_UNSUPPORTED_OPTION\`.

This page is generated from \`packages/backend/src/option-table.ts\` by \`node scripts/option-page.mjs\`.

| option | set or read by | in the kernel | values | when | meaning |
| --- | --- | --- | --- | --- | --- |
${OPTION_NAMES.map(line).join("\n")}

## Other capabilities

| capability | what a backend with it can do |
| --- | --- |
${FEATURE_NAMES.map((name) => `| \`${name}\` | ${FEATURES[name]} |`).join("\n")}
`;

finishPage("docs/options.md", page);
