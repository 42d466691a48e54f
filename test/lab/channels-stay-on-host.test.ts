// Where the datagrams of channels go on a real kernel: as far as the TTL says, whatever interface is named.
import { fileURLToPath } from "node:url";
import { beforeEach, expect, test } from "vitest";
import type { Host } from "../support/lab/host.js";
import { Lab } from "../support/lab/lab.js";
import type { Program } from "../support/lab/program.js";
import { cabled } from "../support/lab/topologies.js";
import { canRunLab, skipUnless } from "../support/probe.js";
import type { SiteRole } from "./programs/channel-site.js";

const SITE = fileURLToPath(new URL("programs/channel-site.ts", import.meta.url));
const START_DEADLINE_MS = 20_000;

beforeEach((context) => skipUnless(context, canRunLab));

async function run(host: Host, role: SiteRole): Promise<Program> {
  const program = host.run(SITE, [JSON.stringify(role)]);
  await program.line({ event: "ready" }, { deadlineMs: START_DEADLINE_MS });
  return program;
}

test.each(["eth0", "any"])("TTL 0 on interface %s: nodes of the host hear it, and the cable sees nothing", async (at) => {
  await using lab = await Lab.create("channels with TTL 0");
  const { a, b } = await cabled(lab);
  const wire = await b.capture();
  const [one, other, far] = [
    await run(a.host, { interface: at, ttl: 0 }),
    await run(a.host, { interface: at, ttl: 0 }),
    await run(b.host, { interface: "eth0" }),
  ];
  one.write({ channel: "robot/pose", text: "stays here" });
  await other.line({ channel: "robot/pose", text: "stays here" });
  const fence = await run(a.host, { interface: "eth0", ttl: 1 });
  fence.write({ channel: "robot/pose", text: "goes out" });
  await wire.saw(({ payload }) => Buffer.from(payload).includes("goes out"));
  await far.line({ channel: "robot/pose", text: "goes out" });
  const seen = wire.packets.filter(({ destination }) => destination?.startsWith("239."));
  expect(seen.filter(({ ttl }) => ttl === 0)).toEqual([]);
  expect(far.lines({ text: "stays here" })).toEqual([]);
});

test("a receiver on a real interface hears senders on it and on loopback, each once", async () => {
  await using lab = await Lab.create("channels on eth0 and loopback");
  const { a, b } = await cabled(lab);
  const receiver = await run(a.host, { interface: "eth0" });
  const onLoopback = await run(a.host, { interface: "lo", ttl: 0 });
  const beside = await run(a.host, { interface: "eth0" });
  const far = await run(b.host, { interface: "eth0" });
  onLoopback.write({ channel: "robot/pose", text: "by loopback" });
  beside.write({ channel: "robot/pose", text: "from beside" });
  far.write({ channel: "robot/pose", text: "from afar" });
  for (const text of ["by loopback", "from beside", "from afar"]) await receiver.line({ text });
  far.write({ channel: "robot/pose", text: "fence" });
  await receiver.line({ text: "fence" });
  const texts = receiver.lines({ event: "message" }).map(({ text }) => String(text));
  expect(texts.toSorted()).toEqual(["by loopback", "fence", "from afar", "from beside"]);
});
