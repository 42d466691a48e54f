import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { main } from "@groupcast/cli";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { decodeTestDatagram } from "../../../packages/cli/src/payload/test-datagram.js";
import { FakeHost, run, settle } from "../../support/cli/fake-host.js";
import { type Kept, listenOn } from "../../support/cli/listener.js";

interface Sending {
  readonly code: number;
  readonly kept: readonly Kept[];
  readonly host: FakeHost;
}

/** Sends on a network in memory, to a member of 239.1.2.3:5000 that has the address 10.0.0.1. */
async function send(words: readonly string[], input?: string | Buffer): Promise<Sending> {
  const network = new MemoryNetwork();
  const { kept } = listenOn(network, "b", "239.1.2.3");
  const host = new FakeHost({ on: [network, "a"] });
  if (input !== undefined) host.stdin.end(input);
  const code = await settle(network.clock, main(["send", ...words, "--json"], host));
  return { code, kept, host };
}

function fileOf(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "groupcast-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "file");
  writeFileSync(path, content);
  return path;
}

test("send transmits one numbered datagram of 200 bytes to a group by default", async () => {
  const { code, kept, host } = await send(["239.1.2.3:5000"]);
  expect(code).toBe(0);
  expect(kept).toHaveLength(1);
  expect(decodeTestDatagram(Buffer.from(kept[0]!.text))).toMatchObject({ number: 0, stream: expect.stringMatching(/^[0-9a-f]{8}$/) });
  expect(kept[0]!.text).toHaveLength(200);
  expect(kept[0]!.arrival.ttl).toBe(1);
  expect(host.records).toEqual([
    { type: "sent", to: "239.1.2.3:5000", sent: 1, sentBytes: 200, failed: 0, refused: 0, failures: {}, durationMs: expect.any(Number) },
  ]);
});

test("send --rate 50 --count 5 spaces datagrams by 20 ms", async () => {
  const { kept } = await send(["239.1.2.3:5000", "value {n}", "--rate", "50", "--count", "5"]);
  const [first] = kept;
  expect(kept.map(({ text, atMs }) => [text, Math.round(atMs - first!.atMs)])).toEqual([
    ["value 0", 0],
    ["value 1", 20],
    ["value 2", 40],
    ["value 3", 60],
    ["value 4", 80],
  ]);
});

test("send --rate 20k sends 20,000 a second in bursts of a millisecond", async () => {
  const { kept, host } = await send(["239.1.2.3:5000", "x", "--rate", "20k", "--count", "2001"]);
  expect(kept).toHaveLength(2001);
  expect(kept.at(-1)!.atMs - kept[0]!.atMs).toBeCloseTo(100, -1);
  expect(host.records[0]).toMatchObject({ sent: 2001 });
});

test("send --duration 2s --rate 10 ends after two seconds", async () => {
  const { kept } = await send(["239.1.2.3:5000", "x", "--rate", "10", "--duration", "2s"]);
  expect(kept).toHaveLength(20);
});

test("send --duration ends a slow rate in the middle of its pause", async () => {
  const { kept, host } = await send(["239.1.2.3:5000", "x", "--rate", "0.1", "--duration", "2s"]);
  expect(kept).toHaveLength(1);
  expect(host.records[0]!.durationMs).toBeLessThan(2100);
});

test("send --file cuts a file in pieces of --size", async () => {
  const { kept } = await send(["239.1.2.3:5000", "--file", fileOf("abcdefgh"), "--size", "3"]);
  expect(kept.map(({ text }) => text)).toEqual(["abc", "def", "gh"]);
});

test("send --file sends an empty file as one empty datagram", async () => {
  const { kept } = await send(["239.1.2.3:5000", "--file", fileOf("")]);
  expect(kept.map(({ text }) => text)).toEqual([""]);
});

test("send --stdin sends bytes as they are, whatever their encoding", async () => {
  const { host } = await send(["239.1.2.3:5000", "--stdin"], Buffer.from([0xff, 0x00, 0x80, 0x0a, 0xc3]));
  expect(host.records).toEqual([expect.objectContaining({ sent: 2, sentBytes: 4 })]);
});

