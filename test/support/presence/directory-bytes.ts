// Memory of a directory of nodes.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ManualClock } from "@groupcast/backend-memory";
import { encodeHeartbeat } from "@groupcast/channels";
import { NodeDirectory } from "../../../packages/channels/src/presence/node-directory.js";
import { CHANNELS, channelsOf, nameOf } from "./presence-simulation.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Returns the bytes of heap that a directory of so many nodes takes. */
export function directoryBytes(nodes: number): number {
  filled(nodes); // compiles what is called, which takes memory, too
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const directory = filled(nodes);
  collectGarbage();
  const bytes = process.memoryUsage().heapUsed - before;
  if (directory.size !== nodes) throw new Error(`the directory holds ${directory.size} of ${nodes} nodes`);
  return bytes;
}

function filled(nodes: number): NodeDirectory {
  const directory = new NodeDirectory(new ManualClock(), undefined, { nodeChanged: () => {} }, { maxNodes: nodes * 2 });
  for (let index = 0; index < nodes; index++) {
    const session = index.toString(16).padStart(16, "0");
    const channels = channelsOf(nameOf(index)).map((name) => ({ name, isPublished: false, isSubscribed: true }));
    const about = { name: nameOf(index), periodMs: 60_000, revision: 1, totalChannels: CHANNELS, isLeaving: false };
    directory.take(encodeHeartbeat({ session, ...about, channels }), { id: nameOf(index) });
  }
  return directory;
}
