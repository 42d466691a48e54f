/**
 * Downloads a file by TFTP (RFC 1350), as boot loaders and network devices do.
 *
 * You learn: block by block, an acknowledgement is a question and the next block its answer, so a Requester does the repeating.
 *            The server answers from a port of its own: `anySource` lets the first answer in.
 * You run:   node examples/dist/36-tftp-download/main.js [file] [server] [port] [save as]
 * You see:   saved 1300 bytes as boot.img
 */
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { Reactor, Requester } from "groupcast";

const [FILE = "boot.img", SERVER = "127.0.0.1", PORT = "69", SAVE_AS = basename(FILE)] = process.argv.slice(2);

const OPERATION = { read: 1, data: 3, acknowledge: 4, error: 5 };
const HEADER_BYTES = 4;
const BLOCK_BYTES = 512; // a shorter block is the last one
const LIMIT_MS = 5000; // for each block

const reactor = new Reactor();
const client = new Requester();
const port = reactor.listenUDP(0, client);

async function download(): Promise<Buffer> {
  const blocks: Buffer[] = [];
  let question: Buffer = Buffer.concat([header(OPERATION.read), Buffer.from(`${FILE}\0octet\0`)]);
  let to = { address: SERVER, port: Number(PORT) };
  for (;;) {
    const number = (blocks.length + 1) & 0xffff; // numbers have 16 bits, and begin again
    const { data, from } = await client.request(question, {
      to,
      anySource: blocks.length === 0,
      match: (data, from) => from.address === SERVER && (isBlock(data, number) || data.readUInt16BE() === OPERATION.error),
      attempts: 5,
      timeoutMs: LIMIT_MS,
    });
    if (data.readUInt16BE() === OPERATION.error)
      throw new Error(`${SERVER} refuses: ${JSON.stringify(data.toString("utf8", HEADER_BYTES, data.length - 1))}`); // see 33-syslog-sink
    const block = data.subarray(HEADER_BYTES);
    blocks.push(block);
    question = header(OPERATION.acknowledge, number);
    to = from;
    if (block.length < BLOCK_BYTES) break;
  }
  port.write(question, to); // nothing answers the last acknowledgement
  return Buffer.concat(blocks);
}

function isBlock(data: Buffer, number: number): boolean {
  return data.readUInt16BE(0) === OPERATION.data && data.readUInt16BE(2) === number;
}

function header(...words: readonly number[]): Buffer {
  return Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

try {
  const content = await download();
  await writeFile(SAVE_AS, content);
  console.log(`saved ${content.length} bytes as ${SAVE_AS}`);
} finally {
  await reactor.stop();
}
