/** Delivery of datagrams: the time, and how many at once. */
import assert from "node:assert/strict";
import { type Contract, contracts } from "../contract.js";
import { type Endpoint, textsOf } from "../endpoint/endpoint.js";
import { batchTo } from "../endpoint/send-batch.js";
import { type SocketEndpoint, WIDE } from "../endpoint/socket-endpoint.js";
import type { Trial } from "../trial/trial.js";

const FLOOD_LIMIT = 5_000; // datagrams after which a timer that has not run is taken for starved
const LIMITS = "backend.ts: ReadLimits; Twisted's budget counted bytes only, and a flood of empty datagrams had no bound";

export const READING: readonly Contract[] = contracts([
  {
    id: "RX-1",
    title: "a bound socket is idle until startReading(); datagrams that arrived before are delivered afterwards",
    access: "bare",
    why: "backend.ts: idle until startReading; socket(7): the receive buffer",
    async run(trial) {
      const sender = trial.listen();
      const end = trial.socket();
      end.bind(trial.addresses.loopback);
      sender.write("early", end.local);
      await trial.fence(sender);
      assert.deepEqual(textsOf(end), []);
      end.read(WIDE);
      assert.deepEqual(textsOf(end), [], "startReading() itself delivered");
      assert.equal((await trial.first(end)).bytes.toString(), "early");
    },
  },
  {
    id: "RX-2",
    title: "a paused endpoint delivers nothing; datagrams that arrive meanwhile are delivered in order after resuming",
    access: "both",
    why: "backend.ts: stopReading, startReading; Twisted: pauseProducing, the kernel buffers meanwhile",
    async run(trial) {
      const { a, b } = trial.pair();
      b.pause();
      for (const text of ["1", "2", "3"]) a.write(text, b.local);
      await trial.fence(a);
      assert.deepEqual(textsOf(b), []);
      b.resume();
      await trial.received(b, 3);
      a.write("4", b.local);
      await trial.received(b, 4);
      assert.deepEqual(textsOf(b), ["1", "2", "3", "4"]);
    },
  },
  {
    id: "RX-3",
    title: "pausing from inside a delivery keeps the rest for later, in order",
    access: "both",
    why: "backend.ts: stopReading; nothing is lost silently",
    async run(trial) {
      const { a, b } = trial.pair();
      const texts = Array.from({ length: 10 }, (_, number) => String(number));
      b.onArrival = () => {
        if (b.arrived.length === 3) b.pause();
      };
      for (const text of texts) a.write(text, b.local);
      await trial.received(b, 3);
      await trial.fence(a);
      b.onArrival = () => {};
      b.resume();
      await trial.received(b, texts.length);
      assert.deepEqual(textsOf(b), texts);
    },
  },
  {
    id: "RX-4",
    title: "nothing is delivered inside a call that sends, not even to oneself",
    access: "both",
    why: "backend.ts: nothing is delivered inside a call into the socket; matter.js's mock did, and its protocols relied on it",
    async run(trial) {
      const endpoint = trial.open();
      let isSending = true;
      let deliveredInside = 0;
      endpoint.onArrival = () => {
        if (isSending) deliveredInside += 1;
      };
      for (let count = 0; count < 10; count++) endpoint.write("to myself", endpoint.local);
      isSending = false;
      await trial.received(endpoint, 10);
      assert.equal(deliveredInside, 0);
    },
  },
  {
    id: "RX-5",
    title: "nothing is delivered, and no loss reported, before the JavaScript that sends has run to its end",
    access: "both",
    why: "backend.ts: observers are called from the event loop",
    async run(trial) {
      const endpoint = trial.open();
      endpoint.write("to myself", endpoint.local);
      await Promise.resolve(); // microtasks belong to the turn
      assert.equal(endpoint.arrived.length + endpoint.losses.length, 0);
      await trial.received(endpoint, 1);
    },
  },
  {
    id: "RX-6",
    title: "startReading() again changes the limits, and delivers nothing twice",
    access: "bare",
    why: "backend.ts: startReading",
    async run(trial) {
      const sender = trial.listen();
      const end = trial.listen();
      end.read({ ...WIDE, maxPacketBytes: 3 });
      sender.write("123456", end.local);
      await trial.received(end, 1);
      await trial.receivedOnly(end, ["123"], { from: wide(trial, end) });
    },
  },
  {
    id: "RX-7",
    title: "no batch is longer than maxDatagrams",
    access: "bare",
    why: LIMITS,
    run: (trial) => assertBatches(trial, { ...WIDE, maxDatagrams: 4 }, "0123456789", ({ length }) => assert.ok(length <= 4, `${length}`)),
  },
  {
    id: "RX-8",
    title: "no batch of empty datagrams is longer than maxDatagrams",
    access: "bare",
    why: LIMITS,
    run: (trial) => assertBatches(trial, { ...WIDE, maxDatagrams: 4 }, "", ({ length }) => assert.ok(length <= 4, `${length}`)),
  },
  {
    id: "RX-9",
    title: "a batch ends at the datagram that reaches maxBytes",
    access: "bare",
    why: LIMITS,
    run: (trial) => assertBatches(trial, { ...WIDE, maxBytes: 25 }, "0123456789", ({ length }) => assert.ok(length <= 3, `${length}`)),
  },
  {
    id: "RX-10",
    title: "a flood does not starve timers",
    access: "both",
    why: "oven-sh/bun#37103: without a bound, timers starve",
    run: (trial) => assertTimersRun(trial, "flood"),
  },
  {
    id: "RX-11",
    title: "a flood of empty datagrams does not starve timers",
    access: "both",
    why: "Twisted's read budget counts bytes, so empty datagrams are free",
    run: (trial) => assertTimersRun(trial, ""),
  },
  {
    id: "RX-12",
    title: "a flooded socket does not starve another one",
    access: "both",
    why: "backend.ts: ReadLimits, so that other sockets get their turn",
    async run(trial) {
      const { a, b } = trial.pair();
      flood(a, "flood", () => b.arrived.length > 0 || a.arrived.length > FLOOD_LIMIT);
      await trial.received(a, 10);
      b.write("one", b.local);
      await trial.received(b, 1);
      assert.ok(a.arrived.length <= FLOOD_LIMIT, "the flood came first");
    },
  },
]);

