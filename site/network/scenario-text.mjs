// Programs of the scenarios as they are written; each is loaded when it is opened.
import { bodyOf } from "./program-text.mjs";

const FILES = import.meta.glob("./scenarios/*/*.mjs", { query: "?raw", import: "default" });

/** @param {string} name @param {"broken" | "solved"} which */
export async function textOf(name, which) {
  const load = FILES[`./scenarios/${name}/${which}.mjs`];
  return load === undefined ? "" : bodyOf(await load());
}
