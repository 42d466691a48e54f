// A NATS server that changes under its clients, clients of it that repeat what is old, and networks of other limits behind a relay.
import { once } from "node:events";
import { connect } from "node:net";
import { ChannelNode, ChannelRelay, NatsTransport, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { expect, test } from "vitest";
import { Hub, HubClock } from "../support/channels/hub.js";
import { MemorySite } from "../support/channels/memory-site.js";
import { hasNatsServer, NatsServer } from "../support/channels/nats-server.js";
import { skipUnless } from "../support/probe.js";
import { strayFailures } from "./support/attacked.js";
import { SILENT } from "./support/silent.js";
import { until } from "./support/until.js";

const KIBIBYTE = 1024;
const RECONNECT = { reconnectTimeWait: 50 };

test("a NATS server that comes back with a smaller limit is sent each message that still fits, once, and throws nothing", async (context) => {
  await skipUnless(context, hasNatsServer);
  const strays = strayFailures();
  await using server = await NatsServer.start({ settings: "max_payload: 512KB" });
  await using transport = await NatsTransport.connect({ servers: server.url, connection: RECONNECT, logger: SILENT });
  const node = new ChannelNode(new Reactor(), { name: "n", heartbeatMs: 0, transport, logger: SILENT });
  const [plain, long] = [node.channel("c"), node.channel("long", { fragment: true })];
  const heard: number[] = [];
  for (const channel of [plain, long]) channel.subscribe((data) => void heard.push(data.length));
  plain.publish(Buffer.alloc(1)); // from here on its length limit is known
  await until("the first message", () => heard.length === 1);
  await server.kill();
  await until("the end of the connection", () => !transport.isConnected);
  for (const length of [2, 3, 200 * KIBIBYTE, 4]) plain.publish(Buffer.alloc(length));
  await server.restart({ settings: "max_payload: 2KB" });
  await until("the last message", () => heard.at(-1) === 4);
  expect(heard).toEqual([1, 2, 3, 4]);
  expect([transport.waiting, transport.statistics().dropped]).toEqual([0, 1]);
  expect(() => plain.publish(Buffer.alloc(3 * KIBIBYTE))).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_MESSAGE_TOO_LONG" }));
  long.publish(Buffer.alloc(300 * KIBIBYTE));
  await until("the long message", () => heard.at(-1) === 300 * KIBIBYTE);
  expect(strays).toEqual([]);
});

test("a relay that had lost NATS and sends what waited does not turn the order of a sender round", async (context) => {
  await skipUnless(context, hasNatsServer);
  await using server = await NatsServer.start();
  await using transport = await NatsTransport.connect({ servers: server.url, logger: SILENT });
  const node = new ChannelNode(new Reactor(), { name: "n", heartbeatMs: 0, transport });
  const heard: string[] = [];
  node.channel("c").subscribe((data) => void heard.push(data.toString()), { ordered: true });
  transport.openSender("c").send(Buffer.from("subscribed")); // the server takes calls of a connection in order
  await until("the node's own message", () => heard.length === 1);
  const relays = connect(server.port, "127.0.0.1");
  await once(relays, "connect");
  relays.write('CONNECT {"verbose":false,"headers":true}\r\n');
  const pass = (relay: string, from: number, to: number): void => {
    for (let number = from; number <= to; number++) {
      const header = `NATS/1.0\r\nGroupcast: 1 0123456789abcdef ${number} 1 site ${relay.repeat(16)}\r\n\r\n`;
      relays.write(`HPUB groupcast.c ${header.length} ${header.length + String(number).length}\r\n${header}${number}\r\n`);
    }
  };
  pass("a", 1, 8);
  await until("the eighth", () => heard.at(-1) === "8");
  await new Promise((resolve) => setTimeout(resolve, 1100)); // the publisher's pause
  pass("b", 4, 10);
  await until("the tenth", () => heard.at(-1) === "10");
  expect(heard.slice(1)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  relays.destroy();
});

test.each([70_000, 1_000_000])(
  "a fragmented message of %i bytes, published where packets are larger, reaches UDP through a relay",
  async (length) => {
    const site = new MemorySite();
    const clock = new HubClock();
    const hub = new Hub(clock);
    const [near, far] = [hub.transport(), hub.transport()].map((transport) =>
      Object.assign(transport, { maxPayloadBytes: () => 1_048_320 }),
    );
    const relay = new ChannelRelay(site.reactor("relay"), {
      sides: [
        { transport: near!, network: "cloud" },
        { transport: new UdpTransport(site.reactor("relay"), { ttl: 1 }), network: "site" },
      ],
      allow: [{ channels: "c" }],
    });
    const heard: number[] = [];
    site
      .node("reader", { ttl: 1 })
      .channel("c", { fragment: true })
      .subscribe((data) => void heard.push(data.length));
    const publisher = new ChannelNode(site.reactor("publisher"), { name: "p", heartbeatMs: 0, transport: far! });
    publisher.channel("c", { fragment: true }).publish(Buffer.alloc(length));
    for (let i = 0; i < 50; i++) {
      clock.run();
      await site.network.clock.advance(1);
    }
    expect(heard).toEqual([length]);
    expect(relay.statistics()[0].tooLong).toBe(0);
    relay.close();
  },
);