function wide(trial: Trial, end: SocketEndpoint): SocketEndpoint {
  end.read(WIDE); // the fence is longer than the limit was
  return trial.listen();
}

async function assertBatches(
  trial: Trial,
  limits: typeof WIDE,
  text: string,
  assertBatch: (batch: { readonly length: number }) => void,
): Promise<void> {
  const COUNT = 20;
  const sender = trial.listen();
  const end = trial.socket();
  end.bind(trial.addresses.loopback);
  sender.sendAll(batchTo(end.local, Array(COUNT).fill(text)));
  await trial.fence(sender);
  const lengths: number[] = [];
  end.onBatch = ({ length }) => lengths.push(length);
  end.read(limits);
  await trial.received(end, COUNT);
  for (const length of lengths) assertBatch({ length });
}

async function assertTimersRun(trial: Trial, text: string): Promise<void> {
  const endpoint = trial.open();
  let hasRun = false;
  flood(endpoint, text, () => hasRun || endpoint.arrived.length > FLOOD_LIMIT);
  await trial.received(endpoint, 10);
  trial.clock.schedule(0, () => {
    hasRun = true;
  });
  await trial.until("the timer runs, or the flood has won", () => hasRun || endpoint.arrived.length > FLOOD_LIMIT);
  assert.ok(hasRun, `${endpoint.arrived.length} datagrams were delivered, and the timer has not run`);
}

/** Sends a further datagram for each that arrives, until `isOver`. */
function flood(endpoint: Endpoint, text: string, isOver: () => boolean): void {
  let waiting = 1;
  endpoint.onArrival = () => {
    waiting -= 1;
    if (isOver()) return;
    for (; waiting < 64; waiting++) endpoint.write(text, endpoint.local);
  };
  endpoint.write(text, endpoint.local);
}
