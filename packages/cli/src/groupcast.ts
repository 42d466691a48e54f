#!/usr/bin/env node
/** The program `groupcast`. */
const BUNDLE = "./bundle.js"; // made of this package's modules; beside this file once it is built
const { main } = (await import(BUNDLE)) as typeof import("./index.js");

process.exitCode = await main(process.argv.slice(2));
