/** npm run bench:channels: measures the cost of channels above the reactor, and the rate of a relay. A few seconds each. */
import { fileURLToPath } from "node:url";
import { type Figures, type Place, Program } from "../program.js";
import { medianOf } from "../statistics.js";
import { asText, type Row } from "../tables.js";
import { missingNats, startNats } from "./nats-server.js";
import { pause } from "./pause.js";
import { type Kind, WARM_MS } from "./setting.js";

const MANY_CHANNELS = [1000, 10_000];
const DURATION_MS = 2000;
const ROUNDS = 9; // a virtual machine is at times half as fast, for a while
const LEAST_RATIO = 0.85;
const LEAST_RELIABLE_RATIO = 0.9;
const MOST_REQUEST_RATIO = 3;
const RELAY_PER_SECOND = 50_000;
const LIMIT_MS = 120_000;
const DRAIN_MS = 300; // until the messages in flight have arrived

function start(name: string, place: Place, ...args: readonly string[]): Program {
  const file = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  return new Program({ command: [process.execPath, file, ...args], place });
}

/** Rate of a receiver, and CPU time of sender and receiver for each message, once both are warm. */
interface Passage {
  readonly perSecond: number;
  readonly sendUs: number;
  readonly receiveUs: number;
}

/** Result of a receiver while a sender sent as fast as it could, or as fast as the receiver confirmed. */
async function passage(kind: Kind, isConfirmed = false): Promise<Passage> {
  const receiver = start("receiver", "measured", kind, isConfirmed ? "confirming" : "");
  await receiver.ready();
  const sender = start("sender", "load", kind, String(WARM_MS + DURATION_MS), ...(isConfirmed ? ["confirmed"] : []));
  const { cpuUs: sendUs } = (await sender.result(LIMIT_MS)) as { cpuUs: number };
  await pause(DRAIN_MS);
  receiver.endInput();
  const { perSecond, cpuUs } = await receiver.result(LIMIT_MS);
  return { perSecond: perSecond!, sendUs, receiveUs: cpuUs! };
}

async function showCost(): Promise<void> {
  const rows: Row[] = [];
  for (const channels of MANY_CHANNELS) {
    const cost = await start("channel-cost", "measured", String(channels)).result(LIMIT_MS);
    const figures = ["joinMs", "closeMs", "residentMiB", "heapMiB", "missed"].map((name) => cost[name]!.toFixed(0));
    rows.push([channels.toLocaleString("en"), ...figures]);
  }
  show("Channels subscribed on one node", ["channels", "join ms", "close ms", "resident MiB", "heap MiB", "not heard"], rows);
}

async function showRates(): Promise<void> {
  const rows: Row[] = [];
  const ratios: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const [bare, channel] = [await passage("reactor"), await passage("channel")];
    ratios.push(channel.perSecond / bare.perSecond);
    rows.push([String(round), ...[bare, channel].flatMap(cellsOf), ratios.at(-1)!.toFixed(2)]);
  }
  const head = ["round", "reactor k/s", "send µs", "receive µs", "channel k/s", "send µs", "receive µs", "ratio"];
  show("Publish to subscribe, two processes, 200 bytes, against the reactor's own datagrams", head, rows);
  showLimit("median ratio", medianOf(ratios), medianOf(ratios) >= LEAST_RATIO, `at least ${LEAST_RATIO}`);
}

/** Compares the two with nothing lost, as what is sent again would count: the receiver confirms what it has. */
async function showReliable(): Promise<void> {
  const rows: Row[] = [];
  const ratios: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const [plain, reliable] = [await passage("channel", true), await passage("reliable", true)];
    ratios.push(reliable.perSecond / plain.perSecond);
    rows.push([String(round), ...[plain, reliable].flatMap(cellsOf), ratios.at(-1)!.toFixed(2)]);
  }
  const head = ["round", "plain k/s", "send µs", "receive µs", "reliable k/s", "send µs", "receive µs", "ratio"];
  show("A reliable channel against a plain one, 200 bytes, nothing lost", head, rows);
  showLimit("median ratio", medianOf(ratios), medianOf(ratios) >= LEAST_RELIABLE_RATIO, `at least ${LEAST_RELIABLE_RATIO}`);
}

function cellsOf({ perSecond, sendUs, receiveUs }: Passage): Row {
  return [Math.round(perSecond / 1000).toLocaleString("en"), sendUs.toFixed(2), receiveUs.toFixed(2)];
}

/** Questions one after another, of one process to another, beside bare datagrams and messages that go there and back. */
async function showRequests(): Promise<void> {
  const rows: Row[] = [];
  const ratios: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const answering = start("answers", "load");
    await answering.ready();
    const { messageP50, messageP99, requestP50, requestP99 } = await start("questions", "measured").result(LIMIT_MS);
    answering.endInput();
    ratios.push(requestP99! / messageP99!);
    rows.push([String(round), ...[messageP50, messageP99, requestP50, requestP99].map((us) => us!.toFixed(0)), ratios.at(-1)!.toFixed(2)]);
  }
  show(
    "A question and its answer against a message there and one back",
    ["round", "p50 µs", "p99 µs", "request p50 µs", "p99 µs", "ratio"],
    rows,
  );
  showLimit("median ratio of p99", medianOf(ratios), medianOf(ratios) < MOST_REQUEST_RATIO, `below ${MOST_REQUEST_RATIO}`);
}

function showLimit(what: string, value: number, isMet: boolean, limit: string): void {
  console.log(`${what} ${value.toFixed(2)}; ${limit} is wanted: ${isMet ? "met" : "MISSED"}`);
}

async function showRelay(): Promise<void> {
  const missing = missingNats();
  if (missing !== undefined) {
    console.log(`missing: nats-server (${missing}); "npm run bench:peers" installs it`);
    return;
  }
  const { server, url } = await startNats();
  try {
    const [relay, receiver] = [start("relay", "measured", url), start("nats-receiver", "load", url)];
    await Promise.all([relay.ready(), receiver.ready()]);
    const { sent } = await start("sender", "load", "channel", String(DURATION_MS), String(RELAY_PER_SECOND)).result(LIMIT_MS);
    await pause(DRAIN_MS);
    relay.endInput();
    receiver.endInput();
    showRelayed(sent!, await relay.result(LIMIT_MS), await receiver.result(LIMIT_MS));
  } finally {
    server.kill();
  }
}

function showRelayed(sent: number, { forwarded, dropped, cpuUs }: Figures, { received, lost }: Figures): void {
  const head = ["", "sent", "forwarded", "dropped", "received", "lost", "relay µs"];
  const counts = [sent, forwarded!, dropped!, received!, lost!].map((count) => count.toLocaleString("en"));
  show(`Relay from multicast to NATS, ${RELAY_PER_SECOND.toLocaleString("en")}/s of 200 bytes`, head, [
    ["relay", ...counts, cpuUs!.toFixed(1)],
  ]);
}

function show(title: string, head: Row, rows: readonly Row[]): void {
  console.log(`\n${title}\n${asText({ head, rows })}`);
}

await showCost();
await showRates();
await showReliable();
await showRequests();
await showRelay();
