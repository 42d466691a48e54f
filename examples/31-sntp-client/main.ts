/**
 * A client that asks a time server how far the clock of this host is off (SNTP, RFC 5905).
 *
 * You learn: a Requester repeats a question as it is. Here the time of asking matters, so each attempt is a request of its own.
 *            On the native backend `arrival` has the kernel's time of the answer.
 * You run:   node examples/dist/31-sntp-client/main.js [server] [port]
 * You see:   pool.ntp.org is 0.8 ms ahead, round trip 12.4 ms, stratum 2
 */
import { randomBytes } from "node:crypto";
import { isGroupcastError, Reactor, Requester } from "groupcast";

const [SERVER = "pool.ntp.org", PORT = "123"] = process.argv.slice(2);
const LIMITS_MS = [500, 1000, 2000]; // one for each attempt

// RFC 5905, figure 8
const PACKET_BYTES = 48;
const AT = { stratum: 1, origin: 24, received: 32, transmitted: 40 };
const CLIENT = (4 << 3) | 3; // version 4, mode 3
const FROM_1900_TO_1970_S = 2_208_988_800;

const reactor = new Reactor();
const client = new Requester();
reactor.connectUDP(await reactor.resolve(SERVER), Number(PORT), client, { arrival: true });

async function ask(timeoutMs: number): Promise<string> {
  const mark = randomBytes(8); // stands for the time of asking, which is nobody's business: the server only sends it back
  const question = Buffer.alloc(PACKET_BYTES);
  question.writeUInt8(CLIENT);
  question.set(mark, AT.transmitted);
  const askedMs = Date.now();
  const { data, arrival } = await client.request(question, {
    match: (data) => data.length >= PACKET_BYTES && mark.equals(data.subarray(AT.origin, AT.origin + 8)),
    attempts: 1,
    timeoutMs,
  });
  const answeredMs = arrival?.timestampNs === undefined ? Date.now() : Number(arrival.timestampNs) / 1_000_000;
  const stratum = data.readUInt8(AT.stratum);
  if (stratum === 0 || stratum > 15) throw new Error(`${SERVER} does not know the time, or does not want to be asked`); // 7.3 and 7.4
  const [receivedMs, transmittedMs] = [timeAt(data, AT.received), timeAt(data, AT.transmitted)];
  const offsetMs = (receivedMs - askedMs + transmittedMs - answeredMs) / 2;
  const roundTripMs = answeredMs - askedMs - (transmittedMs - receivedMs);
  const direction = offsetMs < 0 ? "behind" : "ahead";
  return `${SERVER} is ${Math.abs(offsetMs).toFixed(1)} ms ${direction}, round trip ${roundTripMs.toFixed(1)} ms, stratum ${stratum}`;
}

/** Reads a time of the protocol, in milliseconds since 1970. */
function timeAt(data: Buffer, at: number): number {
  return (data.readUInt32BE(at) - FROM_1900_TO_1970_S + data.readUInt32BE(at + 4) / 2 ** 32) * 1000;
}

/** Asks until an answer comes, and waits longer each time. */
async function askAgain(): Promise<string> {
  for (const limitMs of LIMITS_MS) {
    try {
      return await ask(limitMs);
    } catch (error) {
      if (!isGroupcastError(error) || error.code !== "ERR_NO_ANSWER") throw error;
    }
  }
  return `${SERVER} does not answer`;
}

try {
  console.log(await askAgain());
} finally {
  await reactor.stop();
}
