/** Runs an exchange in all pairings of sockets, and compares what was said. */
import type { Exchange } from "./exchanges.js";
import { type Ended, RoleProcess, type Sockets } from "./role-process.js";

/** Sockets of the first and of the second role. */
export type Pairing = readonly [first: Sockets, second: Sockets];

/** Outcome of a pairing. */
export interface Outcome {
  readonly pairing: Pairing;
  /** Empty when both roles did what they do on `node:dgram` alone. */
  readonly problems: readonly string[];
}

/** Pairing that the others are compared with. */
const REFERENCE: Pairing = ["plain", "plain"];

/** In the order of the page's columns. */
const PAIRINGS: readonly Pairing[] = [
  ["groupcast", "plain"],
  ["plain", "groupcast"],
  ["groupcast", "groupcast"],
];

/** Runs an exchange on plain sockets first, and then in each pairing. One at a time: port numbers of protocols are fixed. */
export async function runExchange(exchange: Exchange): Promise<readonly Outcome[]> {
  const reference = withForeign(exchange, REFERENCE);
  const expected = await runPairing(exchange, reference);
  const outcomes: Outcome[] = [{ pairing: reference, problems: problemsOf(exchange, expected) }];
  if (outcomes[0]!.problems.length > 0) return outcomes;
  for (const pairing of pairingsOf(exchange)) {
    const ended = await runPairing(exchange, pairing);
    outcomes.push({ pairing, problems: [...problemsOf(exchange, ended), ...differences(exchange, expected, ended)] });
  }
  return outcomes;
}

/** Pairings in which a socket of Groupcast takes part. */
export function pairingsOf(exchange: Exchange): readonly Pairing[] {
  if (exchange.foreign === undefined) return PAIRINGS;
  return [withForeign(exchange, ["groupcast", "groupcast"])];
}

function withForeign({ foreign }: Exchange, [first, second]: Pairing): Pairing {
  return [foreign?.role === 0 ? "foreign" : first, foreign?.role === 1 ? "foreign" : second];
}

async function runPairing({ roles: [first, second] }: Exchange, pairing: Pairing): Promise<readonly Ended[]> {
  const one = new RoleProcess(first, pairing[0]);
  const facts = await one.ready;
  if (facts === undefined) return [await one.ended];
  const other = new RoleProcess(second, pairing[1], facts);
  await other.finish();
  return [await one.finish(), await other.ended];
}

function problemsOf({ roles }: Exchange, ended: readonly Ended[]): string[] {
  const missing = ended.length < roles.length ? [`${roles[0]} was never ready`] : [];
  return [...missing, ...ended.flatMap(({ problems }, index) => problems.map((problem) => `${roles[index]}: ${problem}`))];
}

function differences({ roles }: Exchange, expected: readonly Ended[], ended: readonly Ended[]): string[] {
  return ended.flatMap(({ said }, index) => {
    const wanted = expected[index]!.said;
    const isSame = said.length === wanted.length && said.every((line, at) => line === wanted[at]);
    return isSame ? [] : [`${roles[index]} said ${JSON.stringify(said)}, and on plain sockets ${JSON.stringify(wanted)}`];
  });
}
