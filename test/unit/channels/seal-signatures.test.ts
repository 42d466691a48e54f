import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sealByHand } from "../../support/channels/seal-by-hand.js";
import { KEYS, keyFrom, SealedEnd, TestTime } from "../../support/channels/sealed-pair.js";

/** A key pair that follows from a word: PKCS #8 around the 32 bytes of an Ed25519 key (RFC 8410). */
function pairFrom(word: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), keyFrom(word)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

const [alice, bob, eve] = ["alice", "bob", "eve"].map(pairFrom) as [
  ReturnType<typeof pairFrom>,
  ReturnType<typeof pairFrom>,
  ReturnType<typeof pairFrom>,
];
const verify = { alice: alice.publicKey, bob: bob.publicKey };

describe("sign and verify", () => {
  test("say which member sealed a message, for 72 bytes more", () => {
    const reader = new SealedEnd({ verify });
    const [fromAlice, fromBob] = [alice, bob].map(({ privateKey }) => new SealedEnd({ sign: privateKey }));
    const packet = fromAlice!.packet("hello");
    expect(reader.open(packet)).toMatchObject({ seal: { signer: "alice", sender: fromAlice!.seal.sender } });
    expect(reader.open(fromBob!.packet())).toMatchObject({ seal: { signer: "bob" } });
    expect([packet.length, fromAlice!.seal.overheadBytes]).toEqual([5 + 127, 127]);
    expect(packet.includes("hello")).toBe(false);
  });

  test("make what the format says: Ed25519 over label, name, header and message, sealed behind the message", () => {
    const time = new TestTime();
    const sender = new SealedEnd({ sign: alice.privateKey, now: time.now }, "robot/pose");
    const salt = Buffer.from(sender.seal.sender, "hex");
    const signed = { as: alice.publicKey, by: alice.privateKey };
    const expected = sealByHand({ key: KEYS[1], channel: "robot/pose", salt, timeMs: time.ms, message: "hello", signed });
    expect(sender.packet("hello")).toEqual(expected);
  });

  test("are no hindrance for members that verify nothing", () => {
    const opened = new SealedEnd().open(new SealedEnd({ sign: alice.privateKey }).packet("hello"))!;
    expect([opened.payload.toString(), opened.seal.signer]).toEqual(["hello", undefined]);
  });

  test("refuse a packet that has no room for the signature that its header announces, verified or not", () => {
    const facts = { key: KEYS[1], timeMs: Date.now(), message: "0123456789", signed: { as: alice.publicKey, by: alice.privateKey } };
    for (const reader of [new SealedEnd(), new SealedEnd({ verify })]) {
      expect(reader.texts(sealByHand({ ...facts, salt: keyFrom("salt 1").subarray(16), cutBytes: 11 }))).toEqual([]);
      expect(reader.seal.statistics()).toMatchObject({ unsigned: 1, opened: 0 });
      expect(reader.texts(sealByHand({ ...facts, salt: keyFrom("salt 2").subarray(16) }))).toEqual(["0123456789"]);
    }
  });

  test("refuse a message without a signature, and one of a stranger who has the key of the group", () => {
    const reader = new SealedEnd({ verify });
    expect(reader.texts(new SealedEnd().packet(), new SealedEnd({ sign: eve.privateKey }).packet())).toEqual([]);
    expect(reader.seal.statistics()).toMatchObject({ unsigned: 2, opened: 0 });
    expect([reader.counters.unopened, reader.seal.senders]).toEqual([2, 0]);
  });

  test("refuse a member that poses as another: it can write the other's mark and salt, and not its signature", () => {
    const reader = new SealedEnd({ verify });
    const fromAlice = new SealedEnd({ sign: alice.privateKey });
    const salt = Buffer.from(fromAlice.seal.sender, "hex");
    const poses = { key: KEYS[1], salt, timeMs: Date.now(), counter: 5000, message: "I am alice" };
    expect(reader.texts(sealByHand({ ...poses, signed: { as: alice.publicKey, by: bob.privateKey } }))).toEqual([]);
    expect(reader.seal.statistics()).toMatchObject({ unsigned: 1 });
    expect(reader.seal.senders).toBe(0);
    expect(reader.open(sealByHand({ ...poses, signed: { as: bob.publicKey, by: bob.privateKey } }))).toMatchObject({
      seal: { signer: "bob", sender: fromAlice.seal.sender },
    });
    expect(reader.open(fromAlice.packet())).toMatchObject({ seal: { signer: "alice" } }); // bob's counter, under her salt, is his own
  });

  test("rotate() with other members refuses one that is gone, and hears one that is new", () => {
    const reader = new SealedEnd({ verify });
    const [fromAlice, fromEve] = [alice, eve].map(({ privateKey }) => new SealedEnd({ sign: privateKey }));
    expect(reader.texts(fromAlice!.packet("1"), fromEve!.packet("no"))).toEqual(["1"]);
    reader.seal.rotate({ keys: { 1: KEYS[1] }, current: 1, verify: { eve: eve.publicKey } });
    expect(reader.texts(fromAlice!.packet("no"), fromEve!.packet("2"))).toEqual(["2"]);
    reader.seal.rotate({ keys: { 1: KEYS[1] }, current: 1 });
    expect(reader.texts(fromAlice!.packet("no"), fromEve!.packet("3"))).toEqual(["3"]);
  });
});
