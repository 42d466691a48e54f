// The commands about channels, on LCM's network.
import { ChannelNode, LcmTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { freeChannelPort } from "../../support/channels/free-channel-port.js";
import { run } from "../../support/cli/fake-host.js";
import { hasMulticastLoopback, skipUnless } from "../../support/probe.js";

/** A node of LCM that publishes twenty messages a second; returns its address. */
async function publisher(): Promise<string> {
  const url = `udpm://239.255.76.67:${await freeChannelPort()}`;
  const reactor = new Reactor();
  const transport = new LcmTransport(reactor, { url });
  const node = new ChannelNode(reactor, { name: "robot", transport });
  const pose = node.channel("POSE", { codec: "text" });
  const publish = (): void => {
    pose.publish("here");
    node.channel("MAP").publish(Buffer.alloc(50_000));
    reactor.callLater(50, publish);
  };
  reactor.callLater(0, publish);
  onTestFinished(async () => {
    await transport.close();
    await reactor.stop();
  });
  return url;
}

test("channels echo and hz hear LCM, long messages, too", async (context) => {
  await skipUnless(context, hasMulticastLoopback);
  const url = await publisher();
  const echo = await run(["channels", "echo", "POSE", "MAP", "--lcm", url, "--count", "4", "--json"]);
  expect(echo.code).toBe(0);
  const records = echo.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const heard = records.slice(0, -1).map(({ channel, lengthBytes }) => `${channel} ${lengthBytes}`);
  expect(new Set(heard)).toEqual(new Set(["POSE 4", "MAP 50000"]));
  expect(records.at(-1)).toMatchObject({ type: "echoed", messages: 4, kernelDrops: expect.any(Number) });
  const hz = await run(["channels", "hz", "POSE", "--lcm", url, "--count", "3", "--json"]);
  expect(hz.code).toBe(0);
  expect(JSON.parse(hz.out.split("\n")[0]!)).toMatchObject({ type: "rate", channel: "POSE", packets: 3 });
});

test.each([
  [["echo", "POSE", "--lcm", "udpm://", "--port", "1"], "--port cannot be combined with --lcm"],
  [["echo", "POSE", "--lcm", "udpm://", "--ttl", "1"], "--ttl cannot be combined with --lcm"],
  [["echo", "POSE", "--lcm", "udpm://", "--nats", "nats://127.0.0.1"], "--lcm is for UDP"],
  [["echo", "*", "--lcm", "udpm://"], "patterns find nothing on LCM"],
  [["echo", "POSE", "--lcm", "tcpq://127.0.0.1"], "udpm://239.255.76.67:7667"],
  [["list", "--lcm", "udpm://"], "--lcm"],
])("channels %j is refused: %s", async (words, message) => {
  const { code, err } = await run(["channels", ...words]);
  expect(code).toBe(2);
  expect(err).toContain(message);
});
