import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { Backlog } from "../../../packages/reactor/src/sending/backlog.js";
import { type Listening, Stage, turn } from "./stage.js";

const TO = { address: "192.0.2.1", port: 80 };
const MAX_DATAGRAMS = 1024;
const MAX_BYTES = 4 * 1024 * 1024;

/** A port whose socket takes nothing more, with `first` waiting. */
async function blocked(first: readonly string[] = ["first"]): Promise<Listening> {
  const listening = new Stage().listen();
  listening.socket.sendOutcomes.push(ERRNO.EAGAIN);
  for (const text of first) listening.port.write(text, TO);
  await turn();
  return listening;
}

test("drain() gives back the bytes of what has left, however many times it takes", () => {
  const backlog = new Backlog();
  const to = [undefined, undefined, undefined];
  backlog.add({ bytes: Buffer.alloc(30), offsets: Int32Array.of(0, 10, 20, 30), to, via: to }, 0, 3);
  for (let left = 1; left <= 2; left++) backlog.drain((_, from) => from + 1);
  expect(backlog.length).toBe(1);
  expect([backlog.admits(1, MAX_BYTES - 10), backlog.admits(1, MAX_BYTES - 9)]).toEqual([true, false]);
});

test("EAGAIN keeps what was not taken, and writable() sends it in order, what came later behind it", async () => {
  const { port, socket } = await blocked(["1", "2"]);
  expect(port.write("3", TO)).toBe(true);
  await turn();
  expect(socket.sent).toEqual([]);
  expect(port.statistics()).toMatchObject({ queued: 3, sent: 0, dropped: 0 });
  socket.becomeWritable();
  expect(socket.texts).toEqual(["1", "2", "3"]);
  expect(port.statistics()).toMatchObject({ queued: 0, sent: 3, sentBytes: 3 });
});

test("EAGAIN in the middle of a burst keeps the rest only", async () => {
  const { port, socket } = new Stage().listen();
  socket.sendOutcomes.push(2, ERRNO.EAGAIN);
  for (const text of ["1", "2", "3", "4"]) port.write(text, TO);
  await turn();
  expect(socket.texts).toEqual(["1", "2"]);
  expect(port.statistics()).toMatchObject({ queued: 2, sent: 2 });
  socket.becomeWritable();
  expect(socket.texts).toEqual(["1", "2", "3", "4"]);
});

test("EAGAIN again after writable() waits for the next one, in order", async () => {
  const { socket } = await blocked(["1", "2", "3"]);
  socket.sendOutcomes.push(1, ERRNO.EAGAIN);
  socket.becomeWritable();
  expect(socket.texts).toEqual(["1"]);
  socket.becomeWritable();
  expect(socket.texts).toEqual(["1", "2", "3"]);
});

test("the backlog keeps the destination and the origin of each datagram", async () => {
  const { port, socket } = await blocked();
  port.write("second", { address: "192.0.2.2", port: 81 }, { interface: "eth0" });
  socket.becomeWritable();
  expect(socket.sent).toMatchObject([
    { to: TO, via: undefined },
    { to: { address: "192.0.2.2", port: 81 }, via: { interfaceIndex: 2 } },
  ]);
});

test("write() returns false for a datagram beyond 1,024 that wait, counts it, and tells dropped from the loop", async () => {
  const { port, socket, events } = await blocked();
  for (let i = 1; i < MAX_DATAGRAMS; i++) expect(port.write("x", TO)).toBe(true);
  expect(port.write("too many", TO)).toBe(false);
  expect(events).toEqual([]);
  expect(port.statistics()).toMatchObject({ queued: MAX_DATAGRAMS, dropped: 1 });
  await turn();
  expect(events).toEqual([["dropped", { to: expect.objectContaining(TO), lengthBytes: 8 }]]);
  socket.becomeWritable();
  expect(socket.sent).toHaveLength(MAX_DATAGRAMS);
  expect(socket.texts).not.toContain("too many");
});

test("write() returns false for a datagram beyond 4 MiB that wait", async () => {
  const { port } = await blocked([""]);
  const large = Buffer.alloc(65_507);
  let waitingBytes = 0;
  while (waitingBytes + large.length <= MAX_BYTES) {
    expect(port.write(large, TO)).toBe(true);
    waitingBytes += large.length;
  }
  expect(port.write(large, TO)).toBe(false);
  expect(port.write(Buffer.alloc(MAX_BYTES - waitingBytes), TO)).toBe(true);
  expect(port.write("x", TO)).toBe(false);
  expect(port.statistics().dropped).toBe(2);
});

test("drain is told once the backlog that had refused a datagram is empty, and write() takes again", async () => {
  const { port, socket, events } = await blocked();
  while (port.write("x", TO));
  await turn();
  events.length = 0;
  socket.sendOutcomes.push(1, ERRNO.EAGAIN);
  socket.becomeWritable();
  expect(events).toEqual([]);
  socket.becomeWritable();
  expect(events).toEqual([["drain"]]);
  expect(port.write("again", TO)).toBe(true);
  await turn();
  expect(socket.texts.at(-1)).toBe("again");
});

test("drain is not told when nothing was refused", async () => {
  const { socket, events } = await blocked();
  socket.becomeWritable();
  await turn();
  expect(events).toEqual([]);
});

test("write() inside a drain listener is sent", async () => {
  const { port, socket } = await blocked();
  while (port.write("x", TO));
  port.on("drain", () => port.write("from drain", TO));
  socket.becomeWritable();
  await turn();
  expect(socket.texts.at(-1)).toBe("from drain");
});

