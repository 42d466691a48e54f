// The commands about channels, on a NATS server.
import { ChannelNode, NatsTransport } from "@groupcast/channels";
import { main } from "@groupcast/cli";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { hasNatsServer, NatsServer } from "../../support/channels/nats-server.js";
import { FakeHost, run } from "../../support/cli/fake-host.js";
import { skipUnless } from "../../support/probe.js";

const LOGIN = { user: "robot", pass: "p@ss" };

/** A node that publishes twenty messages a second. */
async function publisher(server: NatsServer): Promise<void> {
  const reactor = new Reactor();
  const transport = await NatsTransport.connect({ servers: server.url, connection: LOGIN });
  const channel = new ChannelNode(reactor, { name: "robot", transport }).channel("robot/pose", { codec: "json" });
  const publish = (): void => {
    channel.publish({ stamp: Date.now() });
    reactor.callLater(50, publish);
  };
  publish();
  onTestFinished(async () => {
    await reactor.stop();
    await transport.close();
  });
}

test("channels list, echo, hz and delay go over NATS, with a login", async (context) => {
  await skipUnless(context, hasNatsServer);
  await using server = await NatsServer.start(LOGIN);
  await publisher(server);
  const nats = ["--nats", server.url.replace("nats://", `nats://${LOGIN.user}:${encodeURIComponent(LOGIN.pass)}@`), "--json"];
  const results: Record<string, Record<string, unknown>[]> = {};
  for (const words of [["list"], ["echo", "robot/*", "--count", "2"], ["hz", "robot/pose", "--count", "3"]]) {
    const host = new FakeHost();
    expect(await main(["channels", ...words, ...nats], host)).toBe(0);
    results[words[0]!] = host.records;
  }
  expect(results.list![0]).toMatchObject({ type: "channel", channel: "robot/pose", publishers: [{ name: "robot" }] });
  expect(results.echo!.slice(0, -1)).toEqual(
    [0, 1].map(() => expect.objectContaining({ channel: "robot/pose", from: expect.stringMatching(/^[0-9a-f]{16}$/), lost: 0 })),
  );
  expect(results.hz![0]).toMatchObject({ type: "rate", channel: "robot/pose", packets: 3, gapMs: { count: 2 } });
  const delay = await run(["channels", "delay", "robot/pose", "--time", "stamp", "--count", "2", ...nats]);
  expect(delay.code).toBe(0);
  expect(JSON.parse(delay.out.split("\n")[0]!)).toMatchObject({ type: "delay", untimed: 0, delayMs: { count: 2 } });
});

test("channels echo says that a NATS server refuses the login, without the password", async (context) => {
  await skipUnless(context, hasNatsServer);
  await using server = await NatsServer.start(LOGIN);
  const { code, err } = await run(["channels", "echo", "a", "--nats", server.url.replace("nats://", "nats://robot:wrong@")]);
  expect(code).toBe(3);
  expect(err).toContain("the NATS server refused the login");
  expect(err).not.toContain("wrong");
});
