// Starts a worker thread with the options of its argument; the worker prints what it has.
import { Worker } from "node:worker_threads";

const [, , options = "{}"] = process.argv;
new Worker(new URL("every-way.mjs", import.meta.url), JSON.parse(options));
