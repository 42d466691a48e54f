/** docs/npm-packages.md: the tables, as they stand when every exchange of them has come out right. */
import { readFileSync } from "node:fs";
import { EXCHANGES, type Exchange } from "./exchanges.js";

const VERSIONS = (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { dependencies: Record<string, string> })
  .dependencies;

const INTRODUCTION = `# Packages that run on Groupcast unchanged

These npm packages are written against \`node:dgram\`. They run on Groupcast without a changed line, started with \`node --import @groupcast/dgram/register\`.
\`npm run drop-in\` runs every row, and writes this page if all of them succeed; the tests run them on every supported version of Node.

Each row is two programs that exchange real traffic, in processes of their own and in a network of their own. First, both run on \`node:dgram\`.
Then one, the other, and both of them run on Groupcast, and must report exactly the same: what arrived, from whom, in which
order, and that everything was closed and the process ended by itself. Each process also proves which sockets it had: on Groupcast, every
socket that it opened is an instance of Groupcast's class, and libuv made none. The programs are in \`packages/drop-in/programs\`.
`;

const WITH_THEMSELVES = `## With themselves

The first program waits for the second: it is a server, a listener or a responder.

| package | version | what they exchange | parts of \`node:dgram\` that it uses | first on Groupcast, second plain | first plain, second on Groupcast | both on Groupcast |
| --- | --- | --- | --- | --- | --- | --- |
`;

const WITH_FOREIGN = `## With foreign programs

| programs | version | what they exchange | on Groupcast |
| --- | --- | --- | --- |
`;

const END = `## What cannot run on it

\`utp-native\` binds its sockets in C, with libuv's own functions: no hook in JavaScript reaches it, so it runs as before.
`;

export function page(): string {
  const own = EXCHANGES.filter(({ foreign }) => foreign === undefined).map(ownRow);
  const foreign = EXCHANGES.filter(({ foreign: peer }) => peer !== undefined).map(foreignRow);
  return [INTRODUCTION, WITH_THEMSELVES + own.join(""), WITH_FOREIGN + foreign.join(""), END].join("\n");
}

function ownRow(exchange: Exchange): string {
  return `| \`${exchange.name}\` | ${versionsOf(exchange)} | ${exchange.what} | ${exchange.uses} | same | same | same |\n`;
}

function foreignRow(exchange: Exchange): string {
  return `| ${exchange.name} | ${versionsOf(exchange)} | ${exchange.what} | same |\n`;
}

function versionsOf({ packages }: Exchange): string {
  const [own = "", ...others] = packages;
  return [VERSIONS[own] ?? "", ...others.map((name) => `${name} ${VERSIONS[name]}`)].join(", with ");
}
