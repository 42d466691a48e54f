// Programs that write down what happens and when, run on node:dgram and on ours: the logs are the same, line by line.
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { setImmediate as endOfTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { bindLoopback, LOOPBACK, MODULES, portOf } from "./modules.js";

type Dgram = (typeof MODULES)[number][1];
type Log = (line: string) => void;

const DISCARD = 9;

/** Programs, and a line that proves that they got as far as they should. */
const PROGRAMS: Readonly<Record<string, readonly [program: (dgram: Dgram, log: Log) => Promise<void>, line: string]>> = {
  "binding, closing, and the ticks and promises beside them": [
    async (dgram, log) => {
      const socket = dgram.createSocket("udp4");
      socket.on("listening", () => log("listening"));
      socket.on("close", () => log("close"));
      socket.bind(0, LOOPBACK, () => log("bind callback"));
      process.nextTick(() => log("tick after bind"));
      queueMicrotask(() => log("promise after bind"));
      setImmediate(() => log("immediate"));
      await once(socket, "listening");
      await endOfTurn();
      socket.close(() => log("close callback"));
      process.nextTick(() => log("tick after close"));
      queueMicrotask(() => log("promise after close"));
      await endOfTurn();
    },
    "close callback",
  ],
  "send callbacks among ticks, to an address": [
    async (dgram, log) => {
      const socket = dgram.createSocket("udp4");
      await bindLoopback(socket);
      const sent = new Promise<void>((resolve) => {
        socket.send("1", DISCARD, LOOPBACK, (error, bytes) => log(`first sent ${error} ${bytes}`));
        process.nextTick(() => {
          log("tick");
          process.nextTick(() => log("tick of tick"));
        });
        socket.send(["22", Buffer.from("3")], DISCARD, LOOPBACK, (error, bytes) => {
          log(`second sent ${error} ${bytes}`);
          resolve();
        });
        process.nextTick(() => log("last tick"));
        queueMicrotask(() => log("promise"));
      });
      await sent;
      socket.close();
    },
    "second sent null 3",
  ],
  "connecting, sending to the peer, disconnecting": [
    async (dgram, log) => {
      const server = dgram.createSocket("udp4", (message) => log(`received ${message}`));
      const port = await bindLoopback(server);
      const client = dgram.createSocket("udp4");
      client.on("connect", () => log("connect"));
      client.connect(port, LOOPBACK, () => log("connect callback"));
      process.nextTick(() => log("tick after connect"));
      await once(client, "connect");
      log(JSON.stringify(client.remoteAddress().address));
      const sent = new Promise<void>((resolve) => {
        client.send("to the peer", (error, bytes) => {
          log(`sent ${error} ${bytes}`);
          resolve();
        });
      });
      process.nextTick(() => log("tick after send"));
      await Promise.all([sent, once(server, "message")]);
      client.disconnect();
      client.send("to an address", port, LOOPBACK);
      await once(server, "message");
      server.close();
      client.close();
    },
    "received to an address",
  ],
  "messages, with the ticks and promises of each before the next": [
    async (dgram, log) => {
      const socket = dgram.createSocket("udp4");
      const port = await bindLoopback(socket);
      socket.on("message", async (message) => {
        log(`message ${message}`);
        process.nextTick(() => log(`tick of ${message}`));
        await undefined;
        await undefined;
        log(`promise of ${message}`);
      });
      for (const text of ["1", "2", "3"]) socket.send(text, port, LOOPBACK);
      while ((await once(socket, "message"))[0].toString() !== "3");
      await endOfTurn();
      socket.close();
    },
    "promise of 3",
  ],
  "a loop that awaits each message misses none": [
    async (dgram, log) => {
      const socket = dgram.createSocket("udp4");
      const port = await bindLoopback(socket);
      for (let i = 0; i < 20; i++) socket.send(`${i}`, port, LOOPBACK);
      for (let i = 0; i < 20; i++) log(String((await once(socket, "message"))[0]));
      socket.close();
    },
    "19",
  ],
  "calls before binding wait for it, in order": [
    async (dgram, log) => {
      const server = dgram.createSocket("udp4");
      const port = await bindLoopback(server);
      const client = dgram.createSocket("udp4");
      client.send("first", port, LOOPBACK, (error) => log(`first sent ${error}`));
      client.connect(port, LOOPBACK, () => log("connected"));
      client.send("second", port, LOOPBACK, (error) => log(`second sent ${(error as NodeJS.ErrnoException | null)?.code}`));
      client.on("listening", () => log("listening"));
      await once(client, "connect");
      await endOfTurn();
      client.close(() => log("closed"));
      await once(client, "close");
      server.close();
    },
    "second sent EISCONN",
  ],
  "close() of a socket that is being bound waits for that, and comes after what was sent": [
    async (dgram, log) => {
      const client = dgram.createSocket("udp4");
      client.on("close", () => log("close"));
      client.send("x", DISCARD, LOOPBACK, () => log("sent"));
      client.close(() => log("close callback"));
      log(portOf.name);
      await once(client, "close");
      await endOfTurn();
    },
    "close callback",
  ],
  "contexts of AsyncLocalStorage": [
    async (dgram, log) => {
      const storage = new AsyncLocalStorage<string>();
      const note = (what: string): void => log(`${what} in ${storage.getStore()}`);
      const socket = storage.run("creation", () => dgram.createSocket("udp4"));
      socket.on("message", (message) => {
        note(`message ${message}`);
        storage.enterWith("message before");
        process.nextTick(() => note("tick of a message"));
      });
      socket.on("listening", () => note("listening"));
      socket.on("connect", () => note("connect"));
      socket.on("close", () => note("close"));
      storage.run("bind", () => socket.bind(0, LOOPBACK, () => note("bind callback")));
      await once(socket, "listening");
      const port = portOf(socket);
      for (const text of ["1", "2"]) socket.send(text, port, LOOPBACK);
      await new Promise<void>((resolve) => {
        storage.run("send", () =>
          socket.send("3", port, LOOPBACK, () => {
            note("send callback");
            resolve();
          }),
        );
      });
      while ((await once(socket, "message"))[0].toString() !== "3");
      await endOfTurn();
      storage.run("connect", () => socket.connect(port, LOOPBACK, () => note("connect callback")));
      await once(socket, "connect");
      storage.run("close", () => socket.close());
      await endOfTurn();
    },
    "message 1 in creation",
  ],
};

test.each(Object.entries(PROGRAMS))("%s: the same as on node:dgram", async (_, [program, line]) => {
  const logs = [];
  for (const [, module] of MODULES) {
    const lines: string[] = [];
    await program(module, (text) => lines.push(text));
    logs.push(lines);
  }
  expect(logs[1]).toEqual(logs[0]);
  expect(logs[1]).toContain(line);
});
