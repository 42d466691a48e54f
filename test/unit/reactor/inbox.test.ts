import type { DatagramBatch } from "@groupcast/backend";
import { expect, test } from "vitest";
import { zeroStatistics } from "../../../packages/reactor/src/port-statistics.js";
import { Inbox } from "../../../packages/reactor/src/receiving/inbox.js";
import { FakeBatch } from "../../support/fake-batch.js";
import { Notes } from "./stage.js";

const MAX_PACKET_BYTES = 65_535;

/** A protocol that takes whole batches, and remembers the texts of each. */
class Batches extends Notes {
  readonly batches: string[][] = [];

  override datagramsReceived(batch: DatagramBatch): void {
    this.batches.push(Array.from({ length: batch.length }, (_, index) => batch.view(index).toString()));
  }
}

function open<P extends Notes>(protocol: P) {
  const statistics = zeroStatistics();
  const thrown: unknown[] = [];
  const inbox = new Inbox(protocol, statistics, false, (error) => thrown.push(error));
  return { inbox, statistics, protocol, thrown };
}

/** One of the batches that a wake-up brings. */
function deliver(inbox: Inbox, ...texts: string[]): void {
  const batch = new FakeBatch(texts, MAX_PACKET_BYTES);
  inbox.deliver(batch);
  batch.end();
}

test("deliver() keeps a batch that comes while paused, and datagramsReceived() gets it first after resume()", () => {
  const { inbox, statistics, protocol } = open(new Batches());
  inbox.pause();
  deliver(inbox, "one", "two");
  expect(protocol.batches).toEqual([]);
  expect(statistics).toMatchObject({ received: 0, discarded: 0 });
  inbox.resume();
  deliver(inbox, "three");
  expect(protocol.batches).toEqual([["one", "two"], ["three"]]);
  expect(statistics).toMatchObject({ received: 3, receivedBytes: 11, discarded: 0 });
});

test("deliver() counts a batch that comes after close() as discarded, and datagramsReceived() gets nothing", () => {
  const { inbox, statistics, protocol } = open(new Batches());
  inbox.close();
  deliver(inbox, "one", "two");
  expect(protocol.batches).toEqual([]);
  expect(statistics).toMatchObject({ received: 0, discarded: 2 });
});

test("close() counts what was kept while paused as discarded, once", () => {
  const { inbox, statistics, protocol } = open(new Batches());
  inbox.pause();
  deliver(inbox, "one", "two");
  inbox.close();
  inbox.close();
  inbox.resume();
  expect(protocol.batches).toEqual([]);
  expect(statistics.discarded).toBe(2);
});

test("deliver() counts a datagram as received, and not as discarded, when the protocol throws", () => {
  const { inbox, statistics, protocol, thrown } = open(new Notes());
  const bite = new Error("bite");
  protocol.onReceived = () => {
    throw bite;
  };
  deliver(inbox, "one", "two");
  expect(thrown).toEqual([bite, bite]);
  expect(statistics).toMatchObject({ received: 2, discarded: 0 });
});

test("deliver() reports a datagramsReceived that cannot be asked for, and does not call datagramReceived() in its place", () => {
  const bite = new Error("bite");
  const thorny = Object.defineProperty(new Notes(), "datagramsReceived", {
    get: () => {
      throw bite;
    },
  });
  const { inbox, protocol, thrown } = open(thorny);
  deliver(inbox, "one", "two");
  expect([protocol.texts, thrown]).toEqual([[], [bite]]);
});

test("deliver() counts datagrams that were cut, one by one and in batches", () => {
  for (const { inbox, statistics } of [open(new Notes()), open(new Batches())]) {
    const batch = new FakeBatch(["1234", "12345", "123456"], 4);
    inbox.deliver(batch);
    batch.end();
    expect(statistics).toMatchObject({ received: 3, receivedBytes: 12, truncated: 2 });
  }
});

test("datagramReceived() gets each of what was kept, from several batches, in order", () => {
  const { inbox, statistics, protocol } = open(new Notes());
  protocol.onReceived = () => inbox.pause();
  deliver(inbox, "1", "2", "3");
  deliver(inbox, "4");
  expect(protocol.texts).toEqual(["1"]);
  protocol.onReceived = () => {};
  inbox.resume();
  expect(protocol.texts).toEqual(["1", "2", "3", "4"]);
  expect(statistics).toMatchObject({ received: 4, receivedBytes: 4, discarded: 0 });
});

test("close() inside datagramReceived() makes that datagram the last, and counts the others of the batch", () => {
  const { inbox, statistics, protocol } = open(new Notes());
  protocol.onReceived = () => inbox.close();
  deliver(inbox, "1", "2", "3");
  expect(protocol.texts).toEqual(["1"]);
  expect(statistics).toMatchObject({ received: 1, discarded: 2 });
});

test("pause() and resume() change nothing once closed", () => {
  const { inbox, statistics, protocol } = open(new Notes());
  inbox.close();
  inbox.pause();
  expect(inbox.isPaused).toBe(false);
  inbox.resume();
  deliver(inbox, "1");
  expect(protocol.texts).toEqual([]);
  expect(statistics.discarded).toBe(1);
});
