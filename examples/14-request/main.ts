/**
 * One question, one answer.
 *
 * You learn: a Requester sends the question again until the answer comes, tells answers apart, and gives up in time.
 * You run:   node examples/dist/14-request/main.js, once with the echo server of lesson 1 running, once without.
 * You see:   two answers, or: no answer: ECONNREFUSED
 */
import { Reactor, Requester, SystemError } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);

const reactor = new Reactor();
const client = new Requester();
reactor.connectUDP("127.0.0.1", PORT, client);

/** Asks for the echo of `text`; questions may be asked in parallel, because `match` finds the answer of each. */
async function echoOf(text: string): Promise<string> {
  const match = (answer: Buffer): boolean => String(answer) === text;
  const { data } = await client.request(text, { match, timeoutMs: 700, attempts: 3 });
  return String(data);
}

try {
  const answers = await Promise.all([echoOf("hello"), echoOf("world")]);
  console.log(`answers: ${answers.join(", ")}`);
} catch (error) {
  if (!(error instanceof SystemError)) throw error;
  console.log(`no answer: ${error.errnoName}`); // or ETIMEDOUT, when nobody says anything
}
await reactor.stop();
