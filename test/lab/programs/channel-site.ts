// A node or a relay in a host of the lab: told by its arguments what it is, and by JSON lines what to publish.
import { createInterface } from "node:readline";
import { ChannelNode, ChannelRelay, NatsTransport, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i * i * 7); // the same on each site

/** What the program is to be. */
export interface SiteRole {
  readonly interface: string;
  /** Default: 1. */
  readonly ttl?: number;
  /** A relay to this server, from the network of this name. Absent: a node. */
  readonly relay?: { readonly server: string; readonly network: string; readonly channels: string };
}

const role = JSON.parse(process.argv[2]!) as SiteRole;
const reactor = new Reactor();
const udp = { interface: role.interface, ttl: role.ttl ?? 1 };

function say(line: object): void {
  console.log(JSON.stringify(line));
}

function runNode(): void {
  const node = new ChannelNode(reactor, { name: "node", heartbeatMs: 200, ...udp });
  const open = {
    "robot/pose": node.channel("robot/pose"),
    "robot/secret": node.channel("robot/secret", { seal: { keys: { 1: KEY }, current: 1 } }),
  };
  for (const channel of Object.values(open)) {
    channel.subscribe((data, { lead, isRelayed }) => say({ event: "message", channel: channel.name, text: String(data), lead, isRelayed }));
  }
  const own = node.channel("private");
  own.subscribe((data) => say({ event: "message", channel: "private", text: String(data) }));
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const { channel, text } = JSON.parse(line) as { channel: string; text: string };
      node.channel(channel).publish(Buffer.from(text));
    })
    .on("close", () => void reactor.stop());
}

async function runRelay({ server, network, channels }: NonNullable<SiteRole["relay"]>): Promise<void> {
  const nats = await NatsTransport.connect({ servers: server });
  const sides = [
    { transport: new UdpTransport(reactor, udp), network },
    { transport: nats, network: "cloud" },
  ] as const;
  new ChannelRelay(reactor, { sides, allow: [{ channels }] });
  createInterface({ input: process.stdin }).on("close", () => void reactor.stop().then(() => nats.close()));
}

if (role.relay === undefined) runNode();
else await runRelay(role.relay);
say({ event: "ready" });
