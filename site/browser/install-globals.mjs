// Makes the globals of Node that the packages use. A page imports it before it imports them.
import { Buffer } from "buffer/";
import { process, setImmediate } from "./globals.mjs";

for (const [name, value] of Object.entries({ Buffer, process, setImmediate })) {
  if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
