/**
 * A light that a lighting desk controls by multicast, with sACN (ANSI E1.31).
 *
 * You learn: who wants a universe of 512 channels joins its group, and the switches send it nothing else; silence is an event, too.
 * You run:   node examples/dist/40-sacn-light/main.js [universe] [first channel] [interface], and any desk that speaks sACN
 * You see:   red 255, green 128, blue 0 when the colour changes; dark, when the desk ends or is silent for 2.5 s. Ctrl-C ends it.
 */
import { DatagramProtocol, type DelayedCall, Reactor } from "groupcast";

const [UNIVERSE = "1", FIRST_CHANNEL = "1", INTERFACE = "all", PORT = "5568"] = process.argv.slice(2);
const GROUP = `239.255.${Number(UNIVERSE) >> 8}.${Number(UNIVERSE) & 0xff}`; // 9.3.1
const SILENCE_MS = 2500; // 6.7.1

// Bytes of a data packet, 4.1
const AT = { rootVector: 18, sender: 22, framingVector: 40, priority: 108, number: 111, flags: 112, universe: 113, startCode: 125 };
const FLAG = { preview: 0x80, last: 0x40 };

interface Packet {
  readonly sender: string;
  readonly priority: number;
  readonly number: number;
  readonly isLast: boolean;
  readonly levels: Buffer;
}

class Light extends DatagramProtocol {
  #latest: Packet | undefined; // of the desk that the light obeys
  #silence: DelayedCall | undefined;
  #shown = "dark";

  override startProtocol(): void {
    this.transport.joinGroup(GROUP, INTERFACE);
  }

  override datagramReceived(data: Buffer): void {
    const packet = decoded(data);
    if (packet === undefined || !this.#obeys(packet)) return;
    if (this.#silence?.active()) this.#silence.cancel();
    this.#latest = packet.isLast ? undefined : packet;
    this.#silence = reactor.callLater(SILENCE_MS, () => this.#fallSilent());
    const [red, green, blue] = packet.levels.subarray(Number(FIRST_CHANNEL) - 1);
    if (packet.isLast) this.#show("dark");
    else if (blue !== undefined) this.#show(`red ${red}, green ${green}, blue ${blue}`);
  }

  /** Another desk must have a higher priority; of the same desk, a packet that later ones have overtaken does not count: 6.7.2. */
  #obeys({ sender, priority, number }: Packet): boolean {
    const latest = this.#latest;
    if (latest === undefined) return true;
    if (latest.sender !== sender) return priority > latest.priority;
    const step = ((number - latest.number) << 24) >> 24; // numbers have 8 bits, and begin again
    return step > 0 || step <= -20;
  }

  #fallSilent(): void {
    this.#latest = undefined;
    this.#show("dark");
  }

  #show(colour: string): void {
    if (colour !== this.#shown) console.log(colour);
    this.#shown = colour;
  }
}

/** Returns the levels for this universe, and who sends them; undefined for everything else. */
function decoded(data: Buffer): Packet | undefined {
  if (data.length <= AT.startCode || data.toString("latin1", 4, 16) !== "ASC-E1.17\0\0\0") return undefined;
  const isData = data.readUInt32BE(AT.rootVector) === 4 && data.readUInt32BE(AT.framingVector) === 2 && data[AT.startCode] === 0;
  const flags = data.readUInt8(AT.flags);
  if (!isData || (flags & FLAG.preview) !== 0 || data.readUInt16BE(AT.universe) !== Number(UNIVERSE)) return undefined;
  const sender = data.toString("hex", AT.sender, AT.sender + 16);
  const [priority, number] = [data.readUInt8(AT.priority), data.readUInt8(AT.number)];
  return { sender, priority, number, isLast: (flags & FLAG.last) !== 0, levels: data.subarray(AT.startCode + 1) };
}

const reactor = new Reactor();
reactor.listenMulticast(Number(PORT), new Light(), { listenMultiple: true });
console.log(`waiting for universe ${UNIVERSE}`);
await reactor.run();
