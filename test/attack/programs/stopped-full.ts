// Fills the send buffer of a port, waits, corks, and stops it in the middle. Argument: the backend. Runs in a network namespace whose
// loopback interface is slowed down.
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { SILENT } from "../support/silent.js";
import { until } from "../support/until.js";

const SMALL_BUFFER_BYTES = 4_608; // the kernel's minimum: SOCK_MIN_SNDBUF
const SHORTEST_BYTES = 100;
const FENCE = 0xffff_ffff;
const EACH = 300; // datagrams written at once: more than the buffer holds, and fewer than the port keeps waiting
const LOOPBACK = { interface: "127.0.0.1" } as const;

/** Keeps the numbers of what arrives. */
class Reader extends DatagramProtocol {
  readonly numbers: number[] = [];
  hasEnded = false;

  override datagramReceived(data: Buffer): void {
    const number = data.readUInt32BE();
    if (number === FENCE) this.hasEnded = true;
    else this.numbers.push(number);
  }
}

await attackProcess(async () => {
  const reactor = new Reactor({ backend: chooseBackend(process.argv[2]), logger: SILENT });
  const reader = new Reader();
  const to = reactor.listenUDP(0, reader, { ...LOOPBACK, receiveBufferBytes: 4_000_000 }).getHost();
  const sender = reactor.listenUDP(0, {}, { ...LOOPBACK, sendBufferBytes: SMALL_BUFFER_BYTES });
  let written = 0;
  const write = (count: number): void => {
    for (let i = 0; i < count; i++) sender.write(datagram(written++), to);
  };

  write(EACH);
  sender.flush();
  const hasWaited = sender.statistics().queued > 0;
  await sender.drained();
  const isOnOrder = sender.statistics().sent === EACH && sender.statistics().queued === 0;

  write(EACH);
  const drained = sender.drained();
  sender.cork();
  write(1);
  await drained;
  await until("the backlog to leave", () => sender.statistics().queued <= 1);
  const heldWhileCorked = sender.statistics().queued;

  write(EACH);
  const rejected: unknown[] = [];
  sender.drained().catch(({ code }) => rejected.push(code));
  const { port } = sender.getHost();
  sender.stopNow();
  const isFreeAtOnce = isFree(reactor, port);
  const { sent, dropped, sendFailed, queued } = sender.statistics();
  await until("the number is free", () => isFree(reactor, port));
  const fence = reactor.connectUDP(to.address, to.port, {});
  while (!reader.hasEnded) {
    fence.write(datagram(FENCE)); // again, as it may be refused like any other
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await reactor.stop();
  const counts = { uncounted: written - sent - dropped - sendFailed - queued, missing: sent - reader.numbers.length };
  return { hasWaited, isOnOrder, heldWhileCorked, rejected, hasDropped: dropped > 0, isFreeAtOnce, ...counts };
});

/** Whether a port of this number can be opened. */
function isFree(reactor: Reactor, port: number): boolean {
  try {
    reactor.listenUDP(port, {}, LOOPBACK).stopNow();
    return true;
  } catch {
    return false;
  }
}

/** Each is longer than the one before, so that they leave one by one: tbf_segment() of net/sched/sch_tbf.c drops parts of runs. */
function datagram(number: number): Buffer {
  const data = Buffer.alloc(SHORTEST_BYTES + (number % 1000));
  data.writeUInt32BE(number);
  return data;
}
