/**
 * Questions on a channel: one answer of whoever is first, the answers of all, and a refusal.
 *
 * You learn: a responder returns the answer, or throws; request() takes the first answer, requestMany() those of several nodes.
 * You run:   node examples/dist/25-channel-request/main.js
 * You see:   what the stores have, and that none has pears
 */
import { AnswerError, ChannelNode } from "@groupcast/channels";
import { Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const STOCK = { north: { apples: 3, plums: 8 }, south: { apples: 5 } };

const reactor = new Reactor();

for (const [name, stock] of Object.entries(STOCK)) {
  const store = new ChannelNode(reactor, { name, port: PORT }).channel("stock", { codec: "text" });
  store.respond((fruit) => {
    const count = (stock as Record<string, number>)[fruit];
    if (count === undefined) throw Object.assign(new Error(`no ${fruit}`), { code: "ERR_SOLD_OUT" });
    return `${count} ${fruit}`;
  });
}

const stock = new ChannelNode(reactor, { name: "shop", port: PORT }).channel("stock", { codec: "text" });

const answers: string[] = [];
for await (const { data, responder } of stock.requestMany("apples", { maxAnswers: 2, timeoutMs: 5000 })) {
  answers.push(`${responder.name} has ${data}`);
}
console.log(answers.sort().join(", "));

try {
  await stock.request("pears", { timeoutMs: 5000 }); // the first answer counts, also when it is a refusal
} catch (error) {
  if (!(error instanceof AnswerError)) throw error;
  console.log(`${error.answerCode}: ${error.answerMessage}`);
}
await reactor.stop();
