// Keys in the wrong place, and everything else that could end up in a log with a key in it.
import { generateKeyPairSync, hkdfSync } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { ChannelNode } from "../../../packages/channels/src/channel-node.js";
import { MemorySite } from "../../support/channels/memory-site.js";
import { KEYS, SealedEnd } from "../../support/channels/sealed-pair.js";

const key = KEYS[1];
const [hex, base64] = [key.toString("hex"), key.toString("base64")];
const pem = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }) as string;
const one = { keys: { 1: key }, current: 1 };

/** Whether a text has eight bytes of a key in it, in any way to write them. */
function betrays(text: string): boolean {
  const start = key.subarray(0, 8);
  const spellings = [
    start.toString("hex"),
    base64.slice(0, 10),
    start.join(", "),
    start.toString("hex").match(/../g)!.join(" "),
    pem.slice(28, 60),
  ];
  return spellings.some((spelling) => text.includes(spelling));
}

function refusalOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}

describe("errors about a seal", () => {
  const wrong: [string, unknown][] = [
    ["a key instead of options", key],
    ["hexadecimal digits instead of options", hex],
    ["hexadecimal digits instead of keys", { keys: hex, current: 1 }],
    ["a key instead of keys", { keys: key, current: 1 }],
    ["a number of 256 bits instead of keys", { keys: BigInt(`0x${hex}`), current: 1 }],
    ["hexadecimal digits instead of a key", { keys: { 1: hex }, current: 1 }],
    ["a list of bytes instead of a key", { keys: { 1: [...key] }, current: 1 }],
    ["a key that is an id, in hexadecimal digits", { keys: { [hex]: 1 }, current: 1 }],
    ["a key that is an id, in base64", { keys: { [base64]: 1 }, current: 1 }],
    ["a key instead of its id", { keys: { 1: key }, current: key }],
    ["a list with a key instead of its id", { keys: { 1: key }, current: [key] }],
    ["hexadecimal digits instead of an id", { keys: { 1: key }, current: hex }],
    ["a PEM file to verify with", { ...one, verify: pem }],
    ["a PEM file in a list to verify with", { ...one, verify: [pem] }],
    ["a PEM file to verify with, by its name", { ...one, verify: { alice: pem } }],
  ];

  test.each(wrong)("of a channel, a node and a rotation keep %s to themselves", (_, seal) => {
    const site = new MemorySite();
    const node = site.node("a");
    const calls = [
      () => node.channel("c", { seal: seal as never }),
      () => new ChannelNode(site.reactor("b"), { name: "b", seal: seal as never }),
      () => new SealedEnd().seal.rotate(seal as never),
    ];
    for (const call of calls) {
      const error = refusalOf(call);
      expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(ARGUMENT|OPTION)_/), argument: expect.any(String) });
      expect([betrays(inspect(error, { depth: 9, showHidden: true })), betrays(JSON.stringify(error))]).toEqual([false, false]);
    }
  });

  test("show a short id that is wrong", () => {
    expect(refusalOf(() => new SealedEnd({ keys: { first: key } as never })).message).toContain('"first"');
  });
});

test("inspect(), JSON and a structured clone of a node, a channel and a seal hold no key", () => {
  const node = new MemorySite().node("a", { seal: one });
  const channel = node.channel("c", { seal: one });
  channel.publish(Buffer.from("x"));
  for (const value of [node, channel, channel.seal, node.seal]) {
    expect(betrays(inspect(value, { depth: 20, showHidden: true, getters: true }))).toBe(false);
  }
  expect([JSON.stringify(channel.seal), structuredClone(channel.seal)]).toEqual(["{}", {}]);
});

test("no derived key lies in the memory that small Buffers share, and that leaves a program with their .buffer", () => {
  const gateKey = Buffer.from(hkdfSync("sha256", key, "", "groupcast sealed channel 2 gate\0c", 32));
  const senderKey = (salt: string) => Buffer.from(hkdfSync("sha256", key, Buffer.from(salt, "hex"), "groupcast sealed channel 2\0c", 32));
  for (let i = 0; i < 10; i++) {
    const [writer, reader] = [new SealedEnd(), new SealedEnd()];
    expect(reader.texts(writer.packet())).toEqual(["text"]);
    const pool = Buffer.from(Buffer.from("a word").buffer);
    expect(pool.length).toBeGreaterThanOrEqual(Buffer.poolSize); // Node 26 aligns it
    expect([gateKey, senderKey(writer.seal.sender)].map((secret) => pool.includes(secret))).toEqual([false, false]);
  }
});
