/**
 * A publisher: it says where a robot is, to whoever wants to know.
 *
 * You learn: a node opens channels by name; publishing needs no address, and nobody who listens. TTL 0 keeps messages on this host.
 * You run:   node examples/dist/20-channels-publisher/main.js, before or after the subscriber of lesson 21 in another terminal.
 * You see:   publishing robot/pose on port 9999, and after two seconds: published 10 messages
 */
import { ChannelNode } from "@groupcast/channels";
import { LoopingCall } from "groupcast";
import { runMain, type Stage } from "../support/run-main.js";

const PACE_MS = 200;
const MESSAGES = 10;

export async function main({ reactor, out, port }: Stage): Promise<void> {
  const node = new ChannelNode(reactor, { name: "robot", port });
  const pose = node.channel("robot/pose");
  let published = 0;
  const loop = new LoopingCall(reactor, () => {
    pose.publish(Buffer.from(`x=${published++}`));
    if (published === MESSAGES) loop.stop();
  });
  out(`publishing ${pose.name} on port ${port}`);
  await loop.start(PACE_MS, false);
  out(`published ${published} messages`);
  await node.close();
}

await runMain(import.meta, main);
