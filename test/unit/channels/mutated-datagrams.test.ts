// Real datagrams of every kind, changed on the way: nothing throws, nothing grows, and the true ones are still heard.
import { type ChannelNode, multicastGroupForChannel } from "@groupcast/channels";
import fc from "fast-check";
import { DatagramProtocol, type MulticastPort } from "groupcast";
import { beforeEach, expect, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";
import { KEYS } from "../../support/channels/sealed-pair.js";

const SEAL = { keys: KEYS, current: 1 };
const PORT = 8765;
const MAX_SOURCES = 50;

/** The channels of every kind, opened alike on each node. */
function open(node: ChannelNode) {
  return {
    plain: node.channel("plain"),
    json: node.channel("json", { codec: "json" }),
    sealed: node.channel("sealed", { seal: SEAL }),
    long: node.channel("long", { fragment: true }),
    sealedLong: node.channel("sealed/long", { fragment: true, seal: SEAL }),
  };
}

let site: MemorySite;
let target: ChannelNode;
let got: string[];
let attacker: MulticastPort;
let corpus: readonly Buffer[];

beforeEach(async () => {
  site = new MemorySite();
  const publisher = open(site.node("a", { ttl: 1, heartbeatMs: 200 }));
  publisher.plain.publish(Buffer.from("plain"));
  publisher.json.publish({ json: [1, 2, 3] });
  publisher.sealed.publish(Buffer.from("sealed"));
  publisher.long.publish(Buffer.alloc(100_000, "long"));
  publisher.sealedLong.publish(Buffer.alloc(100_000, "long"));
  await site.network.clock.advance(1000);
  const sent = site.network.trace.records.filter(({ event, packet }) => event === "sent" && packet.destinationPort === PORT);
  corpus = sent.map(({ packet }) => packet.payload).filter(({ length }, index) => length < 2000 || index % 8 === 0);
  target = site.node("b", { ttl: 1, heartbeatMs: 200, maxSources: MAX_SOURCES });
  got = [];
  for (const channel of Object.values(open(target))) channel.subscribe((_, { channel: name }) => void got.push(name));
  attacker = site.reactor("mallory").listenMulticast(0, new (class extends DatagramProtocol {})());
  site.network.trace.stop();
});

/** The group that a datagram belongs on, whatever was done to it. */
function groupOf(original: Buffer): string {
  return multicastGroupForChannel(original.toString("latin1", 5, 5 + original[4]!));
}

const changes = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("byte" as const), at: fc.nat(), value: fc.nat(255) }),
    fc.record({ kind: fc.constant("cut" as const), at: fc.nat(), value: fc.nat(0) }),
    fc.record({ kind: fc.constant("repeat" as const), at: fc.nat(), value: fc.nat(3) }),
  ),
  { maxLength: 6 },
);

function mutate(original: Buffer, changed: readonly { kind: "byte" | "cut" | "repeat"; at: number; value: number }[]): Buffer {
  let bytes = Buffer.from(original);
  for (const { kind, at, value } of changed) {
    const place = at % Math.max(1, Math.min(bytes.length, 64)); // most of what is to be broken is in the headers
    if (kind === "byte" && bytes.length > 0) bytes[place] = value;
    else if (kind === "cut") bytes = bytes.subarray(0, place);
    else bytes = Buffer.concat([bytes, ...Array.from({ length: value }, () => bytes.subarray(0, 50))]);
  }
  return bytes.subarray(0, 65_507);
}

test("mutated datagrams of every kind", async () => {
  expect(corpus.length).toBeGreaterThan(10);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(), changes), { minLength: 20, maxLength: 60 }), async (attacks) => {
      for (const [pick, changed] of attacks) {
        const original = corpus[pick % corpus.length]!;
        attacker.write(mutate(original, changed), { address: groupOf(original), port: PORT });
      }
      await site.settle();
      expect(site.log.errors).toEqual([]);
      expect(target.statistics().sources).toBeLessThanOrEqual(MAX_SOURCES);
    }),
    { numRuns: 60 },
  );
  got.length = 0;
  const truth = open(site.node("c", { ttl: 1 }));
  truth.plain.publish(Buffer.from("x"));
  truth.json.publish(null);
  truth.sealed.publish(Buffer.from("x"));
  truth.long.publish(Buffer.alloc(70_000));
  truth.sealedLong.publish(Buffer.alloc(70_000));
  await site.network.clock.advance(100);
  expect(new Set(got)).toEqual(new Set(["plain", "json", "sealed", "long", "sealed/long"]));
});

test("a replayed recording of a sealed channel is heard at most once, whatever numbers it travels with", async () => {
  const sealed = corpus.find((datagram) => datagram.toString("latin1", 5, 11) === "sealed" && datagram[4] === 6)!;
  for (let i = 0; i < 500; i++) {
    const replay = Buffer.from(sealed);
    replay.writeUInt32BE(i, 11);
    attacker.write(replay, { address: groupOf(sealed), port: PORT });
    if (i % 50 === 0) await site.settle();
  }
  await site.settle();
  expect(got).toEqual(["sealed"]);
  expect(target.channel("sealed").statistics()).toMatchObject({ replayed: 499 });
});
