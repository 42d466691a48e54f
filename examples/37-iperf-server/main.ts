/**
 * A server for iperf 2, which measures a network with UDP.
 *
 * You learn: on the native backend `arrival` has the kernel's time, so the jitter is the network's and not this program's.
 * You run:   node examples/dist/37-iperf-server/main.js, and in another terminal: iperf -u -c 127.0.0.1 -b 10m -t 2
 * You see:   bandwidth, jitter and loss, here and as the Server Report there. Ctrl-C ends the server.
 */
import { type Arrival, DatagramProtocol, type DelayedCall, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 5001);
const SILENCE_MS = 5000; // then a flow is forgotten; until it has the report, iperf repeats its last datagram four times a second
const MAX_FLOWS = 1000;

// iperf 2, include/payloads.h. Header: number, seconds, microseconds, upper half of the number
const HEADER_BYTES = 16;
const REPORT_BYTES = 40;
const REPORT_VERSION = 0x80000000;

/** Datagrams of one client, numbered from 1. The number of the last one is negative. */
interface Flow {
  readonly silence: DelayedCall;
  readonly firstMs: number;
  transitMs: number;
  jitterMs: number;
  bytes: number;
  received: number;
  report?: Buffer;
}

class IperfServer extends DatagramProtocol {
  readonly #flows = new Map<string, Flow>();

  override datagramReceived(data: Buffer, from: SocketAddress, arrival?: Arrival): void {
    if (data.length < HEADER_BYTES) return;
    const nowMs = arrival?.timestampNs === undefined ? Date.now() : Number(arrival.timestampNs) / 1_000_000;
    const transitMs = nowMs - data.readUInt32BE(4) * 1000 - data.readUInt32BE(8) / 1000; // of two clocks: only its change counts
    const flow = this.#flowOf(`${from.address}:${from.port}`, nowMs, transitMs);
    if (flow === undefined) return;
    flow.silence.reset(SILENCE_MS);
    const number = data.readInt32BE(0);
    if (flow.report === undefined) {
      flow.received += 1;
      flow.bytes += data.length;
      flow.jitterMs += (Math.abs(transitMs - flow.transitMs) - flow.jitterMs) / 16; // RFC 3550, A.8
      flow.transitMs = transitMs;
      if (number < 0) flow.report = reportOf(flow, nowMs - flow.firstMs, -number);
    }
    if (number < 0) this.transport.writeSequence([data.subarray(0, HEADER_BYTES), flow.report!], from);
  }

  #flowOf(client: string, nowMs: number, transitMs: number): Flow | undefined {
    const known = this.#flows.get(client);
    if (known !== undefined || this.#flows.size >= MAX_FLOWS) return known;
    const silence = reactor.callLater(SILENCE_MS, () => void this.#flows.delete(client));
    const flow = { silence, firstMs: nowMs, transitMs, jitterMs: 0, bytes: 0, received: 0 };
    this.#flows.set(client, flow);
    return flow;
  }
}

function reportOf({ bytes, received, jitterMs }: Flow, lastedMs: number, sent: number): Buffer {
  const lost = Math.max(0, sent - received);
  console.log(`${((bytes * 8) / 1000 / lastedMs).toFixed(2)} Mbit/s, jitter ${jitterMs.toFixed(3)} ms, lost ${lost} of ${sent}`);
  const report = Buffer.alloc(REPORT_BYTES);
  report.writeUInt32BE(REPORT_VERSION, 0);
  report.writeBigUInt64BE(BigInt(bytes), 4);
  const time = (ms: number): number[] => [Math.floor(ms / 1000), Math.floor((ms * 1000) % 1_000_000)];
  for (const [n, value] of [...time(lastedMs), lost, 0, sent, ...time(jitterMs)].entries()) report.writeUInt32BE(value, 12 + 4 * n);
  return report;
}

const reactor = new Reactor();
const server = reactor.listenUDP(PORT, new IperfServer(), { arrival: true });
console.log(`listening on port ${server.getHost().port}`);
await reactor.run();
