// Channels whose names come and go, in a process of its own, whose memory nothing else touches.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { freeChannelPort } from "../../support/channels/free-channel-port.js";
import { hasNatsServer, NatsServer } from "../../support/channels/nats-server.js";
import { hasMulticastLoopback, skipUnless } from "../../support/probe.js";

const PROGRAM = fileURLToPath(new URL("programs/names-come-and-go.mjs", import.meta.url));
const NAMES = 100_000;
const USED = NAMES + NAMES / 10; // the first tenth grows the tables of the process to their size
const DEADLINE_MS = 240_000;
const MAX_GROWTH_BYTES = 10 * 1024 * 1024;

async function comeAndGo(kind: string, where: string): Promise<void> {
  const args = ["--expose-gc", PROGRAM, kind, where, String(NAMES)];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: DEADLINE_MS });
  expect(stderr).toBe("");
  const { grownBytes, ...left } = JSON.parse(stdout);
  expect(left).toEqual({
    received: USED / 10,
    closed: USED,
    descriptorsLeft: 0,
    channels: 0,
    sources: 0,
    heldBytes: 0,
    known: [["fleeting", 0]],
  });
  expect(grownBytes).toBeLessThan(MAX_GROWTH_BYTES);
}

describe("channel.close()", () => {
  test("leaves nothing of 100,000 names on UDP: no memory, no socket, no sender, no presence", {
    timeout: DEADLINE_MS,
  }, async (context) => {
    await skipUnless(context, hasMulticastLoopback);
    await comeAndGo("udp", String(await freeChannelPort()));
  });

  test("leaves nothing of 100,000 names on NATS", { timeout: DEADLINE_MS }, async (context) => {
    await skipUnless(context, hasNatsServer);
    await using server = await NatsServer.start();
    await comeAndGo("nats", server.url);
  });
});
