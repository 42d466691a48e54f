/**
 * A receiver of RTP (RFC 3550), as of a microphone or a camera, that tells how well the stream arrives.
 *
 * You learn: `arrival` has the kernel's time of each datagram on the native backend; a delayed call that is reset notices silence.
 * You run:   node examples/dist/38-rtp-receiver/main.js, and in another terminal: gst-launch-1.0 audiotestsrc num-buffers=100
 *              samplesperbuffer=160 ! audio/x-raw,rate=8000 ! mulawenc ! rtppcmupay ! udpsink host=127.0.0.1 port=5004
 * You see:   the source and its payload type, and when it is silent: received 100, lost 0, and the jitter. Ctrl-C ends it.
 */
import { type Arrival, DatagramProtocol, type DelayedCall, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 5004);
const SILENCE_MS = 500;
const MAX_SOURCES = 100;
const HEADER_BYTES = 12;
const CLOCK_HZ: Readonly<Record<number, number>> = { 0: 8000, 3: 8000, 8: 8000, 9: 8000, 10: 44_100, 11: 44_100 }; // RFC 3551, 6
const VIDEO_CLOCK_HZ = 90_000;

/** The packets of one source: A.1, A.3 and A.8. */
class Source {
  readonly silence: DelayedCall;
  readonly #ticksPerMs: number;
  #received = 0;
  #expected = 0;
  #jitterTicks = 0;
  #last: { sequence: number; ticks: number; ms: number } | undefined;

  constructor(payloadType: number, silence: DelayedCall) {
    this.#ticksPerMs = (CLOCK_HZ[payloadType] ?? VIDEO_CLOCK_HZ) / 1000;
    this.silence = silence;
  }

  add(sequence: number, ticks: number, ms: number): void {
    const last = this.#last ?? { sequence: sequence - 1, ticks, ms };
    const step = ((sequence - last.sequence) << 16) >> 16; // numbers have 16 bits, and begin again: this one is negative when it is late
    const change = (ms - last.ms) * this.#ticksPerMs - ((ticks - last.ticks) | 0);
    this.#jitterTicks += (Math.abs(change) - this.#jitterTicks) / 16;
    this.#received += 1;
    this.#expected += Math.max(0, step);
    this.#last = { sequence: step > 0 ? sequence : last.sequence, ticks, ms };
  }

  toString(): string {
    const jitterMs = this.#jitterTicks / this.#ticksPerMs;
    return `received ${this.#received}, lost ${this.#expected - this.#received}, jitter ${jitterMs.toFixed(2)} ms`;
  }
}

class Receiver extends DatagramProtocol {
  readonly #sources = new Map<number, Source>();

  override datagramReceived(data: Buffer, from: SocketAddress, arrival?: Arrival): void {
    if (data.length < HEADER_BYTES || data.readUInt8(0) >> 6 !== 2) return; // the version
    const id = data.readUInt32BE(8);
    const source = this.#sources.get(id) ?? this.#begun(id, data.readUInt8(1) & 0x7f, from);
    source?.silence.reset(SILENCE_MS);
    source?.add(data.readUInt16BE(2), data.readUInt32BE(4), arrivalMs(arrival));
  }

  #begun(id: number, payloadType: number, from: SocketAddress): Source | undefined {
    if (this.#sources.size >= MAX_SOURCES) return undefined;
    const silence = reactor.callLater(SILENCE_MS, () => {
      console.log(`source ${id.toString(16)}: ${this.#sources.get(id)}`);
      this.#sources.delete(id);
    });
    const source = new Source(payloadType, silence);
    this.#sources.set(id, source);
    console.log(`source ${id.toString(16)} of ${from.address} sends payload type ${payloadType}`);
    return source;
  }
}

/** The kernel's time; the program's where the backend does not have it. */
function arrivalMs(arrival: Arrival | undefined): number {
  return arrival?.timestampNs === undefined ? performance.now() : Number(arrival.timestampNs) / 1_000_000;
}

const reactor = new Reactor();
const receiver = reactor.listenUDP(PORT, new Receiver(), { arrival: true });
console.log(`listening on port ${receiver.getHost().port}`);
await reactor.run();
