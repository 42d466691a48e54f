/**
 * Several types of messages on one channel, each with its own codec.
 *
 * You learn: typedCodec() writes the name of the type before each value; byType() calls the function for it; unknown types are reported.
 * You run:   node examples/dist/29-channel-of-types/main.js
 * You see:   a note, a goal, and the type that the robot does not know
 */
import { byType, ChannelNode, typedCodec } from "@groupcast/channels";
import { Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);

const reactor = new Reactor();
const robot = new ChannelNode(reactor, { name: "robot", port: PORT });
const orders = robot.channel("orders", { codec: typedCodec({ note: "text", goal: "json", map: "bytes" }) });
orders.subscribe(
  byType({
    note: (text) => console.log(`note: ${text}`),
    goal: (goal) => console.log(`goal: ${JSON.stringify(goal)}`),
  }),
);
orders.on("undecodable", ({ error }) => {
  console.log((error as Error).message);
  void reactor.stop();
});

// A newer program with one more type.
const desk = new ChannelNode(reactor, { name: "desk", port: PORT });
const newer = desk.channel("orders", { codec: typedCodec({ note: "text", goal: "json", map: "bytes", stop: "json" }) });
reactor.callWhenRunning(() => {
  newer.publish({ type: "note", value: "mind the step" });
  newer.publish({ type: "goal", value: { x: 3, y: 4 } });
  newer.publish({ type: "stop", value: true });
});
await reactor.run();
