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

  test("make what the format says: Ed25519 over label, group, header and message, sealed behind the message", () => {
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

  test("refuse what a member of two groups takes from one to the other: channel, id and members are the same, the key is not", () => {
    const time = new TestTime();
    const reader = new SealedEnd({ verify, now: time.now }); // the group of the first key
    const facts = { key: KEYS[1], timeMs: time.ms, message: "sell", signed: { as: alice.publicKey, by: alice.privateKey } };
    const taken = sealByHand({ ...facts, salt: keyFrom("salt 1").subarray(16), group: KEYS[2] }); // signed for the group of the second
    expect(reader.texts(taken)).toEqual([]);
    expect(reader.seal.statistics()).toMatchObject({ unsigned: 1, opened: 0 });
    expect(reader.texts(sealByHand({ ...facts, salt: keyFrom("salt 2").subarray(16) }))).toEqual(["sell"]);
  });

  test("refuse public keys for which anybody can sign, in every spelling: 32 zeroes are one of them", () => {
    const Y_OF_SMALL_ORDER = [
      "00".repeat(32), // two points of order 4
      `01${"00".repeat(31)}`, // the identity: one signature fits every message
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      `ec${"ff".repeat(30)}7f`, // order 2
      `ed${"ff".repeat(30)}7f`, // p, which is 0
      `ee${"ff".repeat(30)}7f`, // p + 1
    ];
    for (const y of Y_OF_SMALL_ORDER) {
      for (const sign of [0, 0x80]) {
        const point = Buffer.from(y, "hex");
        point[31]! |= sign;
        const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), point]);
        const key = createPublicKey({ key: der, format: "der", type: "spki" });
        expect(() => new SealedEnd({ verify: { alice: key } })).toThrow(
          expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", value: "a key of small order" }),
        );
        expect(() => new SealedEnd({ verify }).seal.rotate({ keys: { 1: KEYS[1] }, current: 1, verify: { alice: key } })).toThrow();
      }
    }
  });

  test("refuse one key under two names, as its messages would come under one of them only", () => {
    const twice = { alice: alice.publicKey, carol: alice.publicKey };
    expect(() => new SealedEnd({ verify: twice })).toThrow(
      expect.objectContaining({
        code: "ERR_ARGUMENT_RANGE",
        argument: "verify",
        value: "carol",
        message: expect.stringContaining('"alice"'),
      }),
    );
  });

  test("rotate() makes a channel verify that has not until then, and none that does stop", () => {
    const reader = new SealedEnd();
    const [fromAlice, unsigned] = [new SealedEnd({ sign: alice.privateKey }), new SealedEnd()];
    expect(reader.texts(fromAlice.packet("1"), unsigned.packet("2"))).toEqual(["1", "2"]);
    reader.seal.rotate({ keys: { 1: KEYS[1] }, current: 1, verify });
    expect(reader.texts(fromAlice.packet("3"), unsigned.packet("4"))).toEqual(["3"]);
    reader.seal.rotate({ keys: { 1: KEYS[1] }, current: 1, verify: undefined });
    expect(reader.texts(fromAlice.packet("5"), unsigned.packet("6"))).toEqual(["5"]);
    expect(() => reader.seal.rotate({ keys: { 1: KEYS[1] }, current: 1, verify: null as never })).toThrow();
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
