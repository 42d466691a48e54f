/**
 * A publisher that says where a robot is, to whoever wants to know.
 *
 * You learn: a node opens channels by name; publishing needs no address, and no subscriber. TTL 0 keeps messages on this host.
 * You run:   node examples/dist/20-channels-publisher/main.js, before or after the subscriber of lesson 21 in another terminal.
 * You see:   publishing robot/pose on port 9999, and after two seconds: published 10 messages
 */
import { ChannelNode } from "@groupcast/channels";
import { LoopingCall, Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const INTERVAL_MS = 200;
const MESSAGES = 10;

const reactor = new Reactor();
const node = new ChannelNode(reactor, { name: "robot", port: PORT });
const pose = node.channel("robot/pose");
let published = 0;
const loop = new LoopingCall(reactor, () => {
  pose.publish(Buffer.from(`x=${published++}`));
  if (published === MESSAGES) loop.stop();
});
console.log(`publishing ${pose.name} on port ${PORT}`);
await loop.start(INTERVAL_MS, false);
console.log(`published ${published} messages`);
await node.close();
