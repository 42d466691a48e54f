/**
 * A client that asks a name server for the addresses of a name, and asks again when a question or an answer gets lost.
 *
 * You learn: a Requester gives each question its answer, repeats questions with growing pauses, and gives up in the end.
 * You run:   node examples/dist/30-dns-client/main.js [name] [server] [port]
 *            A copy of your own needs the codec: npm install groupcast dns-packet
 * You see:   the addresses, one a line; or: example.org does not exist
 */
import { randomInt } from "node:crypto";
import { getServers } from "node:dns";
import { decode, encode, RECURSION_DESIRED } from "dns-packet";
import { Reactor, Requester } from "groupcast";

const [NAME = "example.org", SERVER = getServers()[0] ?? "127.0.0.1", PORT = "53"] = process.argv.slice(2);
const LIMIT_MS = 3000; // for three attempts
const SUCCESS = 0;
const NO_SUCH_NAME = 3;

const reactor = new Reactor();
const client = new Requester();
reactor.connectUDP(SERVER, Number(PORT), client);

/** Returns the addresses of one kind; undefined when there is no such name. */
async function ask(type: "A" | "AAAA"): Promise<string[] | undefined> {
  const id = randomInt(0x1_0000); // somebody who does not see the question has to guess it
  const query = encode({ type: "query", id, flags: RECURSION_DESIRED, questions: [{ type, name: NAME }] });
  const { data } = await client.request(query, {
    match: (data) => data.readUInt16BE(0) === id && isAnswer(data, type),
    timeoutMs: LIMIT_MS,
  });
  const code = data.readUInt8(3) & 15; // RFC 1035, 4.1.1
  if (code === NO_SUCH_NAME) return undefined;
  if (code !== SUCCESS) throw new Error(`${SERVER} answers with code ${code}`);
  return decode(data).answers?.flatMap((answer) => (answer.type === type ? [answer.data] : []));
}

/** Returns whether it answers our question. Noise cannot be decoded and throws: the Requester takes that for a no. */
function isAnswer(data: Buffer, type: "A" | "AAAA"): boolean {
  const { flag_qr: isResponse, questions: [question] = [] } = decode(data);
  return isResponse && question?.type === type && question.name.toLowerCase() === NAME.toLowerCase();
}

try {
  const [ipv4, ipv6] = await Promise.all([ask("A"), ask("AAAA")]); // over one port
  const addresses = [...(ipv4 ?? []), ...(ipv6 ?? [])];
  for (const address of addresses) console.log(address);
  if (addresses.length === 0) console.log(`${NAME} ${ipv4 === undefined ? "does not exist" : "has no address"}`);
} finally {
  await reactor.stop();
}
