// Prints by which ways a CommonJS module gets Groupcast, and lets a socket of each exchange a datagram.
// biome-ignore lint/style/useNodejsImportProtocol: programs write both names
const dgram = require("dgram");
const { createSocket, Socket } = require("node:dgram");

async function main() {
  const { tell } = await import("./tell.mjs");
  await tell({
    'require("dgram")': dgram,
    'names of require("node:dgram")': { createSocket, Socket },
    "import()": await import("node:dgram"),
    "getBuiltinModule()": process.getBuiltinModule("node:dgram"),
  });
}

main();
