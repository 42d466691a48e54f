import { socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { BurstArrangement } from "../../../packages/reactor/src/sending/burst-arrangement.js";
import { Stage, turn } from "./stage.js";

const A = { address: "192.0.2.1", port: 80 };
const B = { address: "192.0.2.2", port: 80 };

test("write() to peers in turn leaves as one run for each peer, in the order of each", async () => {
  const { port, socket } = new Stage().listen();
  for (const text of ["1", "2", "3"]) {
    port.write(`a${text}`, A);
    port.write(`b${text}`, B);
  }
  await turn();
  expect(socket.burstSizes).toEqual([6]);
  expect(socket.sent.map(({ text, to }) => `${to?.address} ${text}`)).toEqual([
    "192.0.2.1 a1",
    "192.0.2.1 a2",
    "192.0.2.1 a3",
    "192.0.2.2 b1",
    "192.0.2.2 b2",
    "192.0.2.2 b3",
  ]);
});

test("write() of a full burst to peers in turn keeps the bytes of the first datagram and of the last", async () => {
  const { port, socket } = new Stage().listen();
  const texts = Array.from({ length: 64 }, (_, index) => `datagram ${index}`);
  for (const [index, text] of texts.entries()) port.write(text, index % 2 === 0 ? A : B);
  await turn();
  expect(socket.burstSizes).toEqual([64]);
  const even = (_: string, index: number) => index % 2 === 0;
  expect(socket.texts).toEqual([...texts.filter(even), ...texts.filter((text, index) => !even(text, index))]);
});

test("write() to peers that come up once each leaves as it was written", async () => {
  const { port, socket } = new Stage().listen();
  const peers = Array.from({ length: 64 }, (_, index) => ({ address: "192.0.2.1", port: 64 - index }));
  for (const peer of peers) port.write("x", peer);
  await turn();
  expect(socket.sent.map(({ to }) => to?.port)).toEqual(peers.map((peer) => peer.port));
});

test("write() keeps the bytes of datagrams of all sizes when it puts peers side by side", async () => {
  const { port, socket } = new Stage().listen();
  const texts = Array.from({ length: 40 }, (_, index) => String(index).repeat(index * 13));
  for (const [index, text] of texts.entries()) port.write(text, index % 3 === 0 ? A : B);
  await turn();
  const isOf = (peer: typeof A) => (_: string, index: number) => (index % 3 === 0) === (peer === A);
  expect(socket.sent.filter(({ to }) => to?.address === A.address).map(({ text }) => text)).toEqual(texts.filter(isOf(A)));
  expect(socket.sent.filter(({ to }) => to?.address === B.address).map(({ text }) => text)).toEqual(texts.filter(isOf(B)));
});

test("write() keeps what the network does not take, when peers were put side by side", async () => {
  const { port, socket } = new Stage().listen();
  socket.sendOutcomes.push(3, ERRNO.EAGAIN);
  for (const text of ["1", "2"]) for (const peer of [A, B]) port.write(`${peer === A ? "a" : "b"}${text}`, peer);
  await turn();
  expect(port.statistics()).toMatchObject({ sent: 3, queued: 1 });
  socket.becomeWritable();
  expect(socket.texts).toEqual(["a1", "a2", "b1", "b2"]);
});

test("arrange() looks at no datagram behind the count: what an earlier burst left there stays where it is", () => {
  const [a, b] = [socketAddress("192.0.2.1", 80), socketAddress("192.0.2.2", 80)];
  const via = [undefined, undefined, undefined, undefined];
  const burst = { bytes: Buffer.from("1234"), offsets: Int32Array.of(0, 1, 2, 3, 4), to: [a, b, a, b], via };
  const arranged = new BurstArrangement(4, 100).arrange(burst, 3);
  expect(arranged.bytes.toString("latin1", 0, arranged.offsets[3])).toBe("132");
  expect(arranged.to).toEqual([a, a, b]);
  const peers = { ...burst, to: [a, b, socketAddress("192.0.2.3", 80), a] };
  expect(new BurstArrangement(4, 100).arrange(peers, 3)).toBe(peers);
});
