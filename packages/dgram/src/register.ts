/**
 * Puts Groupcast in the place of `node:dgram`, without a change to the program: `node --import @groupcast/dgram/register program.js`.
 *
 * `NODE_DEBUG=groupcast` says why, where it leaves `node:dgram` alone.
 */
import { debuglog } from "node:util";
import { reasonToStepAside } from "./hook/reason-to-step-aside.js";
import { replaceNodeDgram } from "./hook/replace-node-dgram.js";
import dgram from "./index.js";

const reason = reasonToStepAside();
if (reason === undefined) replaceNodeDgram(dgram);
else debuglog("groupcast")("node:dgram stays in place: %s", reason);
