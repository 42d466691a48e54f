// node scripts/pictures.mjs [--check]: draws the pictures of the guides in docs/pictures, from what happens on a network in memory and from the tables
// of other pages, and the badges of the README in docs/badges; or says which is not what they say.
import { mkdirSync } from "node:fs";
import { ROOT } from "./command.mjs";
import { finishPage, prepareTables } from "./generated-page.mjs";

const FOLDER = "docs/pictures";
const BADGES = "docs/badges";
const NAMES = [
  "benchmark",
  "isolation",
  "join-and-send",
  "life-of-a-membership",
  "reactor-port-protocol",
  "relays",
  "ttl-zero",
  "way-of-a-datagram",
];

prepareTables();
for (const folder of [FOLDER, BADGES]) mkdirSync(ROOT + folder, { recursive: true });
for (const name of NAMES) {
  const { draw } = await import(`./pictures/${name}.mjs`);
  finishPage(`${FOLDER}/${name}.svg`, await draw());
}

const { drawBadges } = await import("./pictures/badges.mjs");
for (const [name, text] of await drawBadges()) finishPage(`${BADGES}/${name}.svg`, text);
