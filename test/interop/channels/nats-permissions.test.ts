// The subjects that the guide "Many sites" lists: with them everything passes, and with one less what the guide says fails, and says so.
import { readFileSync } from "node:fs";
import { ChannelNode, NatsTransport, type NodeOptions } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configurationFile, PASSWORDS } from "../../support/channels/many-sites.js";
import { hasNatsServer, NatsServer } from "../../support/channels/nats-server.js";
import { until } from "../../support/lab/until.js";
import { skipUnless } from "../../support/probe.js";

const ACCOUNTS = readFileSync(configurationFile("accounts.conf"), "utf8");
const OPERATOR = /^OPERATOR_SUBJECTS = \{\n([\s\S]*?)^\}$/m;
const TIMEOUT_MS = 1500; // a busy machine answers within
const HEARTBEAT_MS = 50;

const ACTIONS = ["o is heard", "o hears", "o asks", "o is asked", "o is seen", "o sees", "o sets", "o is set"] as const;

/** What an operator `o` and a peer do with one another. */
type Action = (typeof ACTIONS)[number];

/** A subject, and what no longer happens without it. Changes of parameters are found by asking, too, only later. */
const NEEDED: readonly (readonly [direction: "publish" | "subscribe", subject: string, without: readonly Action[]])[] = [
  ["publish", "robot.>", ["o is heard"]],
  ["subscribe", "robot.>", ["o hears"]],
  ["publish", "__groupcast_nodes", ["o is seen", "o is set"]],
  ["subscribe", "__groupcast_nodes", ["o sees", "o sets"]],
  ["publish", "__groupcast_ask.robot.>", ["o asks"]],
  ["subscribe", "__groupcast_ask.robot.>", ["o is asked"]],
  ["publish", "__groupcast_answer.robot.>", ["o is asked"]],
  ["subscribe", "__groupcast_answer.robot.>", ["o asks"]],
  ["publish", "__groupcast_parameters.*", []],
  ["subscribe", "__groupcast_parameters.*", []],
  ["publish", "__groupcast_ask.__groupcast_parameters.*", ["o sets"]],
  ["subscribe", "__groupcast_ask.__groupcast_parameters.*", ["o is set"]],
  ["publish", "__groupcast_answer.__groupcast_parameters.*", ["o is set"]],
  ["subscribe", "__groupcast_answer.__groupcast_parameters.*", ["o sets"]],
];

let disposals: (() => Promise<unknown>)[];

beforeEach(async (context) => {
  await skipUnless(context, hasNatsServer);
  disposals = [];
});

afterEach(async () => {
  for (const dispose of disposals.reverse()) await dispose();
});

/** The operator's subjects without one. */
function accountsWithout(direction: "publish" | "subscribe", subject: string): string {
  return ACCOUNTS.replace(OPERATOR, (block) => {
    const [publish, subscribe] = block.split("subscribe: [") as [string, string];
    const less = (list: string): string => list.replace(`    "groupcast.${subject}"\n`, "");
    return direction === "publish" ? `${less(publish)}subscribe: [${subscribe}` : `${publish}subscribe: [${less(subscribe)}`;
  });
}

async function serve(accounts: string): Promise<NatsServer> {
  const settings = accounts.replace("{ user: site-a", "{ user: peer, password: peer }\n{ user: site-a"); // one that may do everything
  const server = await NatsServer.start({ settings, env: PASSWORDS });
  disposals.push(() => server.kill());
  return server;
}

async function join(server: NatsServer, user: string, { heartbeatMs = HEARTBEAT_MS, parameters = {} }: Partial<NodeOptions> = {}) {
  const pass = user === "peer" ? user : PASSWORDS[`${user.toUpperCase().replace("-", "_")}_PASSWORD`]!;
  const transport = await NatsTransport.connect({ servers: server.url, connection: { user, pass } });
  const node = new ChannelNode(new Reactor(), { name: user, heartbeatMs, transport, parameters });
  const errors: (Error & { code?: string; channel?: string; operation?: string })[] = [];
  node.on("error", (error) => errors.push(error));
  const seen = new Set<string>(); // for good: on a busy machine a node may be late, and gone for a moment
  node.on("node", (change) => seen.add(change.node.name));
  transport.on("error", () => {}); // the last heartbeat is refused when the node has closed
  disposals.push(
    () => transport.close(),
    () => node.close(),
  );
  return { node, errors, transport, seen };
}

type Joined = Awaited<ReturnType<typeof join>>;

