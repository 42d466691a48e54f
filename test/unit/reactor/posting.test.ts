// post(), flush(), cork(): what programs need that count each datagram, and choose when a burst leaves.
import { ManualClock } from "@groupcast/backend-memory";
import { ERRNO } from "@groupcast/base";
import { DatagramProtocol, type UDPTransport } from "@groupcast/reactor";
import { expect, test } from "vitest";
import { Stage, turn } from "./stage.js";

const TO = { address: "192.0.2.1", port: 80 };

test("post() returns a receipt that waits until the burst has left", async () => {
  const { port, socket, events } = new Stage().listen();
  port.write("1", TO);
  const receipt = port.post("2", TO);
  expect(receipt.outcome).toBe("waiting");
  await turn();
  expect(receipt.outcome).toBe("taken");
  expect(socket.texts).toEqual(["1", "2"]);
  expect(socket.burstSizes).toEqual([2]);
  expect(events).toEqual([]);
});

test("post() shows the refusal of its own datagram, which is counted and is no event", async () => {
  const { port, socket, events } = new Stage().listen();
  socket.sendOutcomes.push(1, ERRNO.EACCES);
  const receipts = [port.post("1", TO), port.post("2", TO), port.post("3", TO)];
  await turn();
  expect(receipts.map(({ outcome }) => outcome)).toMatchObject(["taken", { code: "ERR_SEND", errnoName: "EACCES" }, "taken"]);
  expect(port.statistics()).toMatchObject({ sent: 2, sendFailed: 1 });
  expect(events).toEqual([]);
});

test("settled() of a receipt tells the fate before and after it is known, with one promise", async () => {
  const { port, socket } = new Stage().listen();
  socket.sendOutcomes.push(1, ERRNO.EPERM, 1, ERRNO.EPERM);
  const receipts = ["1", "2", "3", "4"].map((text) => port.post(text, TO));
  const early = receipts.slice(0, 2).map((receipt) => receipt.settled());
  expect(receipts[0]!.settled()).toBe(early[0]);
  const known = Promise.allSettled(early);
  await turn();
  const settled = await Promise.allSettled([...early, receipts[2]!.settled(), receipts[3]!.settled()]);
  expect(settled.slice(0, 2)).toEqual(await known);
  expect(settled).toMatchObject([
    { status: "fulfilled" },
    { status: "rejected", reason: { errnoName: "EPERM" } },
    { status: "fulfilled" },
    { status: "rejected", reason: { errnoName: "EPERM" } },
  ]);
});

