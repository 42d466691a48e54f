import type { DatagramBatch } from "@groupcast/backend";
import { expect, test } from "vitest";
import { Notes, Stage, turn } from "./stage.js";

test("pauseReading() stops the socket, and resumeReading() starts it from the loop", async () => {
  const { port, socket } = new Stage().listen();
  port.pauseReading();
  expect(socket.readLimits).toBeUndefined();
  port.resumeReading();
  expect(socket.readLimits).toBeUndefined();
  await turn();
  expect(socket.readLimits).toBeDefined();
});

test("pauseReading() in the middle of a batch keeps the rest, which comes first and in order after resumeReading()", async () => {
  const { port, protocol, socket } = new Stage().listen();
  protocol.onReceived = () => {
    if (protocol.received.length === 1) port.pauseReading();
  };
  socket.deliver("1", "2", "3");
  expect(protocol.texts).toEqual(["1"]);
  port.resumeReading();
  expect(protocol.texts).toEqual(["1"]);
  await turn();
  socket.deliver("4");
  expect(protocol.texts).toEqual(["1", "2", "3", "4"]);
  expect(port.statistics()).toMatchObject({ received: 4, discarded: 0 });
});

test("the rest of a batch that a paused port has kept is a batch, and empty after its call", async () => {
  const { port, protocol, socket } = new Stage().listen();
  const kept: DatagramBatch[] = [];
  const texts: string[] = [];
  protocol.onReceived = () => {
    port.pauseReading();
    protocol.datagramsReceived = (batch) => {
      kept.push(batch);
      for (let i = 0; i < batch.length; i++) texts.push(batch.view(i).toString());
    };
  };
  socket.deliver("1", "2", "3");
  port.resumeReading();
  await turn();
  expect(texts).toEqual(["2", "3"]);
  expect(kept.map(({ length }) => length)).toEqual([0]);
});

test("pauseReading() at every datagram lets one through at a time, none lost and none twice", async () => {
  const { port, protocol, socket } = new Stage().listen();
  protocol.onReceived = () => port.pauseReading();
  socket.deliver("1", "2", "3");
  for (const seen of [["1"], ["1", "2"], ["1", "2", "3"]]) {
    expect(protocol.texts).toEqual(seen);
    expect(socket.readLimits).toBeUndefined();
    port.resumeReading();
    await turn();
  }
  expect(socket.readLimits).toBeDefined();
});

test("pauseReading() and resumeReading() in one datagramReceived() deliver the rest from the loop", async () => {
  const { port, protocol, socket } = new Stage().listen();
  protocol.onReceived = ({ data }) => {
    if (data.toString() !== "1") return;
    port.pauseReading();
    port.resumeReading();
  };
  socket.deliver("1", "2");
  expect(protocol.texts).toEqual(["1"]);
  await turn();
  expect(protocol.texts).toEqual(["1", "2"]);
});

test("pauseReading() right after resumeReading() leaves the port paused", async () => {
  const { port, protocol, socket } = new Stage().listen();
  protocol.onReceived = () => port.pauseReading();
  socket.deliver("1", "2");
  port.resumeReading();
  port.pauseReading();
  await turn();
  expect(protocol.texts).toEqual(["1"]);
  expect(socket.readLimits).toBeUndefined();
});

test("resumeReading() again and again in one turn resumes once", async () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.pauseReading();
  stage.backend.calls.length = 0;
  port.resumeReading();
  port.resumeReading();
  port.pauseReading();
  port.resumeReading();
  await turn();
  expect(stage.backend.calls.filter((call) => call === "startReading")).toHaveLength(1);
});

test("resumeReading() of a port that is not paused does nothing", async () => {
  const stage = new Stage();
  const { port } = stage.listen();
  stage.backend.calls.length = 0;
  port.resumeReading();
  await turn();
  expect(stage.backend.calls).toEqual([]);
});

test("pauseReading() in startProtocol() holds from the first datagram on", () => {
  const { reactor, backend } = new Stage();
  const protocol = new Notes();
  protocol.onStart = () => protocol.transport.pauseReading();
  reactor.listenUDP(0, protocol);
  expect(backend.last.readLimits).toBeUndefined();
});

test("stopListening() of a paused port counts what was kept as discarded", async () => {
  const { port, protocol, socket } = new Stage().listen();
  protocol.onReceived = () => port.pauseReading();
  socket.deliver("1", "2", "3");
  await port.stopListening();
  expect(protocol.texts).toEqual(["1"]);
  expect(port.statistics()).toMatchObject({ received: 1, discarded: 2 });
});

test("stopListening() between resumeReading() and the loop delivers nothing more", async () => {
  const { port, protocol, socket } = new Stage().listen();
  protocol.onReceived = () => port.pauseReading();
  socket.deliver("1", "2");
  port.resumeReading();
  await port.stopListening();
  expect(protocol.texts).toEqual(["1"]);
  expect(port.statistics().discarded).toBe(1);
});
