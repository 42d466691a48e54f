// Counters of four packets instead of 2 ** 32, so that they come to an end.
import { expect, test, vi } from "vitest";
import { zeroChannelStatistics } from "../../../packages/channels/src/channel/channel-message.js";
import { resolveSeal } from "../../../packages/channels/src/seal/seal-keys.js";
import { Sealer } from "../../../packages/channels/src/seal/sealer.js";
import { Unsealer } from "../../../packages/channels/src/seal/unsealer.js";

vi.mock("../../../packages/channels/src/seal/sealed-packet.js", async (original) => ({
  ...(await original<object>()),
  MAX_COUNTER: 3,
}));

test("seal() takes a new salt after the largest counter, and begins again at 0, so that no nonce comes twice under one key", () => {
  const ring = resolveSeal("channel", { key: Buffer.alloc(32, 1) });
  const sealer = new Sealer("c", ring);
  const packets = Array.from({ length: 10 }, (_, index) => sealer.seal(Buffer.from(String(index))));
  expect(packets.map((packet) => packet.readUInt32BE(18))).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1]);
  const salts = packets.map((packet) => packet.toString("hex", 2, 18));
  expect(salts.map((salt) => salts.indexOf(salt))).toEqual([0, 0, 0, 0, 4, 4, 4, 4, 8, 8]);
  const unsealer = new Unsealer("c", ring, zeroChannelStatistics());
  expect(packets.map((packet) => unsealer.unseal(packet)?.payload.toString())).toEqual(packets.map((_, index) => String(index)));
});
