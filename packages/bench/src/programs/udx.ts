/** The measured program on udx-native's sockets, as a user would write it. */
import type { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { groups, numberArgument, role, sayReady, textArgument } from "./arguments.js";
import { BURST_DATAGRAMS, Bursts } from "./bursts.js";
import { fill } from "./numbering.js";
import { Tally } from "./tally.js";

/** The used part of https://github.com/holepunchto/udx-native */
interface UdxSocket extends EventEmitter<{ message: [data: Buffer, from: { readonly host: string; readonly port: number }] }> {
  bind(port: number, host: string): void;
  address(): { readonly port: number };
  /** Settles with whether the datagram left. */
  send(data: Buffer, port: number, host: string): Promise<boolean>;
  trySend(data: Buffer, port: number, host: string): void;
  addMembership(group: string, interfaceAddress: string): void;
  close(): Promise<void>;
}

type Udx = new () => { createSocket(options?: { readonly reuseAddress?: boolean }): UdxSocket };

const Library: Udx = createRequire(import.meta.url)(textArgument("library", "udx-native"));
const udx = new Library();

const sockets: UdxSocket[] = [];
const tally = new Tally(numberArgument("size", 64), () => {
  tally.report();
  for (const socket of sockets) void socket.close();
});

function openServer(answers: boolean): UdxSocket {
  const port = numberArgument("sharedPort", 0);
  const socket = udx.createSocket({ reuseAddress: port > 0 });
  let next = 0;
  socket.on("message", (data, from) => {
    next = tally.count(data, next);
    if (answers && !tally.isOver) socket.trySend(data, from.port, from.host);
  });
  socket.bind(port, groups().length > 0 ? "0.0.0.0" : "127.0.0.1");
  for (const group of groups()) socket.addMembership(group, "127.0.0.1");
  return socket;
}

function serve(): void {
  const count = numberArgument("ports", 1);
  for (let i = 0; i < count; i++) sockets.push(openServer(role === "echo"));
  sayReady(sockets.map((socket) => socket.address().port));
}

/** Sends the next burst when the last datagram of the previous one has been taken, like the program of node:dgram. */
async function send(): Promise<void> {
  const bursts = new Bursts();
  const buffers = Array.from({ length: BURST_DATAGRAMS }, () => Buffer.alloc(bursts.sizeBytes)); // udx does not copy
  const socket = udx.createSocket();
  socket.bind(0, "0.0.0.0");
  sayReady();
  do {
    let wentOut: Promise<boolean> | undefined;
    bursts.send((number, { address, port }, index) => {
      const bytes = buffers[index]!;
      fill(bytes, number);
      if (index === BURST_DATAGRAMS - 1) wentOut = socket.send(bytes, port, address);
      else socket.trySend(bytes, port, address);
    });
    await wentOut;
  } while (bursts.goesOn());
  await socket.close();
}

if (role === "send") await send();
else serve();
