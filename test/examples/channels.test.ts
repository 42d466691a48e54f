import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { freeChannelPort } from "../support/channels/free-channel-port.js";
import { hasNatsServer, NatsServer } from "../support/channels/nats-server.js";
import { hasMulticastLoopback, skipUnless } from "../support/probe.js";
import { play, wellEnded } from "./played.js";

const LIMIT_MS = 60_000; // two programs, each killed after 30 s

describe.each(BACKENDS)("as a process on %s", { timeout: LIMIT_MS }, (backend) => {
  let port: number;

  beforeEach(async (context) => {
    await skipUnless(context, canLoad(backend), hasMulticastLoopback);
    port = await freeChannelPort();
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("21-channels-subscriber hears everything that 20-channels-publisher publishes, and its good-bye", async () => {
    await using subscriber = play("21-channels-subscriber", backend, port);
    await subscriber.line(/^subscribed/);
    await using publisher = play("20-channels-publisher", backend, port);
    expect(await publisher.ended).toEqual(wellEnded("20-channels-publisher", port));
    expect(await subscriber.ended).toEqual(wellEnded("21-channels-subscriber", port));
  });

  test.each([
    "22-channels-typed",
    "23-channels-sealed",
    "25-channel-request",
    "26-channel-parameters",
    "27-reliable-channel",
    "28-lcm-types",
    "29-channel-of-types",
  ])("%s prints what it says", async (example) => {
    await using program = play(example, backend, port);
    expect(await program.ended).toEqual(wellEnded(example, port));
  });

  test("24-channels-relay passes a message between two sites", async (context) => {
    await skipUnless(context, hasNatsServer);
    await using server = await NatsServer.start();
    vi.stubEnv("NATS_URL", server.url);
    await using program = play("24-channels-relay", backend, port);
    expect(await program.ended).toEqual(wellEnded("24-channels-relay", port));
  });
});
