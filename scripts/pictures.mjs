// node scripts/pictures.mjs [--check]: draws the pictures of the guides in docs/pictures, from what happens on a network in memory and from the tables
// of other pages; or says which is not what they say.
import { mkdirSync } from "node:fs";
import { ROOT } from "./command.mjs";
import { finishPage, prepareTables } from "./generated-page.mjs";

const FOLDER = "docs/pictures";
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
mkdirSync(ROOT + FOLDER, { recursive: true });
for (const name of NAMES) {
  const { draw } = await import(`./pictures/${name}.mjs`);
  finishPage(`${FOLDER}/${name}.svg`, await draw());
}
