// A node or a relay of a network with many sites: told by its arguments what it is, and by JSON lines what to do.
import { createInterface } from "node:readline";
import { ChannelNode, ChannelRelay, NatsTransport, type NatsTransportOptions, UdpTransport } from "@groupcast/channels";
import { Reactor } from "groupcast";

/** What the program is to be. */
export interface ClusterRole {
  /** Interface with multicast. Absent: a node on NATS. */
  readonly interface?: string;
  /** Server to connect to. With an interface: a relay. */
  readonly nats?: NatsTransportOptions;
  /** Name of the node. */
  readonly name?: string;
  /** Name of the site, for a relay. */
  readonly network?: string;
  /** Channels that a relay passes on. */
  readonly channels?: readonly string[];
}

/** What the program does at a line of its input. */
export interface ClusterCommand {
  /** Publishes numbers, one each so many milliseconds; 0 stops. */
  readonly everyMs?: number;
  /** Asks the node of that name. */
  readonly ask?: string;
  /** Prints what has been counted. */
  readonly report?: boolean;
}

const CHANNEL = "robot/pose";
const role = JSON.parse(process.argv[2]!) as ClusterRole;
const reactor = new Reactor();

function say(line: object): void {
  console.log(JSON.stringify(line));
}

async function connected(options: NatsTransportOptions): Promise<NatsTransport> {
  const nats = await NatsTransport.connect(options);
  nats.on("connection", ({ isConnected }) => say({ event: "connection", isConnected, atMs: Math.round(performance.now()) }));
  nats.on("error", ({ message }) => say({ event: "error", message }));
  return nats;
}

function runNode(transport: NatsTransport | undefined, udp: { readonly interface?: string }): (command: ClusterCommand) => void {
  const node = new ChannelNode(reactor, {
    name: role.name ?? "node",
    heartbeatMs: 200,
    ...(transport === undefined ? { ttl: 1, ...udp } : { transport }),
  });
  const channel = node.channel(CHANNEL, { codec: "text" });
  const status = node.channel("robot/status", { codec: "text" });
  const heard = new Set<number>();
  let repeated = 0;
  let published = 0;
  let timer: NodeJS.Timeout | undefined;
  channel.subscribe((text, { isRelayed }) => {
    const number = Number.parseInt(text, 10);
    if (heard.has(number)) repeated++;
    heard.add(number);
    if (heard.size === 1) say({ event: "first", isRelayed });
  });
  status.subscribe((text) => say({ event: "status", text }));
  node.channel(`robot/${node.name}/order`).respond(() => Buffer.from(`done by ${node.name}`));
  return ({ everyMs, ask, report }) => {
    if (everyMs !== undefined) clearInterval(timer);
    if (everyMs) timer = setInterval(() => channel.publish(`${published++}`), everyMs);
    if (everyMs) status.publish("running");
    if (ask !== undefined) {
      const answer = node.channel(`robot/${ask}/order`).request(Buffer.alloc(0), { timeoutMs: 5000 });
      answer.then(
        ({ data }) => say({ event: "answer", text: String(data) }),
        ({ code }) => say({ event: "answer", code }),
      );
    }
    if (report) {
      const [first, last] = [Math.min(...heard), Math.max(...heard)]; // null in JSON, when there are none
      const missing = last - first + 1 - heard.size;
      const { lost, late } = channel.statistics();
      say({
        event: "report",
        published,
        heard: heard.size,
        last,
        missing,
        lost: lost - late,
        repeated,
        nodes: node.nodes.map(({ name }) => name),
      });
    }
  };
}

function runRelay(nats: NatsTransport, { interface: at, network, channels }: ClusterRole): (command: ClusterCommand) => void {
  const sides = [
    { transport: new UdpTransport(reactor, { interface: at!, ttl: 1 }), network: network! },
    { transport: nats, network: "cloud" },
  ] as const;
  const relay = new ChannelRelay(reactor, { sides, allow: channels!.map((name) => ({ channels: name })) });
  return () => {
    const [out, back] = relay.statistics();
    say({ event: "report", out, back, ...nats.statistics(), waiting: nats.waiting });
  };
}

const transport = role.nats === undefined ? undefined : await connected(role.nats);
const isRelay = transport !== undefined && role.interface !== undefined;
const obey = isRelay ? runRelay(transport, role) : runNode(transport, role);
createInterface({ input: process.stdin })
  .on("line", (line) => obey(JSON.parse(line) as ClusterCommand))
  .on("close", () => void reactor.stop().then(() => transport?.close()));
say({ event: "ready" });
