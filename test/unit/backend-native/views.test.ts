import type { DatagramBatch } from "@groupcast/backend";
import { expect, test } from "vitest";
import { NativeSockets, needAddonAnd, sendTo } from "../../support/native-sockets.js";

needAddonAnd();

function textsOf(batch: DatagramBatch): string[] {
  return Array.from({ length: batch.length }, (_, index) => batch.view(index).toString());
}

test.each([0, 1])(
  "view() shows each datagram of each batch, whatever lay in its place before, with receiveOffload %i",
  async (receiveOffload) => {
    using sockets = new NativeSockets();
    const { socket, seen, local } = sockets.listen("127.0.0.1", { receiveOffload });
    const viewed: string[] = [];
    seen.onReceived = (batch) => viewed.push(...textsOf(batch));
    const sent = Array.from({ length: 300 }, (_, index) => `${index}`.repeat(1 + (index % 5)));
    for (let at = 0; at < sent.length; at += 20) {
      sendTo(socket, local, ...sent.slice(at, at + 20));
      await seen.arrivals(Math.min(at + 20, sent.length));
    }
    expect(viewed).toEqual(sent);
  },
);

test("view() of a datagram twice in a batch is the same bytes", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const pairs: string[][] = [];
  seen.onReceived = (batch) => pairs.push([batch.view(0).toString(), batch.view(0).toString()]);
  sendTo(socket, local, "bytes");
  await seen.arrivals(1);
  expect(pairs).toEqual([["bytes", "bytes"]]);
});

test("view() shows the datagrams that come after somebody has detached the memory of the ones before", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const viewed: string[] = [];
  seen.onReceived = (batch) => {
    viewed.push(...textsOf(batch));
    const memory = batch.view(0).buffer as ArrayBuffer;
    structuredClone(memory, { transfer: [memory] });
  };
  for (const [index, text] of ["first", "again", "third"].entries()) {
    sendTo(socket, local, text);
    await seen.arrivals(index + 1);
  }
  expect(viewed).toEqual(["first", "again", "third"]);
});
