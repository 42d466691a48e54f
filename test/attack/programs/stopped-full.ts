// Fills the send buffer of a port, waits, corks, and stops it in the middle. Argument: the backend. Runs in a network namespace whose
// loopback interface is slowed down.
import { chooseBackend, Reactor } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { NumberReader, numbered, sendFence } from "../support/numbered.js";
import { SILENT } from "../support/silent.js";
import { until } from "../support/until.js";

const SMALL_BUFFER_BYTES = 4_608; // the kernel's minimum: SOCK_MIN_SNDBUF
const EACH = 300; // datagrams written at once: more than the buffer holds, and fewer than the port keeps waiting
const LOOPBACK = { interface: "127.0.0.1" } as const;

await attackProcess(async () => {
  const reactor = new Reactor({ backend: chooseBackend(process.argv[2]), logger: SILENT });
  const reader = new NumberReader();
  const to = reactor.listenUDP(0, reader, { ...LOOPBACK, receiveBufferBytes: 4_000_000 }).getHost();
  const sender = reactor.listenUDP(0, {}, { ...LOOPBACK, sendBufferBytes: SMALL_BUFFER_BYTES });
  let written = 0;
  const write = (count: number): void => {
    for (let i = 0; i < count; i++) sender.write(numbered(written++), to);
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
  await sendFence(reactor, to, reader);
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
