/**
 * A relay: two sites that share no network exchange channels through a NATS server.
 *
 * You learn: a relay joins two transports for the channels it is told; messages keep their sender and their order on the way.
 * You run:   nats-server in one terminal, node examples/dist/24-channels-relay/main.js in another. NATS_URL names another server.
 * You see:   heard "hello from site a" on site b, through a relay
 */
import { ChannelNode, ChannelRelay, NatsTransport, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";

const PORT_A = Number(process.argv[2] ?? 9999);
const PORT_B = PORT_A + 200; // another port number is another network: two sites on one host
const SERVER = process.env.NATS_URL ?? "nats://127.0.0.1:4222";
const AGAIN_MS = 100; // nobody repeats what was lost while the relays were being set up

const reactor = new Reactor();

async function relayTo(network: string, port: number): Promise<NatsTransport> {
  const nats = await NatsTransport.connect({ servers: SERVER });
  const sides = [
    { transport: new UdpTransport(reactor, { port }), network },
    { transport: nats, network: "cloud" },
  ] as const;
  new ChannelRelay(reactor, { sides, allow: [{ channels: "greetings", maxPerSecond: 100 }] });
  return nats;
}

const connections = [await relayTo("site-a", PORT_A), await relayTo("site-b", PORT_B)];
const there = new ChannelNode(reactor, { name: "b", port: PORT_B });
const subscription = there.channel("greetings", { codec: "text" }).subscribe((text, { isRelayed }) => {
  console.log(`heard "${text}" on site b${isRelayed ? ", through a relay" : ""}`);
  subscription.unsubscribe(); // the next may be on its way
  void reactor.stop();
});

const greetings = new ChannelNode(reactor, { name: "a", port: PORT_A }).channel("greetings", { codec: "text" });

function greet(): void {
  greetings.publish("hello from site a");
  reactor.callLater(AGAIN_MS, greet);
}

greet();
await reactor.run();
await Promise.all(connections.map((connection) => connection.close()));
