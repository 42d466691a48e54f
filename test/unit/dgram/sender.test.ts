// The send queue of node:dgram has no bounds, that of a port has: nothing may be lost in between, and each callback gets its own fate.
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { Sender } from "../../../packages/dgram/src/handle/sender.js";
import { Stage, turn } from "../reactor/stage.js";

const ADDRESS = "192.0.2.1";
const PORT = 80;
const ROOM = 1024;

/** A sender whose network takes nothing. */
function congested(isImmediate = false) {
  const { port, socket } = new Stage().listen();
  socket.sendOutcomes.push(...new Array<number>(200).fill(ERRNO.EAGAIN));
  return { port, socket, sender: new Sender(port, isImmediate) };
}

test("what the full queue refuses waits, and leaves in order once there is room", async () => {
  const { port, socket, sender } = congested();
  const texts = Array.from({ length: 2 * ROOM + 100 }, (_, i) => `${i}`);
  const sent: [string, number][] = [];
  for (const text of texts) {
    if (Number(text) % 2 === 0) sender.write(text, PORT, ADDRESS);
    else sender.post(text, PORT, ADDRESS)((errno) => sent.push([text, errno]));
    if (Number(text) % 64 === 0) await turn();
  }
  expect(sender.waitingCount).toBe(texts.length);
  expect(sender.waitingBytes).toBe(texts.join("").length);
  expect(port.statistics().queued).toBeLessThanOrEqual(ROOM + 64);
  socket.sendOutcomes.length = 0;
  for (let i = 0; i < 5; i++) {
    socket.becomeWritable();
    await turn();
  }
  expect(socket.texts).toEqual(texts);
  expect(sent).toEqual(texts.filter((_, i) => i % 2 === 1).map((text) => [text, 0]));
  expect([sender.waitingCount, sender.waitingBytes]).toEqual([0, 0]);
});

test("what was refused and cannot leave any more is reported as cancelled when the socket closes", async () => {
  const { port, sender } = congested();
  const fates: number[] = [];
  for (let i = 0; i < 2 * ROOM; i++) {
    const report = sender.post("x", PORT, ADDRESS);
    if (i % 64 === 0) await turn();
    report((errno) => fates.push(errno));
  }
  expect(fates).toEqual([]);
  port.stopNow();
  sender.close();
  await turn();
  expect(fates).toHaveLength(2 * ROOM);
  expect(new Set(fates)).toEqual(new Set([ERRNO.ECANCELED]));
});

test("a refusal of the network is the errno of its own datagram", async () => {
  const { port, socket } = new Stage().listen();
  const sender = new Sender(port, false);
  socket.sendOutcomes.push(1, ERRNO.EACCES);
  const fates: number[] = [];
  for (const report of ["1", "2", "3"].map((text) => sender.post(text, PORT, ADDRESS))) report((errno) => fates.push(errno));
  expect(fates).toEqual([0, ERRNO.EACCES, 0]);
});

test("what is sent between hold() and release() leaves together, and is reported after that", async () => {
  const { port, socket } = new Stage().listen();
  const sender = new Sender(port, false);
  const fates: number[] = [];
  sender.hold();
  sender.write("1", PORT, ADDRESS);
  await turn();
  sender.post("2", PORT, ADDRESS)((errno) => fates.push(errno));
  await turn();
  expect([socket.texts, fates]).toEqual([[], []]);
  sender.release();
  expect(socket.burstSizes).toEqual([2]);
  await turn();
  expect(fates).toEqual([0]);
});

test("an immediate sender sends before it returns, also between hold() and release()", () => {
  const { port, socket } = new Stage().listen();
  const sender = new Sender(port, true);
  sender.hold();
  sender.write("1", PORT, ADDRESS);
  expect(socket.texts).toEqual(["1"]);
  sender.post("2", PORT, ADDRESS);
  expect(socket.texts).toEqual(["1", "2"]);
  sender.release();
});

test("hold() of a port that stops meanwhile may be released", () => {
  const { port, socket } = new Stage().listen();
  const sender = new Sender(port, false);
  sender.hold();
  sender.write("1", PORT, ADDRESS);
  port.stopNow();
  sender.release();
  expect(socket.texts).toEqual(["1"]);
});
