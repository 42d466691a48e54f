/**
 * A subscriber: it hears where a robot is, and knows when it missed something.
 *
 * You learn: for await reads a channel; each message says who sent it, and how many are missing before it; nodes hear of one another.
 * You run:   node examples/dist/21-channels-subscriber/main.js, and the publisher of lesson 20 in another terminal.
 * You see:   subscribed to robot/pose on port 9999, then robot is here, then the messages, at last: nobody is left
 */
import { ChannelNode } from "@groupcast/channels";
import { runMain, type Stage } from "../support/run-main.js";

export async function main({ reactor, out, port }: Stage): Promise<void> {
  const node = new ChannelNode(reactor, { name: "watcher", port });
  node.on("node", ({ change, node: { name } }) => {
    if (change === "appeared") out(`${name} is here`);
    if (change === "gone") void node.close(); // ends the loop below
  });
  const pose = node.channel("robot/pose");
  const messages = pose.messages({ ordered: true }); // from here on, though the loop begins later
  out(`subscribed to ${pose.name} on port ${port}`);
  for await (const [data, { lost }] of messages) {
    if (lost > 0) out(`${lost} messages are missing`);
    out(String(data));
  }
  out("nobody is left");
}

await runMain(import.meta, main);
