// node scripts/contract-page.mjs [--check]: writes docs/contract.md from the contracts, or says whether it is up to date.
import { finishPage, prepareTables } from "./generated-page.mjs";

prepareTables();
const { AREAS, areaOf, CONTRACTS, contractOf, DIVERGENCES } = await import("@groupcast/backend-compliance");

const PUT_TO = { bare: "socket", reactor: "port", both: "both" };

const HOST = {
  multicast: "multicast",
  link: "multicast on a link",
  ownNetwork: "a network of its own",
  secondInterface: "two interfaces",
  twoSources: "two addresses",
  interfaceControl: "changing interfaces",
  throttle: "a slow interface",
  refusingRoutes: "setting routes",
  descriptorLimit: "processes with few descriptors",
  foreignSocket: "another program's socket",
  program: "processes",
  another: "a second backend",
};

/** @typedef {import("@groupcast/backend-compliance").Contract} Contract */

/** @param {string} text */
function cell(text) {
  return text.replaceAll("|", "\\|").replaceAll(/<(?=\w)/g, "&lt;");
}

/** @param {Contract} contract */
function conditions({ families, needs, host }) {
  const family = families.length === 1 ? [`IPv${families[0]}`] : [];
  return [...family, ...needs.map((capability) => `\`${capability}\``), ...host.map((need) => HOST[need])].join(", ");
}

/** @param {Contract} contract */
function row(contract) {
  const { id, title, access, why } = contract;
  return `| ${id} | ${cell(title)} | ${PUT_TO[access]} | ${conditions(contract)} | ${cell(why)} |`;
}

/** @param {[string, string]} area */
function section([area, heading]) {
  const rows = CONTRACTS.filter(({ id }) => areaOf(id) === area).map(row);
  return `## ${heading}\n\n| id | promise | tested on | needs | source |\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

/** @param {import("@groupcast/backend-compliance").Divergence} divergence */
function divergenceRow({ backend, contract, families = [4, 6], reason, link }) {
  const { title } = contractOf(contract);
  const where = families.length === 2 ? backend : `${backend}, IPv${families.join()}`;
  return `| ${where} | ${contract} | ${cell(title)} | ${cell(reason)} | [source](${link}) |`;
}

const page = `# The contract

This page lists the promises of every backend, and those of a reactor's port on top of it: ${CONTRACTS.length} contracts. Each is tested on every backend
(native, dgram, memory), with IPv4 and IPv6, on the bare **socket**, on a **port** of a reactor, or on **both**. Ids are stable, and the id of a removed
contract is never reused. A decision named as a source is one of [these](decisions/README.md).

If a backend lacks a capability that a contract needs, it has to refuse with \`UnsupportedError\`; the suite tests that instead. If a contract needs a
feature that only some hosts have, such as two interfaces, the suite skips it on the others, with the reason.

\`@groupcast/backend-compliance\` exports the contracts, so that you can test a backend of your own.

\`node scripts/contract-page.mjs\` writes this page from \`packages/backend-compliance/src\`.

## Known divergences

If a listed divergence no longer occurs, the suite fails.

| backend | contract | promise | what is different | |
| --- | --- | --- | --- | --- |
${DIVERGENCES.map(divergenceRow).join("\n")}

${Object.entries(AREAS).map(section).join("\n")}`;

finishPage("docs/contract.md", page);
