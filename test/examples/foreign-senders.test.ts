// The examples that others send to, each with a foreign program as the sender.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Sender } from "sacn";
import { beforeEach, describe, expect, test } from "vitest";
import { hasStatsd, resultOf, startPython } from "../interop/peers.js";
import { BACKENDS, canLoad } from "../support/backends.js";
import { runCommand } from "../support/lab/command.js";
import { ask, tell } from "../support/plain-exchange.js";
import { hasCommand, hasGStreamer, hasMulticastLoopback, skipUnless } from "../support/probe.js";
import { unusedPort } from "../support/unused-port.js";
import { play, portOf, wellEnded, withPlaceholders } from "./played.js";

const HOST = "127.0.0.1";

describe.each(BACKENDS)("on %s", { concurrent: true }, (backend) => {
  beforeEach((context) => skipUnless(context, canLoad(backend)));

  test("33-syslog-sink takes what logger sends by RFC 5424 and by RFC 3164", async (context) => {
    await skipUnless(context, hasCommand("logger", "bsdutils"));
    await using sink = play("33-syslog-sink", backend);
    const port = await portOf(sink);
    const to = ["--udp", "--server", HOST, "--port", String(port), "--tag", "door", "--priority"];
    await runCommand("logger", [...to, "auth.warning", "someone knocks"]);
    await sink.line(/auth/);
    await runCommand("logger", ["--rfc3164", ...to, "local3.err", "someone\tknocks \u001b[31magain"]);
    await sink.line(/local3/);
    expect(await sink.stop("SIGINT")).toEqual(wellEnded("33-syslog-sink", port));
  });

  test("34-statsd-sink adds up what Python's statsd sends, and begins again", async (context) => {
    await skipUnless(context, hasStatsd);
    await using sink = play("34-statsd-sink", backend);
    const port = await portOf(sink);
    for (const name of ["door", "gate"]) {
      await resultOf(startPython("statsd_client.py", HOST, port, name));
      await sink.line(new RegExp(`^${name}.*maximum`));
    }
    expect(await sink.stop("SIGINT")).toEqual(wellEnded("34-statsd-sink", port));
  });

  test("35-coap-server answers libcoap's client", async (context) => {
    await skipUnless(context, hasCommand("coap-client-notls", "libcoap3-bin"));
    await using server = play("35-coap-server", backend);
    const port = await portOf(server);
    await tell(port, NOISE);
    const get = async (path: string, ...options: readonly string[]): Promise<string> =>
      (await runCommand("coap-client-notls", [...options, `coap://${HOST}:${port}/${path}`])).trim();
    expect(await get(".well-known/core")).toBe("</time>");
    expect(await get("time", "-N")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/); // a message that wants no acknowledgement
    await get("nothing");
    await get("time", "-m", "put");
    await get("time", "-O", "65,x"); // a critical option that nobody knows
    const confirmable = [0x40, 0x01, 0x12, 0x34, 0xb4, ...Buffer.from("time")];
    expect((await ask(HOST, port, Buffer.from(confirmable))).toString("hex", 0, 4)).toBe("60451234"); // acknowledgement, 2.05
    expect((await ask(HOST, port, Buffer.from([0x40, 0, 0x12, 0x34]))).toString("hex")).toBe("70001234"); // a ping, reset
    expect(await server.stop("SIGINT")).toEqual(wellEnded("35-coap-server", port));
  });

  test("37-iperf-server and iperf say the same of a flow", async (context) => {
    await skipUnless(context, hasCommand("iperf", "iperf"));
    await using server = play("37-iperf-server", backend);
    const port = await portOf(server);
    await tell(port, NOISE);
    const [, bandwidth, jitter, lost, sent] = (
      await runCommand("iperf", ["-u", "-c", HOST, "-p", String(port), "-b", "10m", "-n", "147000"])
    ).match(/Server Report[\s\S]* ([\d.]+) Mbits\/sec +([\d.]+) ms (\d+)\/(\d+)/)!;
    const [, ...told] = await server.line(/^([\d.]+) Mbit\/s, jitter ([\d.]+) ms, lost (\d+) of (\d+)$/);
    expect(Number(told[0])).toBeCloseTo(Number(bandwidth), 0);
    expect(Number(told[1])).toBeCloseTo(Number(jitter), 2);
    expect(told.slice(2)).toEqual([lost, sent]);
    expect(Number(sent)).toBeGreaterThanOrEqual(99); // and the last one, more than once
    const placeholders = { bandwidth: /[\d.]+(?= Mbit)/g, jitter: /[\d.]+(?= ms)/g, lost: /(?<=lost )\d+/g, sent: /(?<=of )\d+/g };
    expect(withPlaceholders(await server.stop("SIGINT"), placeholders)).toEqual(wellEnded("37-iperf-server", port));
  });

  test("37-iperf-server gives the same report again, when the client asks again", async () => {
    await using server = play("37-iperf-server", backend);
    const port = await portOf(server);
    const client = createSocket("udp4");
    try {
      client.connect(port, HOST);
      await once(client, "connect");
      const header = Buffer.alloc(16);
      header.writeInt32BE(-1);
      const reports: Buffer[] = [];
      for (let n = 0; n < 2; n += 1) {
        client.send(header);
        const [report] = (await once(client, "message")) as [Buffer];
        reports.push(report);
      }
      expect(reports[0]).toHaveLength(56);
      expect(reports[1]).toEqual(reports[0]);
    } finally {
      client.close();
    }
  });

  test("38-rtp-receiver counts what GStreamer sends, and what it left out", async (context) => {
    await skipUnless(context, hasGStreamer);
    await using receiver = play("38-rtp-receiver", backend);
    const port = await portOf(receiver);
    await tell(port, NOISE);
    await runCommand("gst-launch-1.0", [...AUDIO, "!", "udpsink", `host=${HOST}`, `port=${port}`]);
    await receiver.line(/lost 0/);
    const gaps = ["identity", "drop-probability=0.4", "!", "udpsink", "sync=false"];
    await runCommand("gst-launch-1.0", [...AUDIO, "!", ...gaps, `host=${HOST}`, `port=${port}`]);
    const [, received, lost] = await receiver.line(/received (\d+), lost ([1-9]\d*)/);
    expect(Number(received) + Number(lost)).toBeLessThanOrEqual(PACKETS); // less, when the first or the last were left out
    expect(Number(received)).toBeLessThan(PACKETS);
    const placeholders = { source: /(?<=source )[\da-f]+/g, jitter: /[\d.]+(?= ms)/g };
    const { stdout, ...ending } = withPlaceholders(await receiver.stop("SIGINT"), placeholders);
    const { stdout: expected, ...wellEnding } = wellEnded("38-rtp-receiver", port);
    expect(stdout.slice(0, expected.length)).toBe(expected);
    expect(ending).toEqual(wellEnding);
  });

  test("40-sacn-light obeys the desk with the highest priority, until it is silent", async (context) => {
    await skipUnless(context, hasMulticastLoopback);
    const port = await unusedPort();
    await using light = play("40-sacn-light", backend, 1, 2, HOST, port);
    await light.line(/^waiting/);
    await tell(port, NOISE);
    const senderOf = (cid: number, priority: number): Sender => {
      const defaultPacketOptions = { cid: Buffer.alloc(16, cid), priority, useRawDmxValues: true };
      return new Sender({ universe: 1, port, iface: HOST, reuseAddr: true, defaultPacketOptions });
    };
    const [desk, other, straggler] = [senderOf(1, 100), senderOf(2, 99), senderOf(1, 100)] as const;
    try {
      await desk.send({ payload: { 1: 9, 2: 255, 3: 128, 4: 0 } });
      await light.line(/^red 255/);
      await other.send({ payload: { 2: 1, 3: 1, 4: 1 } });
      await desk.send({ payload: { 2: 0, 3: 128, 4: 255 } });
      await light.line(/^red 0/);
      await straggler.send({ payload: { 2: 2, 3: 2, 4: 2 } }); // number 0 of the same desk, after number 1
      await light.line(/^dark/);
      expect(await light.stop("SIGINT")).toEqual(wellEnded("40-sacn-light"));
    } finally {
      for (const sender of [desk, other, straggler]) sender.close();
    }
  });
});

/** Nothing, and beginnings of something in each of the protocols. Whoever answers a foreign sender after it has survived it. */
const NOISE = ["", "@", "\x4f\x01\x00\x01", "\x40\x01\x00\x01\xd1", "\x80", "\0\x10\0\0ASC-E1.17\0\0\0"].map((text) =>
  Buffer.from(text, "latin1"),
);

const PACKETS = 25;
const AUDIO = [
  "--quiet audiotestsrc",
  `num-buffers=${PACKETS}`,
  "samplesperbuffer=160 ! audio/x-raw,rate=8000 ! mulawenc ! rtppcmupay seqnum-offset=65525",
].flatMap((part) => part.split(" "));
