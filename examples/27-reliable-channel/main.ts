/**
 * A reliable channel: a late subscriber gets the messages of before, and after them all others, in order.
 *
 * You learn: reliable: true repairs losses; history serves late subscribers; the event lost reports what could not be repaired.
 * You run:   node examples/dist/27-reliable-channel/main.js
 * You see:   the late subscriber print steps 3 to 5, which were published before it came, and then step 6
 */
import { ChannelNode } from "@groupcast/channels";
import { Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const STEPS = 5;
const LATE_MS = 200;

const reactor = new Reactor();
const planner = new ChannelNode(reactor, { name: "planner", port: PORT });
const steps = planner.channel("steps", { reliable: true, codec: "text" });
for (let step = 1; step <= STEPS; step++) steps.publish(`step ${step}`);
console.log(`published ${STEPS} steps`);
await reactor.deferLater(LATE_MS);

const late = new ChannelNode(reactor, { name: "late", port: PORT }).channel("steps", { history: { messages: 3 }, codec: "text" });
late.on("lost", ({ count, reason }) => console.log(`${count} packets are lost: ${reason}`));
late.subscribe((text) => {
  console.log(`late: ${text}`);
  if (text === `step ${STEPS}`) steps.publish(`step ${STEPS + 1}`);
  if (text === `step ${STEPS + 1}`) void reactor.stop();
});
await reactor.run();
