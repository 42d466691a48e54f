// Loaded before the hook: keeps the module, and copies of its members.
const dgram = require("node:dgram");

globalThis.loadedBefore = { module: dgram, copies: { createSocket: dgram.createSocket, Socket: dgram.Socket } };
