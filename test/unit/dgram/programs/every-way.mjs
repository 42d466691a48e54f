// Prints by which ways an ES module gets Groupcast, and lets a socket of each exchange a datagram.

import * as namespace from "node:dgram";
import dgram, { createSocket, Socket } from "node:dgram";
import { createRequire } from "node:module";
// biome-ignore lint/style/useNodejsImportProtocol: programs write both names
import bare, { Socket as BareSocket, createSocket as bareCreateSocket } from "dgram";
import { tell } from "./tell.mjs";

await tell({
  "default of node:dgram": dgram,
  "default of dgram": bare,
  "names of node:dgram": { createSocket, Socket },
  "names of dgram": { createSocket: bareCreateSocket, Socket: BareSocket },
  namespace,
  "import()": await import("node:dgram"),
  "createRequire()": createRequire(import.meta.url)("dgram"),
  "getBuiltinModule()": process.getBuiltinModule("dgram"),
});
