// What listeners and loggers do wrong reaches a log or an event, and nobody else.
import { ChannelNode, ChannelRelay, type RelayOptions, UdpTransport } from "@groupcast/channels";
import { describe, expect, test, vi } from "vitest";
import { Hub, HubClock } from "../../support/channels/hub.js";
import { MemorySite } from "../../support/channels/memory-site.js";

const TROUBLE = new Error("trouble");

function trouble(): never {
  throw TROUBLE;
}

/** Lets rejections be noticed. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe.each([
  ["a node", (site: MemorySite) => site.node("a"), "node, error"],
  ["a channel", (site: MemorySite) => site.node("a").channel("c"), "undecodable"],
  ["a transport", (site: MemorySite) => new UdpTransport(site.reactor("a")), "connection, error"],
])("%s", (_, make, names) => {
  test.each(["on", "once", "off"] as const)("%s() refuses an event that there is not", (operation) => {
    const object = make(new MemorySite()) as ChannelNode;
    expect(() => object[operation]("errors" as "error", () => {})).toThrow(
      expect.objectContaining({ operation, argument: "event", code: "ERR_NAME_UNKNOWN" }),
    );
  });

  test("takes a hundred listeners without a warning", async () => {
    const warn = vi.spyOn(process, "emitWarning");
    const object = make(new MemorySite()) as ChannelNode;
    for (let i = 0; i < 100; i++) object.on(names.split(", ")[0] as "node", () => {});
    await turn();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

describe("a listener that throws or rejects does not keep the next from being called", () => {
  test("of a node: the logger gets its error", async () => {
    const site = new MemorySite();
    const node = site.node("a", { heartbeatMs: 100 });
    const heard: string[] = [];
    node.on("node", trouble);
    node.on("node", (() => Promise.reject(TROUBLE)) as () => void);
    node.on("node", ({ change }) => heard.push(change));
    site.node("a", { name: "other", heartbeatMs: 100 });
    await site.network.clock.advance(50);
    await turn();
    expect(heard).toEqual(["appeared"]);
    expect(site.log.errors).toEqual([TROUBLE, TROUBLE]);
  });

  test("of a node's error: the logger gets it, and nothing goes round in circles", async () => {
    const site = new MemorySite();
    const node = site.node("a");
    const [failure, heard] = [new Error("of a subscriber"), [] as Error[]];
    node.on("error", trouble);
    node.on("error", (error) => heard.push(error));
    node.channel("c").subscribe(() => Promise.reject(failure));
    node.channel("c").publish(Buffer.from("x"));
    await site.settle();
    await turn();
    expect(heard).toEqual([failure]);
    expect(site.log.errors).toEqual([TROUBLE]);
  });

  test("of a channel: it is an error of the node", async () => {
    const site = new MemorySite();
    const node = site.node("a");
    const [errors, undecodable] = [[] as Error[], [] as string[]];
    node.on("error", (error) => errors.push(error));
    const channel = node.channel("c", { codec: "json" });
    channel.subscribe(() => {});
    channel.on("undecodable", trouble);
    channel.on("undecodable", ({ data }) => undecodable.push(data.toString()));
    site.node("a", { name: "other" }).channel("c").publish(Buffer.from("no JSON"));
    await site.settle();
    expect(undecodable).toEqual(["no JSON"]);
    expect(errors).toEqual([TROUBLE]);
  });
});

describe("a logger that throws", () => {
  const logger = { info: trouble, warn: trouble, error: trouble };

  test("does not stop a relay", () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const clock = new HubClock();
    const [a, b] = [new Hub(clock), new Hub(clock)];
    const refusing = b.transport();
    vi.spyOn(refusing, "openSender").mockImplementation(trouble);
    const sides = [
      { transport: a.transport(), network: "a" },
      { transport: refusing, network: "b" },
    ] as unknown as RelayOptions["sides"];
    const relay = new ChannelRelay(new MemorySite().reactor("host"), { sides, allow: [{ channels: "**" }], logger });
    const sender = a.transport().openSender("c");
    for (let i = 0; i < 3; i++) sender.send(Buffer.from("x"));
    expect(() => clock.run()).not.toThrow();
    expect(relay.statistics()[0].refused).toBe(3);
    expect(write).toHaveBeenCalledWith(expect.stringContaining("the logger threw"));
    write.mockRestore();
  });

  test("does not stop a node, nor its transport", async () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const site = new MemorySite();
    const node = new ChannelNode(site.reactor("a"), { name: "a", logger, interface: "eth0", heartbeatMs: 0 });
    const got: string[] = [];
    node.channel("c").subscribe(trouble);
    node.channel("c").subscribe((data) => void got.push(data.toString()));
    for (const text of ["1", "2"]) node.channel("c").publish(Buffer.from(text));
    await site.settle();
    expect(got).toEqual(["1", "2"]);
    write.mockRestore();
  });
});

test("a receiver that throws costs neither the next receiver its packet nor itself the next one", async () => {
  const site = new MemorySite();
  const transport = new UdpTransport(site.reactor("a"), { logger: site.log });
  const [errors, first, second] = [[] as Error[], [] as string[], [] as string[]];
  transport.on("error", (error) => errors.push(error));
  transport.startReceiving("c", {
    packetReceived({ payload }) {
      first.push(payload.toString());
      trouble();
    },
  });
  transport.startReceiving("c", { packetReceived: ({ payload }) => void second.push(payload.toString()) });
  const sender = transport.openSender("c");
  for (const text of ["1", "2", "3"]) sender.send(Buffer.from(text));
  await site.settle();
  expect([first, second]).toEqual([
    ["1", "2", "3"],
    ["1", "2", "3"],
  ]);
  expect(errors).toEqual([TROUBLE, TROUBLE, TROUBLE]);
});

test("a receiver that rejects is reported as one that throws", async () => {
  const site = new MemorySite();
  const transport = new UdpTransport(site.reactor("a"), { logger: site.log });
  const errors: Error[] = [];
  transport.on("error", (error) => errors.push(error));
  transport.startReceiving("c", { packetReceived: async () => trouble() });
  transport.openSender("c").send(Buffer.from("1"));
  await site.settle();
  await turn();
  expect(errors).toEqual([TROUBLE]);
});
