import { ChannelNode, ChannelRelay } from "@groupcast/channels";
import { expect, test } from "vitest";
import { Hub, HubClock } from "../../support/channels/hub.js";
import { MemorySite } from "../../support/channels/memory-site.js";

const X = Buffer.from("x");
const PERIOD_MS = 100;
const MAX_CHANNELS = 4;
const NAMES = 50;

test("a relay receives a channel of a pattern no more once its publisher closed it, and has as many open as it may, whatever came and went", async () => {
  const site = new MemorySite();
  const clock = new HubClock();
  const hub = new Hub(clock);
  const [near, far] = [hub.transport(), new Hub(clock).transport()];
  Object.assign(near, { startReceivingPattern: undefined }); // so the relay goes by heartbeats, as on UDP
  const relay = new ChannelRelay(site.reactor("relay"), {
    sides: [
      { transport: near, network: "near" },
      { transport: far, network: "far" },
    ],
    allow: [{ channels: "job/*" }],
    maxChannels: MAX_CHANNELS,
  });
  const node = new ChannelNode(site.reactor("n"), { name: "n", heartbeatMs: PERIOD_MS, transport: hub.transport() });
  const pass = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) {
      await site.network.clock.advance(PERIOD_MS);
      clock.run();
    }
  };
  const quiet = near.received;
  for (let i = 0; i < NAMES; i++) {
    const channel = node.channel(`job/${i}`);
    channel.publish(X);
    await pass();
    expect(near.received).toContain(`job/${i}`);
    channel.publish(X);
    clock.run();
    void channel.close();
    await pass();
    expect(near.received).toEqual(quiet);
  }
  expect(far.openSenders).toBe(MAX_CHANNELS);
  expect(relay.statistics()[0]).toMatchObject({ forwarded: NAMES, evicted: NAMES - MAX_CHANNELS, crowdedOut: 0 });
  relay.close();
  expect(far.openSenders).toBe(0);
});
