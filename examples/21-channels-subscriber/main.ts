/**
 * A subscriber that reads where a robot is, and knows when it missed something.
 *
 * You learn: for await reads a channel; each message says who sent it, and how many are missing before it; nodes see one another come and go.
 * You run:   node examples/dist/21-channels-subscriber/main.js, and the publisher of lesson 20 in another terminal.
 * You see:   subscribed to robot/pose on port 9999, then robot is here, then the messages, at last: nobody is left
 */
import { ChannelNode } from "@groupcast/channels";
import { Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);

const node = new ChannelNode(new Reactor(), { name: "watcher", port: PORT });
node.on("node", ({ change, node: { name } }) => {
  if (change === "appeared") console.log(`${name} is here`);
  if (change === "gone") void node.close(); // ends the loop below
});
const pose = node.channel("robot/pose");
const messages = pose.messages({ ordered: true }); // from here on, though the loop begins later
console.log(`subscribed to ${pose.name} on port ${PORT}`);
for await (const [data, { lost }] of messages) {
  if (lost > 0) console.log(`${lost} messages are missing`);
  console.log(String(data));
}
console.log("nobody is left");
