// Loaded before the hook: imports names, which follow the module, and copies them to constants, which do not.
import { createSocket, Socket } from "node:dgram";

const copies = { createSocket, Socket };

globalThis.loadedBefore = {
  get imports() {
    return { createSocket, Socket };
  },
  copies,
};
