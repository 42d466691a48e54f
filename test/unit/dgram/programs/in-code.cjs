// Requires the hook itself, after the module it replaces.
const dgram = require("node:dgram");
require("@groupcast/dgram/register");

import("./tell.mjs").then(({ tell }) => tell({ module: dgram, names: { ...require("node:dgram") } }));
