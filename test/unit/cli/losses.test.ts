// Every loss is reported: what was sent is what has arrived and what is said to be lost.
import { join } from "node:path";
import { type ListenReport, listenForDatagrams, recordDatagrams } from "@groupcast/cli";
import { type MulticastPort, Reactor } from "groupcast";
import { expect, onTestFinished, test } from "vitest";
import { readAll, temporaryFolder } from "../../support/cli/capture-bytes.js";
import { hasNativeAddon } from "../../support/native-sockets.js";
import { skipUnless } from "../../support/probe.js";

const BURST = 3000;
const SMALL_BUFFER_BYTES = 4096;
const TO = { address: "239.77.9.2", port: 27_818 };
const TARGETS = [TO];

/** Sends more at once than the buffer holds, while nothing can be read: the loop does not turn before all are with the kernel. */
function burst(sender: MulticastPort, count: number): void {
  for (let n = 0; n < count; n++) sender.write("of one length, so that the kernel could merge them", TO);
}

interface Overflow {
  readonly sent: number;
  readonly report: ListenReport & { readonly drops?: number };
}

/** Lets the buffer overflow twice. */
async function overflow(listen: (reactor: Reactor, signal: AbortSignal) => Promise<Overflow["report"]>): Promise<Overflow> {
  const reactor = new Reactor();
  onTestFinished(() => reactor.stop());
  const end = new AbortController();
  const listening = listen(reactor, end.signal);
  const sender = reactor.listenMulticast(0, { datagramReceived: () => {} }, { outgoingInterface: "lo" });
  for (const _ of [1, 2]) {
    burst(sender, BURST);
    await sender.drained();
    await reactor.deferLater(20); // whatever has room is read
  }
  expect(sender.statistics().sent).toBe(2 * BURST);
  end.abort();
  return { sent: 2 * BURST, report: await listening };
}

const SETTINGS = { targets: TARGETS, interface: "lo", receiveBufferBytes: SMALL_BUFFER_BYTES } as const;

test("listenForDatagrams() reports every datagram of a burst as received or as lost", async (context) => {
  await skipUnless(context, hasNativeAddon);
  const { sent, report } = await overflow((reactor, signal) => listenForDatagrams(reactor, { ...SETTINGS, signal }));
  expect(report.kernelDrops).toBeGreaterThan(0);
  expect(report.received).toBeGreaterThan(0);
  expect(report.received + report.kernelDrops).toBe(sent);
});

test("recordDatagrams() writes every datagram of a burst, or counts it as lost in the file", async (context) => {
  await skipUnless(context, hasNativeAddon);
  const path = join(temporaryFolder(), "burst.pcapng");
  const { sent, report } = await overflow((reactor, signal) => recordDatagrams(reactor, path, { ...SETTINGS, signal }));
  const { datagrams } = await readAll(path);
  expect(datagrams).toHaveLength(report.received);
  expect(report.drops).toBeGreaterThan(0);
  expect(datagrams.length + report.drops!).toBe(sent);
});
