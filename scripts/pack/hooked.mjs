// A program on `node:dgram`, as somebody has it who installs `@groupcast/dgram`: as CommonJS and as an ES module, under the hook and without it.
import { writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { runWell } from "./run.mjs";

const BODY = `const socket = dgram.createSocket("udp4", (message) => {
  socket.close();
  import("@groupcast/dgram").then(({ Socket }) => {
    console.log(JSON.stringify({ message: String(message), owner: socket instanceof Socket ? "groupcast" : "node" }));
  });
});
socket.bind(0, "127.0.0.1", () => socket.send("hello", socket.address().port, "127.0.0.1"));
`;

const PROGRAMS = {
  "on-dgram.cjs": `const dgram = require("dgram");\n\n${BODY}`,
  "on-dgram.mjs": `import dgram from "node:dgram";\n\n${BODY}`,
  // What compiles against node:dgram has to compile against this.
  "on-dgram.ts": `import node from "node:dgram";\nimport dgram from "@groupcast/dgram";\nimport "@groupcast/dgram/register";\n\nexport const inItsPlace: typeof node = dgram;\n`,
};

const HOOK = "@groupcast/dgram/register";

/** Writes the programs. @param {string} folder */
export function writeDgramPrograms(folder) {
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(folder, name), text);
}

/**
 * Runs the programs in all ways that lead to the hook.
 *
 * @param {string} folder
 * @param {string} node Program.
 * @returns {Promise<readonly string[]>} Owners of the sockets, each once: "groupcast" or "node".
 */
export async function ownersOfSockets(folder, node) {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }; // for the program that npx runs
  const owners = [];
  for (const program of ["on-dgram.cjs", "on-dgram.mjs"]) {
    for (const command of /** @type {const} */ ([
      [node, "--import", HOOK],
      [node, "--require", HOOK],
      ["node_modules/.bin/groupcast-dgram"],
    ])) {
      const { message, owner } = JSON.parse(await runWell([...command, program], { cwd: folder, env }));
      if (message !== "hello") throw new Error(`"hello" arrived as ${message}`);
      owners.push(owner);
    }
  }
  return [...new Set(owners)];
}
