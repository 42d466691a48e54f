// Imports the hook itself, after the module it replaces.
import dgram, { createSocket, Socket } from "node:dgram";
import "@groupcast/dgram/register";
import { tell } from "./tell.mjs";

await tell({ default: dgram, names: { createSocket, Socket } });
