/**
 * A sealed channel: only holders of the key read it and write to it.
 *
 * You learn: a key is 32 random bytes, given to all nodes by other means; a message that the key does not open is counted, not delivered.
 * You run:   node examples/dist/23-channels-sealed/main.js
 * You see:   the owner reads "meet at noon", the stranger reads nothing, and 1 forged message was refused
 */
import { randomBytes } from "node:crypto";
import { ChannelNode } from "@groupcast/channels";
import { Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const seal = { keys: { 1: randomBytes(32) }, current: 1 }; // a real key comes from a file or a vault, the same for all

const reactor = new Reactor();
const [owner, friend, stranger] = ["owner", "friend", "stranger"].map((name) => new ChannelNode(reactor, { name, port: PORT }));
const plans = owner!.channel("plans", { seal, codec: "text" });
plans.subscribe((text) => {
  console.log(`the owner reads "${text}"`);
  const { unopened } = plans.statistics();
  console.log(`${unopened} forged message was refused`);
  void reactor.stop();
});
const overheard = stranger!.channel("plans");
overheard.subscribe((data) => {
  if (data.includes("noon")) console.log(`the stranger reads "${data}"`); // it never does
});

overheard.publish(Buffer.from("meet at midnight"));
friend!.channel("plans", { seal, codec: "text" }).publish("meet at noon");
await reactor.run();
