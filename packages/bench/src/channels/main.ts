/** npm run bench:channels: measures the cost of channels above the reactor, and the rate of a relay. A few seconds each. */
import { fileURLToPath } from "node:url";
import { type Figures, type Place, Program } from "../program.js";
import { asText, type Row } from "../tables.js";
import { missingNats, startNats } from "./nats-server.js";
import { pause } from "./pause.js";

const MANY_CHANNELS = [1000, 10_000];
const DURATION_MS = 2000;
const ROUNDS = 5;
const LEAST_RATIO = 0.6;
const RELAY_PER_SECOND = 50_000;
const LIMIT_MS = 120_000;
const DRAIN_MS = 300; // until the messages in flight have arrived

function start(name: string, place: Place, ...args: readonly string[]): Program {
  const file = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  return new Program({ command: [process.execPath, file, ...args], place });
}

/** Result of a receiver while a sender sent as fast as it could. */
async function rate(kind: "reactor" | "channel"): Promise<{ perSecond: number; sendUs: number; receiveUs: number }> {
  const receiver = start("receiver", "measured", kind);
  await receiver.ready();
  const sender = start("sender", "load", kind, String(DURATION_MS));
  const { cpuUs: sendUs } = (await sender.result(LIMIT_MS)) as { cpuUs: number };
  await pause(DRAIN_MS);
  receiver.endInput();
  const { received, cpuUs } = await receiver.result(LIMIT_MS);
  return { perSecond: (received! * 1000) / DURATION_MS, sendUs, receiveUs: cpuUs! };
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
    const [bare, channel] = [await rate("reactor"), await rate("channel")];
    const cells = [bare, channel].flatMap(({ perSecond, sendUs, receiveUs }) => [
      Math.round(perSecond / 1000).toLocaleString("en"),
      sendUs.toFixed(2),
      receiveUs.toFixed(2),
    ]);
    ratios.push(channel.perSecond / bare.perSecond);
    rows.push([String(round), ...cells, ratios.at(-1)!.toFixed(2)]);
  }
  const head = ["round", "reactor k/s", "send µs", "receive µs", "channel k/s", "send µs", "receive µs", "ratio"];
  show("Publish to subscribe, two processes, 200 bytes, against the reactor's own datagrams", head, rows);
  const median = ratios.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
  console.log(`median ratio ${median.toFixed(2)}; at least ${LEAST_RATIO} is wanted: ${median >= LEAST_RATIO ? "met" : "MISSED"}`);
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
await showRelay();
