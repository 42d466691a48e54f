// The door between the packages and a browser: what stands in there for the few modules of Node that reactor and backend-memory import.
// A plugin for esbuild; a module that has no file in ./node fails the bundle.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { getSystemErrorMap } from "node:util";

const FOLDER = fileURLToPath(new URL("node/", import.meta.url));

/** @type {import("esbuild").Plugin} */
export const standIns = {
  name: "stand-ins for modules of Node",
  setup(build) {
    build.initialOptions.inject = [...(build.initialOptions.inject ?? []), fileURLToPath(new URL("globals.mjs", import.meta.url))];
    build.onResolve({ filter: /^node:/ }, ({ path, importer }) => {
      const file = `${FOLDER}${path.slice("node:".length).replace("_", "-")}.mjs`;
      if (existsSync(file)) return { path: file };
      return { errors: [{ text: `${path} has no stand-in for browsers, and ${importer} imports it` }] };
    });
    build.onResolve({ filter: /^system-errors$/ }, ({ path }) => ({ path, namespace: "machine" }));
    build.onLoad({ filter: /.*/, namespace: "machine" }, () => {
      return { contents: `export default ${JSON.stringify([...getSystemErrorMap()])}` }; // the network in memory answers as Linux does
    });
  },
};
