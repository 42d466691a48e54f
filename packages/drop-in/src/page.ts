/** docs/npm-packages.md: the tables, as they stand when every exchange of them has come out right. */
import { readFileSync } from "node:fs";
import { EXCHANGES, type Exchange } from "./exchanges.js";

const VERSIONS = (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { dependencies: Record<string, string> })
  .dependencies;

const INTRODUCTION = `# Packages that run on Groupcast unchanged

Packages of npm that are written against \`node:dgram\`, not a line changed, started with \`node --import @groupcast/dgram/register\`.
\`npm run drop-in\` runs every row and writes this page when all of them have come out right; the tests run them on every supported version of Node.

Each row is two programs that exchange real traffic, in processes of their own and in a network of their own. They run on \`node:dgram\` alone
first. Then they run with one of them, the other, and both on Groupcast, and have to say exactly the same: what arrived, from whom, in which
order, and that everything was closed at the end and the process ended by itself. Each process also proves whose sockets it had: on Groupcast every
socket that it opened is an instance of ours, and libuv made none. The programs are in \`packages/drop-in/programs\`.
`;

const WITH_THEMSELVES = `## With themselves

The first program is the one that waits: a server, a listener, a responder.

| package | version | what is exchanged | of \`node:dgram\` it uses | first on Groupcast, second plain | first plain, second on Groupcast | both on Groupcast |
| --- | --- | --- | --- | --- | --- | --- |
`;

const WITH_FOREIGN = `## With foreign programs

| who | version | what is exchanged | on Groupcast |
| --- | --- | --- | --- |
`;

const END = `## What cannot

\`utp-native\` binds its sockets in C, with libuv's own functions: no hook in JavaScript reaches it, and it runs as it always did.
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
