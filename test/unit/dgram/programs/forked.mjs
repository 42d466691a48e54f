// Forks a process, which prints what it has.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

fork(fileURLToPath(new URL("every-way.mjs", import.meta.url)));
