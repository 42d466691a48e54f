// Imports the hook after the package's own entry: one Socket for both.
import "@groupcast/dgram";
import dgram from "node:dgram";
import { tell } from "./tell.mjs";

await import("@groupcast/dgram/register");
await tell({ dgram });
