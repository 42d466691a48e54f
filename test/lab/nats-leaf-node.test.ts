// A site whose programs speak to a NATS server of its own, a leaf node of the cluster, with the files of the guide "Many sites".
import { beforeEach, expect, test } from "vitest";
import { join, ManySites, PASSWORDS, serve } from "../support/channels/many-sites.js";
import { hasNatsServer } from "../support/channels/nats-server.js";
import type { Host } from "../support/lab/host.js";
import { Lab } from "../support/lab/lab.js";
import { until } from "../support/lab/until.js";
import { canRunLab, skipUnless } from "../support/probe.js";

const OPERATOR = { user: "operator", pass: PASSWORDS.OPERATOR_PASSWORD! };
const DEADLINE = { deadlineMs: 20_000 };

beforeEach((context) => skipUnless(context, canRunLab, hasNatsServer));

async function connections(host: Host, filter: string): Promise<number> {
  const output = await host.exec("ss", ["-Hnt", "state", "established", filter]);
  return output.split("\n").filter((line) => line !== "").length;
}

/** A site with a leaf node, and a node on it. */
async function leafSite(sites: ManySites) {
  const host = await sites.host("site-c", "10.77.0.3/24");
  serve(host, "site-c");
  const isLinked = async (): Promise<boolean> => (await connections(host, "( dport = :7422 )")) === 1;
  await until(isLinked, { what: "the leaf node is connected" });
  return { host, isLinked, node: await join(host, { name: "node c", nats: { servers: "127.0.0.1:4222" } }) };
}

test("a node on a leaf node, one in the cloud and one behind a relay hear, see and ask one another", async () => {
  await using lab = await Lab.create("a leaf node, a relay and a cluster");
  const sites = await ManySites.create(lab);
  const { node: c } = await leafSite(sites);
  const a = (await sites.site("a", { server: 1 })).node;
  const desk = await sites.host("desk", "10.77.0.4/24");
  const operator = await join(desk, { name: "operator", nats: { servers: "10.77.0.13:4222", connection: OPERATOR } });
  const members = [a, c, operator];
  const names = ["node a", "node c", "operator"];
  for (const [index, member] of members.entries()) {
    const others = names.toSpliced(index, 1);
    const seen = await member.until(({ nodes }) => nodes.length === others.length, `${names[index]} sees the others`);
    expect(seen.nodes.toSorted()).toEqual(others);
  }
  a.tell({ everyMs: 5 });
  for (const member of [c, operator]) await member.until(({ heard }) => heard > 50, "the stream of site a");
  a.tell({ everyMs: 0 });
  for (const name of ["node a", "node c"]) {
    operator.tell({ ask: name });
    await operator.program.line({ event: "answer", text: `done by ${name}` }, DEADLINE);
  }
  for (const member of members) expect(member.program.lines({ event: "error" })).toEqual([]);
});

test("a leaf node whose server dies goes on for its site, and connects to another server", async () => {
  await using lab = await Lab.create("a leaf node, and its server dies");
  const sites = await ManySites.create(lab);
  const { host, isLinked, node } = await leafSite(sites);
  const second = await join(host, { name: "second", nats: { servers: "127.0.0.1:4222" } });
  const desk = await sites.host("desk", "10.77.0.4/24");
  const server = await serverOf(host);
  const other = (server % 3) + 1;
  const operator = await join(desk, { name: "operator", nats: { servers: `10.77.0.1${other}:4222`, connection: OPERATOR } });
  node.tell({ everyMs: 2 });
  await operator.until(({ heard }) => heard > 50, "the stream in the cloud");
  await sites.kill(server);
  const { last } = await second.report();
  await second.until((report) => report.last > last + 50, "the stream on the site");
  await until(async () => (await isLinked()) && (await serverOf(host)) !== server, { what: "another server" });
  const then = (await operator.report()).last;
  await operator.until((report) => report.last > then + 50, "the stream in the cloud, again");
  node.tell({ everyMs: 0 });
  const { published } = await node.report();
  const onSite = await second.until((report) => report.last === published - 1, "the last number on the site");
  expect(onSite.missing).toBe(0);
  expect(node.program.lines({ event: "connection" })).toEqual([]);
  const inCloud = await operator.until((report) => report.last === published - 1, "the last number in the cloud");
  expect(inCloud.missing).toBe(inCloud.lost); // the leaf node keeps nothing; numbers say what is missing
});

/** The number of the server that the leaf node is connected to. */
async function serverOf(host: Host): Promise<number> {
  const output = await host.exec("ss", ["-Hnt", "state", "established", "( dport = :7422 )"]);
  return Number(/10\.77\.0\.1(\d):7422/.exec(output)?.[1]);
}
