// Memory of a directory of nodes.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ManualClock } from "@groupcast/backend-memory";
import { encodeHeartbeat } from "@groupcast/channels";
import { NodeDirectory } from "../../../packages/channels/src/presence/node-directory.js";
import { CHANNELS, channelsOf, nameOf } from "./presence-simulation.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const MEASURED_NODES = 10_000; // in several directories, if need be: a megabyte of noise is then little

/** Returns the bytes of heap that a directory of so many nodes takes. */
export function directoryBytes(nodes: number): number {
  filled(nodes); // compiles what is called, which takes memory, too
  const before = heapBytes();
  const directories = Array.from({ length: Math.ceil(MEASURED_NODES / nodes) }, () => filled(nodes));
  const bytes = (heapBytes() - before) / directories.length;
  const wrong = directories.find(({ size }) => size !== nodes);
  if (wrong !== undefined) throw new Error(`the directory holds ${wrong.size} of ${nodes} nodes`);
  return Math.round(bytes);
}

function heapBytes(): number {
  collectGarbage();
  collectGarbage(); // what the first one left to finalizers
  return process.memoryUsage().heapUsed;
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
