// Challenges on hosts whose clocks throw, and on channels that are left by another receiver of the same packet.
import { beforeEach, describe, expect, test } from "vitest";
import { ChallengeLab } from "../../support/channels/challenge-lab.js";

let lab: ChallengeLab;

beforeEach(() => {
  lab = new ChallengeLab();
});

describe("a clock that throws", () => {
  test("while an answer waits for its turn is reported, and the challenge that comes again is answered", async () => {
    let isBroken = false;
    const now = (): number => {
      if (isBroken) throw new Error("no clock");
      return Number.NaN;
    };
    const [first, second, writer] = [lab.end(), lab.end(), lab.end({ now })];
    await lab.prove(first, writer);
    second.open(writer.packet());
    await lab.pass(20); // the challenge has come; the answer waits, as there was one less than 100 ms ago
    isBroken = true;
    await lab.pass(100);
    expect([lab.errors.map(String), writer.exchange.statistics()]).toMatchObject([
      ["Error: no clock"],
      { answered: 1, sent: 1, dropped: 0 },
    ]);
    isBroken = false;
    await lab.pass(500);
    expect([second.exchange.statistics().proven, second.texts(writer.packet("1"))]).toEqual([1, ["1"]]);
  });

  test("while a packet is opened makes nobody ask, and the next packet is as any", async () => {
    let isBroken = true;
    const now = (): number => {
      if (isBroken) throw new Error("no clock");
      return Number.NaN;
    };
    const [reader, writer] = [lab.end({ now }), lab.end()];
    expect(() => reader.open(writer.packet())).toThrow("no clock");
    await lab.pass(1000);
    expect([lab.packets.length, lab.clock.pendingCalls]).toEqual([0, 0]);
    isBroken = false;
    await lab.prove(reader, writer);
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
  });
});

describe("an exchange that all users have left", () => {
  test("asks nobody for a packet that comes all the same: no timer, packet or socket is left behind", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    const packet = writer.packet();
    reader.exchange.leave();
    expect(reader.open(packet)).toBeUndefined();
    await lab.pass(20_000);
    expect([lab.packets.length, reader.transport.openSenders, lab.clock.pendingCalls]).toEqual([0, 0, 0]);
  });

  test("asks on as long as one of two users is left", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    reader.exchange.join();
    reader.exchange.leave();
    await lab.prove(reader, writer);
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
    reader.exchange.leave();
    expect([reader.transport.received, reader.transport.openSenders]).toEqual([[], 0]);
  });
});
