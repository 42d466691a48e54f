import { DgramBackend } from "@groupcast/backend-dgram";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { type ListenReport, listenForDatagrams, main } from "@groupcast/cli";
import { Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { listenTargets } from "../../../packages/cli/src/listening/listen-target.js";
import { FakeHost, run, settle } from "../../support/cli/fake-host.js";

/** Runs `groupcast listen` on a host of a network on which `talk` then sends. Ctrl-C when that is done. */
async function listen(
  words: readonly string[],
  talk: (network: MemoryNetwork) => Promise<void>,
): Promise<{ code: number; host: FakeHost }> {
  const network = new MemoryNetwork({ epochMs: Date.UTC(2026, 0, 2, 3, 4, 5) });
  const host = new FakeHost({ on: [network, "a"] });
  const ended = main(["listen", ...words], host);
  await network.clock.advance(1);
  await talk(network);
  await network.clock.advance(100);
  host.interrupt();
  return { code: await settle(network.clock, ended), host };
}

async function send(network: MemoryNetwork, words: readonly string[], from = "b"): Promise<void> {
  await settle(network.clock, main(["send", ...words], new FakeHost({ on: [network, from] })), 1);
}

test("listen prints time, sender, destination, interface, TTL, length and text of each datagram", async () => {
  const { code, host } = await listen(["239.1.2.3:5000"], (network) => send(network, ["239.1.2.3:5000", "hello"]));
  expect(code).toBe(0);
  expect(host.stdout.text).toMatch(
    /^\d\d:04:05\.\d{6} eth0 10\.0\.0\.2:\d+ → 239\.1\.2\.3:5000 ttl 1 5 bytes {2}"hello"\n1 datagram \(5 bytes\) in 0\.1 s\n/,
  );
  expect(host.stderr.text).toMatch(/^listening for 239\.1\.2\.3:5000 on (lo, eth0|eth0, lo)\n$/);
});

test("listen --json prints a record for each datagram and one for the end", async () => {
  const { host } = await listen(["239.1.2.3:5000", "--json"], (network) => send(network, ["239.1.2.3:5000", '{"a":1}']));
  const [datagram, listened] = host.records;
  expect(datagram).toEqual({
    type: "datagram",
    timeNs: expect.stringMatching(/^17673230450\d{8}$/),
    from: expect.stringMatching(/^10\.0\.0\.2:\d+$/),
    to: "239.1.2.3:5000",
    interface: "eth0",
    ttl: 1,
    lengthBytes: 7,
    json: { a: 1 },
  });
  expect(listened).toMatchObject({ type: "listened", received: 1, receivedBytes: 7, kernelDrops: 0, lost: 0, streams: [] });
});

test("listen escapes what a sender has put into a payload and into a name", async () => {
  const { host } = await listen(["239.1.2.3:5000", "--as", "text"], (network) => send(network, ["239.1.2.3:5000", "\x1b[2J\u202e"]));
  expect(host.stdout.text).toContain('"\\x1b[2J\\u202e"');
});

test("listen escapes what a sender has put into the name of a channel, in lines and in the summary", async () => {
  const { host } = await listen(["239.1.2.3:5000"], (network) => send(network, ["239.1.2.3:5000", "PULI\x05a\x1b[2J\0\0\0\0"]));
  expect(host.stdout.text).not.toContain("\x1b");
  expect(host.stdout.text).toContain('channel "a\\x1b[2J", message 0, 0 bytes\n');
  expect(host.stdout.text).toMatch(/^channel a\\x1b\[2J from 10\.0\.0\.2 port \d+: 1 datagram, none lost$/m);
});

test("listen names the port alone where the backend does not see destinations", async () => {
  const reactor = new Reactor({ backend: new DgramBackend() });
  const host = new FakeHost();
  const ended = main(["listen", "27816", "--count", "1", "--json"], Object.assign(host, { makeReactor: () => reactor }));
  const sender = main(["send", "127.0.0.1:27816", "x"], new FakeHost());
  expect(await Promise.all([ended, sender])).toEqual([0, 0]);
  expect(host.records[0]).toEqual({
    type: "datagram",
    from: expect.stringMatching(/^127\.0\.0\.1:/),
    to: "port 27816",
    lengthBytes: 1,
    text: "x",
  });
});

test("listen --as hex prints a dump", async () => {
  const { host } = await listen(["239.1.2.3:5000", "--as", "hex"], (network) => send(network, ["239.1.2.3:5000", "hello"]));
  expect(host.stdout.text).toContain("\n    0000  68 65 6c 6c 6f ");
});

test("listen decodes numbered datagrams and counts none lost of a whole stream", async () => {
  const { host } = await listen(["239.1.2.3:5000"], (network) => send(network, ["239.1.2.3:5000", "--count", "10"]));
  expect(host.stdout.text).toMatch(/groupcast send: stream [0-9a-f]{8}, number 9\n/);
  expect(host.stdout.text).toMatch(/^test [0-9a-f]{8}: 10 datagrams, none lost$/m);
});

test("listen counts what a lossy link takes from each stream", async () => {
  const { host } = await listen(["239.1.2.3:5000", "--quiet", "--json"], async (network) => {
    network.host("b").setLink("eth0", { loss: 0.3 });
    await send(network, ["239.1.2.3:5000", "--count", "500", "--rate", "1000"]);
    network.host("b").setLink("eth0", { duplicate: 1 });
    await send(network, ["239.1.2.3:5000", "--count", "10", "--rate", "1000"]);
  });
  const [{ received, streams }] = host.records as unknown as [ListenReport];
  expect(streams).toHaveLength(2);
  expect(streams[0]!.lost).toBeGreaterThan(100);
  expect(streams[0]!.lost).toBeLessThan(200);
  expect(streams[1]).toMatchObject({ received: 20, lost: 0, duplicates: 10 });
  expect(received).toBe(streams[0]!.received + 20);
});

test("listen --quiet prints the summary only, and its progress on a terminal only", async () => {
  const network = new MemoryNetwork();
  const host = new FakeHost({ on: [network, "a"], columns: 60 });
  const ended = main(["listen", "239.1.2.3:5000", "--quiet"], host);
  await send(network, ["239.1.2.3:5000", "--rate", "100", "--duration", "2s"]);
  host.interrupt();
  await settle(network.clock, ended);
  expect(host.stdout.text).toMatch(/^200 datagrams/);
  expect(host.stderr.text).toMatch(/\[2K\d+ datagrams, (99|1\d\d)\/s/);
});

test("listen --count ends after as many datagrams, in the middle of a batch", async () => {
  const network = new MemoryNetwork();
  const host = new FakeHost({ on: [network, "a"] });
  const ended = main(["listen", "239.1.2.3:5000", "--count", "3"], host);
  await send(network, ["239.1.2.3:5000", "n {n}", "--count", "10"]);
  expect(await settle(network.clock, ended)).toBe(0);
  expect(host.stdout.text.match(/"n \d"/g)).toEqual(['"n 0"', '"n 1"', '"n 2"']);
});

test("listen --duration ends by itself, with 1 when nothing arrived", async () => {
  const network = new MemoryNetwork();
  const host = new FakeHost({ on: [network, "a"] });
  const ended = main(["listen", "239.1.2.3:5000", "--duration", "2s"], host);
  await network.clock.advance(1999);
  expect(host.stdout.text).toBe("");
  expect(await settle(network.clock, ended)).toBe(1);
  expect(host.stdout.text).toBe("nothing arrived in 2.0 s\n");
});

test("listen --source lets one sender in", async () => {
  const { host } = await listen(["239.1.2.3:5000", "--source", "10.0.0.3"], async (network) => {
    network.host("b");
    await send(network, ["239.1.2.3:5000", "other"], "b");
    await send(network, ["239.1.2.3:5000", "wanted"], "c");
  });
  expect(host.stdout.text).toContain('"wanted"');
  expect(host.stdout.text).not.toContain('"other"');
});

test("listen -i joins on that interface alone", async () => {
  const { host } = await listen(["239.1.2.3:5000", "-i", "eth0"], (network) => send(network, ["239.1.2.3:5000", "x"]));
  expect(host.stderr.text).toBe("listening for 239.1.2.3:5000 on eth0\n");
  expect(host.stdout.text).toContain('"x"');
});

test("listen PORT gets unicast, broadcast and IPv6 of this host", async () => {
  const { host } = await listen(["5000"], async (network) => {
    await send(network, ["10.0.0.1:5000", "unicast"]);
    await send(network, ["10.0.0.255:5000", "broadcast"]);
    await send(network, ["[fd00::1]:5000", "six"]);
  });
  expect(host.stdout.text).toMatch(/"unicast"[\s\S]*"broadcast"[\s\S]*"six"/);
});

test("listen leaves unicast to the program that has the port", async () => {
  const network = new MemoryNetwork();
  const texts: string[] = [];
  const program = new Reactor({ backend: network.host("a"), clock: network.clock });
  program.listenMulticast(
    5000,
    { datagramReceived: (data) => void texts.push(data.toString()) },
    { listenMultiple: true, group: "239.1.2.3" },
  );
  const host = new FakeHost({ on: [network, "a"] });
  const ended = main(["listen", "239.1.2.3:5000"], host);
  await send(network, ["10.0.0.1:5000", "mine"]);
  await send(network, ["239.1.2.3:5000", "ours"]);
  host.interrupt();
  await settle(network.clock, ended);
  expect(texts).toEqual(["mine", "ours"]);
  expect(host.stdout.text).toContain('"ours"');
  expect(host.stdout.text).not.toContain('"mine"');
});

test("listenForDatagrams() counts a delay that the clock makes negative as the shortest", async () => {
  const network = new MemoryNetwork({ epochMs: 1_795_000_000_000 });
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  const listening = listenForDatagrams(reactor, { targets: [{ address: "239.1.2.3", port: 5000 }], count: 1, nowNs: () => 0n });
  await send(network, ["239.1.2.3:5000", "x"]);
  expect((await listening).delay).toEqual({ p50Us: 1, p99Us: 1, maxUs: 1 });
});

test("listenForDatagrams() measures from the first datagram to the last, and since it began to listen", async () => {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  const listening = listenForDatagrams(reactor, { targets: [{ address: "239.1.2.3", port: 5000 }], durationMs: 5000 });
  await network.clock.advance(1000);
  await send(network, ["239.1.2.3:5000", "x", "--count", "3", "--rate", "10"]);
  expect(await settle(network.clock, listening)).toMatchObject({ received: 3, durationMs: 200, listenedMs: 5000 });
});

test("listenForDatagrams() counts 4,096 streams apart, and those after them together", async () => {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  const listening = listenForDatagrams(reactor, { targets: [{ address: "239.1.2.3", port: 5000 }], count: 4099 });
  const sender = new Reactor({ backend: network.host("b"), clock: network.clock }).listenMulticast(0, { datagramReceived: () => {} });
  for (let n = 0; n < 4098; n++) {
    sender.write(`groupcast/1 ${n.toString(16).padStart(8, "0")} 7 1\n`, { address: "239.1.2.3", port: 5000 });
    if (n % 64 === 0) await network.clock.advance(1);
  }
  sender.write("no number", { address: "239.1.2.3", port: 5000 });
  const { streams, streamsLeftOut, lost } = await settle(network.clock, listening);
  expect({ streams: streams.length, streamsLeftOut, lost }).toEqual({ streams: 4096, streamsLeftOut: 2, lost: 0 });
});

test("listenForDatagrams() tells streams of one name apart by their senders, where formats leave that to them", async () => {
  const { host } = await listen(["239.1.2.3:5000", "--quiet", "--json"], async (network) => {
    for (const [name, sequence] of [
      ["b", "\0"],
      ["c", "\x05"],
      ["b", "\x01"],
      ["c", "\x06"],
    ] as const)
      await send(network, ["239.1.2.3:5000", `PULI\x01x\0\0\0${sequence}`], name);
  });
  const [{ streams }] = host.records as unknown as [ListenReport];
  expect(streams).toHaveLength(4); // each run of send has a port of its own
  expect(streams[0]).toMatchObject({ format: "channel", stream: expect.stringMatching(/^x from 10\.0\.0\.2 port \d+$/), received: 1 });
});

test.each([
  [["239.1.2.3:5000"], [{ address: "239.1.2.3", port: 5000 }]],
  [["5000"], [{ port: 5000 }]],
  [["239.1.2.3", "5000"], [{ address: "239.1.2.3", port: 5000 }]],
  [
    ["239.1.2.3", "239.1.2.4:6000", "5000"],
    [
      { address: "239.1.2.3", port: 5000 },
      { address: "239.1.2.4", port: 6000 },
    ],
  ],
  [
    ["239.1.2.3:5000", "6000"],
    [{ address: "239.1.2.3", port: 5000 }, { port: 6000 }],
  ],
  [["239.1.2.3:5000", "239.1.2.3:5000"], [{ address: "239.1.2.3", port: 5000 }]],
])("listenTargets(%j) are %j", (words, targets) => {
  expect(listenTargets(words)).toEqual(targets);
});

test.each([
  [["239.1.2.3"], "239.1.2.3 needs a port: type 239.1.2.3:5000"],
  [["ff02::fb:5353"], "ff02::fb:5353 needs a port: type [ff02::fb]:5353"],
  [["ff02::fb"], "ff02::fb needs a port: type [ff02::fb]:5000"],
  [["ff02::fb:0000"], "ff02::fb:0000 needs a port: type [ff02::fb:0000]:5000"],
  [["70000"], 'PORT "70000": a whole number from 1 to 65535'],
  [["5000", "--source", "10.0.0.1"], "--source is for groups, and port 5000 is not a group"],
  [["239.1.2.3:5000", "-i", "eht0"], "there are lo, eth0"],
  [["239.1.2.3:5000", "--as", "hxe"], 'did you mean "hex"?'],
  [["239.1.2.3:5000", "--overwrite"], "--overwrite is for --pcap"],
  [[], "GROUP[:PORT]|PORT is missing"],
])("listen %j is refused at once: %s", async (words, message) => {
  const { code, err } = await run(["listen", ...words], { on: [new MemoryNetwork(), "a"] });
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test("listenForDatagrams() rejects with what onDatagram throws, and closes its ports", async () => {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  const listening = listenForDatagrams(reactor, {
    targets: [{ address: "239.1.2.3", port: 5000 }],
    onDatagram() {
      throw new Error("enough");
    },
  });
  const refused = expect(listening).rejects.toThrow("enough");
  await send(network, ["239.1.2.3:5000", "x"]);
  await refused;
  expect(reactor.ports).toEqual([]);
});

test("listenForDatagrams() closes the ports before one that cannot be opened", async () => {
  const network = new MemoryNetwork();
  const reactor = new Reactor({ backend: network.host("a"), clock: network.clock });
  const targets = [
    { address: "239.1.2.3", port: 5000 },
    { address: "10.0.0.9", port: 5000 },
  ];
  await expect(listenForDatagrams(reactor, { targets })).rejects.toMatchObject({ code: "ERR_LISTEN", errnoName: "EADDRNOTAVAIL" });
  expect(reactor.ports).toEqual([]);
});

test("listenForDatagrams() counts kernel drops on this machine and the time since the kernel had the first datagram", async () => {
  const reactor = new Reactor();
  onTestFinished(() => reactor.stop());
  const end = new AbortController();
  const port = 27_812;
  const listening = listenForDatagrams(reactor, {
    targets: [{ address: "127.0.0.1", port }],
    receiveBufferBytes: 4096,
    signal: end.signal,
    onDatagram: ({ data }) => data.toString() === "last" && end.abort(),
  });
  const sender = reactor.listenUDP(0, { datagramReceived: () => {} });
  const to = { address: "127.0.0.1", port };
  for (let n = 0; n < 2000; n++) sender.write(Buffer.alloc(100 + (n % 50)), to); // lengths differ, so that they are not merged
  await sender.drained();
  await reactor.deferLater(0);
  while (!end.signal.aborted) {
    sender.write("last", to);
    await reactor.deferLater(1);
  }
  const { received, kernelDrops, delay } = await listening;
  expect(kernelDrops).toBeGreaterThan(0);
  expect(received).toBeGreaterThan(0);
  expect(delay!.maxUs).toBeGreaterThanOrEqual(delay!.p50Us);
});
