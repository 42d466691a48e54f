import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const { resolve } = createRequire(import.meta.resolve("groupcast")); // finds what Groupcast depends on, wherever the package manager put it
const addons = join(dirname(resolve("@groupcast/backend-native/package.json")), "prebuilds");
cpSync(addons, "dist/prebuilds", { recursive: true });