test("send --stdin refuses input without ends of lines, after the lines before", async () => {
  const { code, kept, host } = await send(["239.1.2.3:5000", "--stdin"], `one\n${"x".repeat(70_000)}`);
  expect({ code, kept: kept.map(({ text }) => text) }).toEqual({ code: 3, kept: ["one"] });
  expect(host.stderr.text).toBe("groupcast send: a line of standard input has more than 65527 bytes: split it\n");
});

test("send --stdin sends each line of standard input without its end", async () => {
  const { kept } = await send(["239.1.2.3:5000", "--stdin"], "one\ntwo\r\n\nfour");
  expect(kept.map(({ text }) => text)).toEqual(["one", "two", "", "four"]);
});

test("send reports that nobody listens on a host, and ends with 1", async () => {
  const network = new MemoryNetwork();
  network.host("b");
  const host = new FakeHost({ on: [network, "a"] });
  const code = await settle(network.clock, main(["send", "10.0.0.1:9", "x"], host));
  expect({ code, out: host.stdout.text }).toEqual({
    code: 1,
    out: expect.stringContaining("1 answer that nobody listens on 10.0.0.1:9"),
  });
});

test("send --ttl and --no-loopback reach the socket", async () => {
  const network = new MemoryNetwork();
  const own = listenOn(network, "a", "239.1.2.3");
  const other = listenOn(network, "b", "239.1.2.3");
  const host = new FakeHost({ on: [network, "a"] });
  await settle(network.clock, main(["send", "239.1.2.3:5000", "x", "--ttl", "7", "--no-loopback"], host));
  await settle(network.clock, main(["send", "239.1.2.3:5000", "fence"], host));
  expect(other.kept.map(({ text, arrival }) => [text, arrival.ttl])).toEqual([
    ["x", 7],
    ["fence", 1],
  ]);
  expect(own.kept.map(({ text }) => text)).toEqual(["fence"]);
});

test.each([
  [["239.1.2.3:5000", "-i", "nope"], '--interface "nope": there is no such interface; there are lo, eth0'],
  [["239.1.2.3:5000", "x", "--file", "y"], "exclude each other"],
  [["239.1.2.3:5000", "x", "--stdin"], "exclude each other"],
  [["239.1.2.3:5000", "x", "--size", "100"], "--size is for numbered datagrams"],
  [["239.1.2.3:5000", "--size", "63"], "a numbered datagram has 64 bytes or more"],
  [["239.1.2.3:5000", "--size", "65508"], "--size is from 1 to 65507 bytes"],
  [["239.1.2.3:5000", "--stdin", "--duration", "1s"], "--duration does not end standard input"],
  [["10.0.0.1:5000", "-i", "eth0"], "--interface is for groups"],
  [["10.0.0.1:5000", "--no-loopback"], "--no-loopback is for groups"],
])("send %j is refused at once: %s", async (words, message) => {
  const { code, out, err } = await run(["send", ...words], { on: [new MemoryNetwork(), "a"] });
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(message);
});

test.each(["eth0", "10.0.0.1", "2"])("send -i %s names an interface by name, address or index", async (word) => {
  const network = new MemoryNetwork();
  const host = new FakeHost({ on: [network, "a"] });
  expect(await settle(network.clock, main(["send", "239.1.2.3:5000", "x", "-i", word], host))).toBe(0);
});

test("send delivers on the loopback of this machine", async () => {
  const reactor = new Reactor();
  onTestFinished(() => reactor.stop());
  const texts: string[] = [];
  const done = new Promise<void>((resolve) => {
    const port = reactor.listenUDP(
      0,
      { datagramReceived: (data) => void (texts.push(data.toString()) === 3 && resolve()) },
      { interface: "127.0.0.1" },
    );
    void main(["send", `127.0.0.1:${port.getHost().port}`, "text {n}", "--count", "3"], new FakeHost());
  });
  await done;
  expect(texts).toEqual(["text 0", "text 1", "text 2"]);
});
