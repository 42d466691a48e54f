/**
 * A sealed channel: only who has the key reads it, and nobody else can write.
 *
 * You learn: a key is 32 random bytes, given to all nodes by other means; what it does not open is counted, not delivered.
 * You run:   node examples/dist/23-channels-sealed/main.js
 * You see:   the owner reads "meet at noon", the stranger reads nothing, and 1 forged message was refused
 */
import { randomBytes } from "node:crypto";
import { ChannelNode } from "@groupcast/channels";
import { runMain, type Stage } from "../support/run-main.js";

const key = randomBytes(32); // a real one comes from a file or a vault, the same for all

export async function main({ reactor, out, port }: Stage): Promise<void> {
  const [owner, friend, stranger] = ["owner", "friend", "stranger"].map((name) => new ChannelNode(reactor, { name, port }));
  const plans = owner!.channel("plans", { seal: { key }, codec: "text" });
  plans.subscribe((text) => {
    out(`the owner reads "${text}"`);
    const { unopened } = plans.statistics();
    out(`${unopened} forged message was refused`);
    void reactor.stop();
  });
  const overheard = stranger!.channel("plans");
  overheard.subscribe((data) => {
    if (data.includes("noon")) out(`the stranger reads "${data}"`); // it never does
  });

  overheard.publish(Buffer.from("meet at midnight"));
  friend!.channel("plans", { seal: { key }, codec: "text" }).publish("meet at noon");
  await reactor.run();
}

await runMain(import.meta, main);