test("a failure in the backlog is told, and the rest is sent", async () => {
  const { port, socket, events } = await blocked(["1", "2", "3"]);
  socket.sendOutcomes.push(1, ERRNO.EHOSTUNREACH);
  socket.becomeWritable();
  await turn();
  expect(socket.texts).toEqual(["1", "3"]);
  expect(events).toMatchObject([["sendFailed", { error: { errnoName: "EHOSTUNREACH" } }]]);
  expect(port.statistics()).toMatchObject({ sent: 2, sendFailed: 1, queued: 0 });
});

test("the backlog leaves in bursts, however it was written", async () => {
  const { port, socket } = await blocked(["0"]);
  const expected = Array.from({ length: 300 }, (_, number) => String(number));
  for (const text of expected.slice(1)) {
    port.write(text, TO);
    if (Number(text) % 3 === 0) await turn(); // a burst of three each
  }
  await turn();
  socket.becomeWritable();
  expect(socket.texts).toEqual(expected);
  expect(socket.burstSizes.length).toBeLessThanOrEqual(Math.ceil(300 / 60));
  expect(port.statistics()).toMatchObject({ sent: 300, queued: 0 });
});

test("each datagram of a burst that was arranged for several peers waits with its own destination and origin", async () => {
  const { port, socket } = new Stage().listen();
  const peers = [1, 2, 3].map((n) => ({ address: `192.0.2.${n}`, port: n }));
  const interfaces = ["lo", "eth0"];
  socket.sendOutcomes.push(2, ERRNO.EAGAIN);
  const written = Array.from({ length: 12 }, (_, number) => ({
    text: String(number),
    to: peers[number % 3]!,
    via: interfaces[number % 2]!,
  }));
  for (const { text, to, via } of written) port.write(text, to, { interface: via });
  await turn();
  expect(socket.sent).toHaveLength(2);
  socket.sendOutcomes.push(3, ERRNO.EAGAIN, 1);
  socket.becomeWritable();
  socket.becomeWritable();
  expect([...socket.texts].sort()).toEqual(written.map(({ text }) => text).sort());
  for (const { text, to, via } of socket.sent) {
    const { to: meant, via: by } = written[Number(text)]!;
    expect({ text, to, via: via?.interfaceIndex }).toEqual({ text, to: expect.objectContaining(meant), via: interfaces.indexOf(by) + 1 });
  }
  for (const peer of peers) {
    const own = socket.sent.filter(({ to }) => to?.port === peer.port).map(({ text }) => Number(text));
    expect(own).toEqual([...own].sort((a, b) => a - b));
  }
});

test("a full burst that the network does not take is not overtaken by the next one", async () => {
  const { port, socket } = new Stage().listen();
  const texts = Array.from({ length: 130 }, (_, number) => String(number));
  socket.sendOutcomes.push(10, ERRNO.EAGAIN);
  for (const text of texts) expect(port.write(text, TO)).toBe(true);
  expect(socket.texts).toEqual(texts.slice(0, 10)); // the first 64 went to the network inside the 65th write
  await turn();
  expect(socket.texts).toEqual(texts.slice(0, 10));
  socket.becomeWritable();
  expect(socket.texts).toEqual(texts);
});

test("the bounds hold for what waits now, not for all that has ever waited", async () => {
  const { port, socket } = await blocked();
  const large = Buffer.alloc(60_000);
  for (let round = 0; round < 5; round++) {
    let taken = 0;
    while (port.write(large, TO)) taken++;
    expect(taken).toBeGreaterThanOrEqual(68); // 4 MiB hold 69 of them
    socket.becomeWritable();
    expect(port.statistics().queued).toBe(0);
    socket.sendOutcomes.push(ERRNO.EAGAIN);
    port.write("first", TO);
    await turn();
  }
});

test("disconnect() leaves what waits for the peer to go there", async () => {
  const { port, socket } = new Stage().listen();
  port.connect(TO.address, TO.port);
  socket.sendOutcomes.push(ERRNO.EAGAIN);
  port.write("to the peer");
  port.disconnect();
  port.write("elsewhere", { address: "192.0.2.2", port: 81 });
  await turn();
  socket.becomeWritable();
  expect(socket.sent).toMatchObject([
    { text: "to the peer", to: TO },
    { text: "elsewhere", to: { address: "192.0.2.2", port: 81 } },
  ]);
});

test("stopListening() waits for the backlog, and counts what is left of it as dropped", async () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  socket.sendOutcomes.push(1, ERRNO.EAGAIN);
  for (const text of ["1", "2", "3"]) port.write(text, TO);
  const stopped = port.stopListening();
  socket.sendOutcomes.push(1, ERRNO.EAGAIN);
  socket.becomeWritable();
  await turn();
  await Promise.all([stopped, stage.clock.advance(1000)]);
  expect(socket.texts).toEqual(["1", "2"]);
  expect(port.statistics()).toMatchObject({ sent: 2, dropped: 1, queued: 0 });
});

test.each(["schedule", "cancel"])("stopListening() closes the port, and reports it, when the clock throws in %s()", async (method) => {
  const stage = new Stage();
  const { port, socket, events } = stage.listen();
  const error = new Error("clock");
  const { schedule } = stage.clock;
  stage.clock.schedule = (delayMs, fn) => {
    if (method === "schedule") throw error;
    return Object.assign(schedule.call(stage.clock, delayMs, fn), {
      cancel() {
        throw error;
      },
    });
  };
  socket.sendOutcomes.push(ERRNO.EAGAIN);
  port.write("waits", TO);
  const stopped = port.stopListening();
  await turn();
  if (method === "cancel") socket.becomeWritable();
  await stopped;
  expect(stage.backend.openSockets).toEqual([]);
  expect(events).toEqual([["error", error], ["closed"]]);
  expect(port.statistics()).toMatchObject(method === "cancel" ? { sent: 1, dropped: 0 } : { sent: 0, dropped: 1 });
});
