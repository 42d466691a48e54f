/** Frames of a file in pcapng (draft-ietf-opsawg-pcapng). Blocks of other types are passed over. */
import type { ByteSource } from "./byte-source.js";
import { type Frame, MAX_RECORD_BYTES } from "./frame.js";
import { BLOCK, BLOCK_FRAME_BYTES, BLOCK_HEAD_BYTES, DIRECTION, OPTION, padded, STEP_BYTES } from "./pcapng-layout.js";
import { PcapngSection } from "./pcapng-section.js";

const PACKET_BODY_BYTES = 20; // before the packet
const SECTION_BYTES = BLOCK_FRAME_BYTES + 16;
const DIRECTION_BITS = 3;

/** A block whose frame is right. */
interface Block {
  readonly type: number;
  readonly body: Buffer;
  readonly offset: number;
}

/** A frame, nothing, or what is wrong with the block. */
type Reading = Frame | string | undefined;

/** Yields the frames of the file. @throws RecordingError */
export async function* pcapngFrames(source: ByteSource): AsyncGenerator<Frame> {
  let section: PcapngSection | undefined;
  while (source.holds(1) || (await source.has(1))) {
    const { offset } = source;
    await source.need(BLOCK_FRAME_BYTES, "a block");
    section = beginsSection(source) ? newSection(source) : section;
    if (section === undefined) throw source.error("the file does not begin with a section");
    const block = await readBlock(source, section);
    const reading = READERS[block.type]?.(section, block);
    if (typeof reading === "string") throw source.error(reading, offset);
    if (reading !== undefined) yield reading;
  }
}

function beginsSection(source: ByteSource): boolean {
  return source.peek(4).readUInt32LE(0) === BLOCK.section; // reads the same in both byte orders
}

function newSection(source: ByteSource): PcapngSection {
  const section = PcapngSection.begin(source.peek(BLOCK_FRAME_BYTES), BLOCK_HEAD_BYTES);
  if (section === undefined) throw source.error("the section has no byte order");
  if (section.word(source.peek(BLOCK_HEAD_BYTES), 4) < SECTION_BYTES) throw source.error("the section's block is too short");
  return section;
}

async function readBlock(source: ByteSource, section: PcapngSection): Promise<Block> {
  const { offset } = source;
  const head = source.peek(BLOCK_HEAD_BYTES);
  const type = section.word(head, 0);
  const length = section.word(head, 4);
  if (length < BLOCK_FRAME_BYTES || length % STEP_BYTES !== 0) throw source.error(`the block has ${length} bytes`);
  if (length > MAX_RECORD_BYTES) throw source.error(`the block claims ${length} bytes`);
  if (!source.holds(length)) await source.need(length, "a block");
  const bytes = source.take(length);
  const again = section.word(bytes, length - 4);
  if (again !== length) throw source.error(`the block begins with ${length} as its length, and ends with ${again}`, offset);
  return { type, body: bytes.subarray(BLOCK_HEAD_BYTES, length - 4), offset };
}

const READERS: Readonly<Record<number, (section: PcapngSection, block: Block) => Reading>> = {
  [BLOCK.interface]: (section, { body }) => section.addInterface(body),
  [BLOCK.enhancedPacket]: readPacket,
  [BLOCK.simplePacket]: readSimplePacket,
};

function readPacket(section: PcapngSection, { body, offset }: Block): Reading {
  if (body.length < PACKET_BODY_BYTES) return `a packet's block of ${body.length} bytes`;
  const number = section.word(body, 0);
  const captured = section.interface(number);
  if (captured === undefined) return `a packet of interface ${number}, which is not described before it`;
  const lengthBytes = section.word(body, 12);
  const end = PACKET_BODY_BYTES + lengthBytes;
  if (end > body.length) return `a packet of ${lengthBytes} bytes in a block of ${body.length}`;
  const options = section.options(body.subarray(Math.min(body.length, PACKET_BODY_BYTES + padded(lengthBytes))));
  const flags = options.get(OPTION.packet.flags);
  return {
    timeNs: section.timeNs(body, 4, captured),
    linkType: captured.linkType,
    bytes: body.subarray(PACKET_BODY_BYTES, end),
    wireBytes: section.word(body, 16),
    interface: captured.name,
    direction: flags?.length === 4 ? directionOf(section.word(flags, 0)) : undefined,
    drops: section.count(options.get(OPTION.packet.dropCount)),
    offset,
  };
}

/** A simple packet belongs to the first interface and has no time. */
function readSimplePacket(section: PcapngSection, { body, offset }: Block): Reading {
  const captured = section.interface(0);
  if (captured === undefined) return "a packet without an interface before it";
  if (body.length < 4) return `a packet's block of ${body.length} bytes`;
  const wireBytes = section.word(body, 0);
  const limit = captured.snapBytes === 0 ? wireBytes : Math.min(wireBytes, captured.snapBytes);
  if (4 + limit > body.length) return `a packet of ${limit} bytes in a block of ${body.length}`;
  const { linkType, name } = captured;
  const bytes = body.subarray(4, 4 + limit);
  return { timeNs: undefined, linkType, bytes, wireBytes, interface: name, direction: undefined, drops: 0, offset };
}

function directionOf(flags: number): "in" | "out" | undefined {
  const direction = flags & DIRECTION_BITS;
  if (direction === DIRECTION.in) return "in";
  return direction === DIRECTION.out ? "out" : undefined;
}