/** Does everything that can be done, and returns what came of it. Each request is also a fence for the message before it. */
async function outcome(server: NatsServer): Promise<{ readonly done: readonly Action[]; readonly errors: Joined["errors"] }> {
  const parameters = { speed: { value: 1, settable: true } };
  const [o, p] = [await join(server, "operator", { parameters }), await join(server, "peer", { parameters })];
  const heardBy = [o, p].map(({ node }) => {
    const heard: string[] = [];
    node.channel("robot/pose").subscribe((data) => void heard.push(String(data)));
    node.channel(`robot/${node.name}/order`).respond((data) => data);
    return heard;
  });
  await until(() => o.errors.length > 0 || (o.seen.has("peer") && p.seen.has("operator")), { what: "one another, or a refusal" });
  const watched = [o.node.parametersOf("peer"), p.node.parametersOf("operator")] as const;
  const [watches] = await Promise.allSettled(watched.map((remote) => remote.watch(() => {}, { timeoutMs: TIMEOUT_MS })));
  for (const { node } of [o, p]) node.channel("robot/pose").publish(Buffer.from(`from ${node.name}`));
  const ask = ({ node }: Joined, whom: string) =>
    node.channel(`robot/${whom}/order`).request(Buffer.from("stop"), { timeoutMs: TIMEOUT_MS });
  const set = (remote: (typeof watched)[number]) => remote.set("speed", 2, { timeoutMs: TIMEOUT_MS });
  const settled = await Promise.allSettled([ask(o, "peer"), ask(p, "operator"), set(watched[0]), set(watched[1])]);
  const [asks, isAsked, sets, isSet] = settled.map(({ status }) => status === "fulfilled");
  if (watches?.status === "fulfilled") watches.value.close();
  const happened: Readonly<Record<Action, boolean | undefined>> = {
    "o is heard": heardBy[1]!.includes("from operator"),
    "o hears": heardBy[0]!.includes("from peer"),
    "o asks": asks,
    "o is asked": isAsked,
    "o is seen": p.seen.has("operator"),
    "o sees": o.seen.has("peer"),
    "o sets": sets,
    "o is set": isSet,
  };
  expect(p.errors).toEqual([]);
  return { done: ACTIONS.filter((action) => happened[action]), errors: o.errors };
}

test("OPERATOR_SUBJECTS, as they stand, let everything happen, and nothing is refused", async () => {
  expect(await outcome(await serve(ACCOUNTS))).toEqual({ done: ACTIONS, errors: [] });
});

test.each(NEEDED)(
  "OPERATOR_SUBJECTS without %s %s: what the guide names fails alone, and an error names the channel",
  async (direction, subject, without) => {
    const accounts = accountsWithout(direction, subject);
    expect(accounts).not.toBe(ACCOUNTS);
    const { done, errors } = await outcome(await serve(accounts));
    expect(done).toEqual(ACTIONS.filter((action) => !without.includes(action)));
    await until(() => errors.length > 0, { what: "the refusal" });
    const start = subject.replace(/[>*]$/, "").replaceAll(".", "/");
    expect(new Set(errors.map(({ code, operation, channel }) => [code, operation, channel?.startsWith(start)].join()))).toEqual(
      new Set([`ERR_BROKER_PERMISSION,${direction},true`]),
    );
  },
);

test("LISTENER_SUBJECTS let a node without heartbeats hear, and refuse what it publishes", async () => {
  const server = await serve(ACCOUNTS);
  const [dashboard, site] = [await join(server, "dashboard", { heartbeatMs: 0 }), await join(server, "site-a")];
  const heard: string[] = [];
  const channel = dashboard.node.channel("robot/pose");
  channel.subscribe((data) => void heard.push(String(data)));
  await until(
    () => {
      site.node.channel("robot/pose").publish(Buffer.from("x=1"));
      return heard.length > 0;
    },
    { what: "a message" },
  );
  expect(dashboard.errors).toEqual([]);
  channel.publish(Buffer.from("x=2"));
  await until(() => dashboard.errors.length > 0, { what: "the refusal" });
  expect(dashboard.errors).toMatchObject([{ code: "ERR_BROKER_PERMISSION", operation: "publish", channel: "robot/pose" }]);
});

test("PARTNER hears the one channel that FLEET exports, and FLEET hears nothing of PARTNER", async () => {
  const server = await serve(ACCOUNTS);
  const [partner, site] = [await join(server, "partner"), await join(server, "site-a")];
  const [status, pose] = ["robot/status", "robot/pose"] as const;
  const heard: string[] = [];
  for (const { node } of [partner, site]) {
    for (const name of [pose, status]) node.channel(name).subscribe((data) => void heard.push(`${node.name} hears ${data}`));
  }
  const tell = ({ node }: Joined, name: string, text: string) => node.channel(name).publish(Buffer.from(text));
  tell(partner, status, "partner's status");
  tell(site, pose, "site's pose");
  await until(
    () => {
      tell(site, status, "site's status");
      tell(partner, pose, "fence");
      return heard.includes("partner hears site's status") && heard.includes("partner hears fence");
    },
    { what: "the exported channel" },
  );
  expect(new Set(heard)).toEqual(
    new Set([
      ...["partner's status", "site's status", "fence"].map((text) => `partner hears ${text}`),
      ...["site's pose", "site's status"].map((text) => `site-a hears ${text}`),
    ]),
  );
  expect([partner.node.nodes, site.node.nodes]).toEqual([[], []]);
  expect([...partner.errors, ...site.errors]).toEqual([]);
});