test("a refused receipt that nobody waits for is no unhandled rejection", async () => {
  const { port, socket } = new Stage().listen();
  const unhandled: unknown[] = [];
  const note = (error: unknown): unknown => unhandled.push(error);
  process.on("unhandledRejection", note);
  socket.sendOutcomes.push(ERRNO.EPERM);
  expect(port.post("x", TO).outcome).toBe("waiting");
  await turn();
  await turn();
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

test("post() into a port that stops shows ERR_CLOSED when the network takes nothing", async () => {
  const { port, socket } = new Stage().listen();
  socket.sendOutcomes.push(ERRNO.EAGAIN, ERRNO.EAGAIN);
  const receipt = port.post("x", TO);
  port.stopNow();
  expect(receipt.outcome).toMatchObject({ code: "ERR_CLOSED" });
  expect(port.statistics()).toMatchObject({ dropped: 1 });
});

test("flush() sends what was written before it returns, once", async () => {
  const { port, socket } = new Stage().listen();
  port.write("1", TO);
  const receipt = port.post("2", TO);
  port.flush();
  expect(socket.texts).toEqual(["1", "2"]);
  expect(receipt.outcome).toBe("taken");
  await turn();
  expect(socket.texts).toEqual(["1", "2"]);
});

test("cork() holds a burst back over turns until uncork(), which sends it at once", async () => {
  const { port, socket } = new Stage().listen();
  port.cork();
  port.write("1", TO);
  await turn();
  port.write("2", TO);
  await turn();
  expect(socket.sent).toEqual([]);
  port.uncork();
  expect(socket.texts).toEqual(["1", "2"]);
  expect(socket.burstSizes).toEqual([2]);
  port.write("3", TO);
  await turn();
  expect(socket.texts).toEqual(["1", "2", "3"]);
});

test("cork() lets a full burst leave, and flush() what it holds back", async () => {
  const { port, socket } = new Stage().listen();
  port.cork();
  for (let i = 0; i < 65; i++) port.write("x", TO);
  await turn();
  expect(socket.burstSizes).toEqual([64]);
  port.flush();
  expect(socket.burstSizes).toEqual([64, 1]);
});

test("cork() holds back only what is written from then on, and a second one changes nothing", async () => {
  const { port, socket } = new Stage().listen();
  port.write("before", TO);
  port.cork();
  port.write("1", TO);
  port.cork();
  port.write("2", TO);
  await turn();
  expect(socket.texts).toEqual(["before"]);
  port.uncork();
  expect(socket.texts).toEqual(["before", "1", "2"]);
});

test("a corked port whose network takes datagrams again sends those that waited, and keeps what it holds back", async () => {
  const { port, socket, events } = new Stage().listen();
  socket.sendOutcomes.push(ERRNO.EAGAIN);
  port.write("waited", TO);
  const drained = port.drained();
  port.cork();
  port.write("held", TO);
  socket.becomeWritable();
  await drained;
  expect(socket.texts).toEqual(["waited"]);
  expect(port.statistics()).toMatchObject({ sent: 1, queued: 1 });
  await port.drained();
  expect(socket.texts).toEqual(["waited", "held"]);
  port.write("still corked", TO);
  await turn();
  expect(socket.texts).toEqual(["waited", "held"]);
  expect(events).toEqual([]);
});

test("a corked port that has refused a datagram emits drain when only what it holds back is left", async () => {
  const { port, socket, events } = new Stage().listen();
  socket.sendOutcomes.push(ERRNO.EAGAIN);
  port.write("first", TO);
  port.cork();
  while (port.write("x", TO));
  socket.becomeWritable();
  await turn();
  expect(events.map(([event]) => event).sort()).toEqual(["drain", "dropped"]);
  expect(socket.texts).toHaveLength(1 + 15 * 64); // full bursts
  expect(port.statistics()).toMatchObject({ queued: 63, dropped: 1 });
  port.uncork();
  expect(socket.texts).toHaveLength(1024);
});

/** Another port of the same reactor. */
function another({ reactor, backend }: Stage) {
  return { port: reactor.listenUDP(0, {}), socket: backend.last };
}

test("a corked port leaves its memory to the sixteenth other port of its reactor that sends", async () => {
  const stage = new Stage();
  const { port, socket } = another(stage);
  port.cork();
  port.write("held", TO);
  for (let i = 0; i < 15; i++) another(stage).port.write("x", TO);
  expect(socket.texts).toEqual([]);
  another(stage).port.write("x", TO);
  expect(socket.texts).toEqual(["held"]);
});

test.each(["write", "post", "send", "writeSequence"] as const)("%s() refuses bytes whose memory was transferred", async (method) => {
  const { port, socket } = new Stage().listen();
  const memory = new ArrayBuffer(8);
  const gone = Buffer.from(memory);
  structuredClone(memory, { transfer: [memory] });
  const call = async (): Promise<unknown> => (method === "writeSequence" ? port.writeSequence([gone], TO) : port[method](gone, TO));
  const argument = method === "writeSequence" ? "parts[0]" : "data";
  await expect(call()).rejects.toMatchObject({ code: "ERR_ARGUMENT_TYPE", operation: method, argument });
  expect(port.write(Buffer.alloc(0), TO)).toBe(true); // as long, but there
  await turn();
  expect(socket.texts).toEqual([""]);
  expect(port.statistics()).toMatchObject({ sent: 1, sentBytes: 0, queued: 0, dropped: 0, sendFailed: 0 });
});

/** A stage whose clock transfers the memory of what is being written to somebody else, while the burst before it is paced. */
class Robbed extends Stage {
  readonly #clock: { robs: Uint8Array | undefined };

  constructor() {
    const clock = new ManualClock();
    const robbing = {
      robs: undefined as Uint8Array | undefined,
      nowMs() {
        const memory = this.robs?.buffer as ArrayBuffer | undefined;
        this.robs = undefined;
        if (memory !== undefined) structuredClone(memory, { transfer: [memory] });
        return clock.nowMs();
      },
      schedule: clock.schedule.bind(clock),
      hold: clock.hold.bind(clock),
    };
    super({}, { clock: robbing });
    this.#clock = robbing;
  }

  rob(port: UDPTransport): void {
    port.setMaxBytesPerSecond(1e9);
    for (let i = 0; i < 64; i++) port.write("a burst", TO);
    this.#clock.robs = Buffer.from(new ArrayBuffer(8));
    expect(() => port.write(this.#clock.robs!, TO)).toThrow(TypeError);
  }
}

test("a payload whose copy throws keeps no memory: a corked port still leaves its own to others", async () => {
  const stage = new Robbed();
  const { port: robbed, socket } = another(stage);
  for (let i = 0; i < 40; i++) {
    stage.rob(robbed);
    stage.rob(robbed);
    await turn();
  }
  await expectMemoryLeft(stage);
  robbed.write("taken", TO);
  await turn();
  expect(socket.texts.at(-1)).toBe("taken");
  expect(robbed.statistics()).toMatchObject({ queued: 0, dropped: 0 });
});

test("a corked port that does not start after a payload whose copy threw keeps no memory", async () => {
  const stage = new Robbed();
  class Failing extends DatagramProtocol {
    override startProtocol(): void {
      this.transport.cork();
      stage.rob(this.transport);
      throw new Error("no start");
    }
  }
  for (let i = 0; i < 40; i++) expect(() => stage.reactor.listenUDP(0, new Failing())).toThrow("no start");
  await turn();
  await expectMemoryLeft(stage);
});

/** The port that has held memory longest leaves it to the sixteenth other that needs some, if none of them is lost. */
async function expectMemoryLeft(stage: Stage): Promise<void> {
  const { port, socket } = another(stage);
  port.cork();
  port.write("held", TO);
  for (let i = 0; i < 16; i++) another(stage).port.write("x", TO);
  expect(socket.texts).toEqual(["held"]);
  await turn();
}

test("stopListening() sends what cork() holds back", async () => {
  const { port, socket } = new Stage().listen();
  port.cork();
  port.write("x", TO);
  await port.stopListening();
  expect(socket.texts).toEqual(["x"]);
});

test("stopNow() sends, and closes the socket before it returns; stopProtocol() and closed follow once, from the loop", async () => {
  const { port, protocol, socket, events } = new Stage().listen();
  port.write("x", TO);
  port.stopNow();
  expect(socket.texts).toEqual(["x"]);
  expect(socket.isClosed).toBe(true);
  expect(protocol.calls).toEqual(["startProtocol"]);
  expect(events).toEqual([]);
  port.stopNow();
  await port.stopListening();
  expect(protocol.calls).toEqual(["startProtocol", "stopProtocol"]);
  expect(events).toEqual([["closed"]]);
  expect(port.ref().unref().getHost().port).toBe(9999);
});

test("stopNow() while stopListening() waits for the network ends the wait, and counts what did not leave", async () => {
  const stage = new Stage();
  const { port, socket, events } = stage.listen();
  socket.sendOutcomes.push(ERRNO.EAGAIN);
  port.write("x", TO);
  const stopped = port.stopListening();
  await turn();
  expect(socket.isClosed).toBe(false);
  port.stopNow();
  expect(socket.isClosed).toBe(true);
  await stopped;
  expect(port.statistics()).toMatchObject({ sent: 0, dropped: 1 });
  expect(events).toEqual([["closed"]]);
  expect(stage.clock.pendingCalls).toBe(0);
});

test("stopNow() in the middle of a batch delivers no more", () => {
  const { port, protocol, socket } = new Stage().listen();
  protocol.onReceived = () => port.stopNow();
  socket.deliver("1", "2");
  expect(protocol.texts).toEqual(["1"]);
  expect(port.statistics()).toMatchObject({ received: 1, discarded: 1 });
});

test("statistics().queuedBytes is the payload of the datagrams that wait, in the burst and behind it", async () => {
  const { port, socket } = new Stage().listen();
  socket.sendOutcomes.push(ERRNO.EAGAIN);
  port.write("12345", TO);
  expect(port.statistics()).toMatchObject({ queued: 1, queuedBytes: 5 });
  await turn();
  port.write("678", TO);
  expect(port.statistics()).toMatchObject({ queued: 2, queuedBytes: 8 });
  socket.becomeWritable();
  expect(port.statistics()).toMatchObject({ queued: 0, queuedBytes: 0, sentBytes: 8 });
});
