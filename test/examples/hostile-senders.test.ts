// The examples that strangers send to, with a stranger who means harm.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { beforeEach, describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { ask, tell } from "../support/plain-exchange.js";
import { skipUnless } from "../support/probe.js";
import { play, portOf } from "./played.js";

const HOST = "127.0.0.1";
const CLEAR_SCREEN = "\u001b[2J";

describe.each(BACKENDS)("on %s", { concurrent: true }, (backend) => {
  beforeEach((context) => skipUnless(context, canLoad(backend)));

  test("33-syslog-sink shows no control characters, in whichever part of a message", async () => {
    await using sink = play("33-syslog-sink", backend);
    const port = await portOf(sink);
    const parts = [`<34>1 - - ${CLEAR_SCREEN} - - - text`, `<34>Oct 11 22:14:15 host ${CLEAR_SCREEN}: text`, "<34>1 - - last - - - text"];
    await tell(port, parts.map(Buffer.from));
    await sink.line(/last/);
    expect((await sink.stop("SIGINT")).stdout).not.toContain("\u001b");
  });

  test("34-statsd-sink refuses names with control characters, long names, and rates of 0", async () => {
    await using sink = play("34-statsd-sink", backend);
    const lines = [`${CLEAR_SCREEN}:1|c`, `${"n".repeat(201)}:1|c`, "door:0|c|@.0", `door:${"9".repeat(400)}|c`, "door:2|c|@.5"];
    await tell(await portOf(sink), [Buffer.from(lines.join("\n"))]);
    await sink.line(/^refused 4$/);
    const { stdout } = await sink.stop("SIGINT");
    expect(stdout).toMatch(/^listening on port \d+\ndoor 4\nrefused 4\n$/);
  });

  test("35-coap-server answers no answers, so that two servers cannot be set on each other", async () => {
    await using server = play("35-coap-server", backend);
    const port = await portOf(server);
    const notFound = Buffer.from([0x50, 0x84, 0x12, 0x34]); // a 4.04 that wants no acknowledgement
    const time = Buffer.from([0x51, 0x01, 0x12, 0x35, 0x77, 0xb4, ...Buffer.from("time")]); // GET /time, with the token 77
    const socket = createSocket("udp4");
    try {
      const answered = once(socket, "message", { signal: AbortSignal.timeout(5000) });
      socket.send(notFound, port, HOST);
      socket.send(time, port, HOST);
      const [answer] = (await answered) as [Buffer];
      expect([answer[1], answer[4]]).toEqual([0x45, 0x77]); // 2.05, to the second one
    } finally {
      socket.close();
    }
    expect((await ask(HOST, port, time)).readUInt8(1)).toBe(0x45);
    expect((await server.stop("SIGINT")).stdout.match(/0\.01|4\.04/g)).toEqual(["0.01", "0.01"]);
  });

  test("36-tftp-download shows what a server refuses with as one line of JSON", async () => {
    const server = createSocket("udp4").bind(0, HOST);
    try {
      await once(server, "listening");
      server.on("message", (_, { port }) => server.send(Buffer.from(`\0\u0005\0\u0001no\n${CLEAR_SCREEN}\0`), port, HOST));
      await using client = play("36-tftp-download", backend, "boot.img", HOST, server.address().port);
      const { exitCode, stderr } = await client.ended;
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`${HOST} refuses: "no\\n\\u001b[2J"`);
    } finally {
      server.close();
    }
  });
});
