/**
 * Replaces `node:dgram` by Groupcast, without a change to the program: `node --import @groupcast/dgram/register program.js`.
 *
 * With `NODE_DEBUG=groupcast` it reports in one line that it did, or why it left `node:dgram` in place.
 */
import { debuglog } from "node:util";
import { reasonToStepAside } from "./hook/reason-to-step-aside.js";
import { replaceNodeDgram } from "./hook/replace-node-dgram.js";
import dgram from "./index.js";

const log = debuglog("groupcast");
const reason = reasonToStepAside();

if (reason === undefined) {
  replaceNodeDgram(dgram);
  log("Groupcast replaces node:dgram");
} else {
  log("node:dgram stays in place: %s", reason);
}
