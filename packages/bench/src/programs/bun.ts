/** The measured program on Bun's `Bun.udpSocket`, as a user would write it. */
import { groups, numberArgument, role, sayReady } from "./arguments.js";
import { BURST_DATAGRAMS, Bursts } from "./bursts.js";
import { fill } from "./numbering.js";
import { Tally } from "./tally.js";
import { startTimers } from "./timers.js";

/** The used part of https://bun.com/docs/runtime/networking/udp */
interface UdpSocket {
  readonly port: number;
  /** Returns whether the datagram left; false while the send buffer is full. */
  send(data: Buffer, port: number, address: string): boolean;
  /** Takes data, port and address of each datagram in turn; of a connected socket, only data. Returns the number of datagrams that left. */
  sendMany(datagrams: readonly (Buffer | number | string)[]): number;
  addMembership(group: string, interfaceAddress: string): boolean;
  setMulticastInterface(address: string): boolean;
  close(): void;
}

declare const Bun: {
  udpSocket(options: {
    readonly port?: number;
    readonly hostname: string;
    readonly binaryType?: "buffer";
    readonly connect?: { readonly port: number; readonly hostname: string };
    readonly socket: {
      data?(socket: UdpSocket, data: Buffer, port: number, address: string): void;
      drain?(socket: UdpSocket): void;
    };
  }): Promise<UdpSocket>;
};

const sockets: UdpSocket[] = [];
const tally = new Tally(numberArgument("size", 64), () => {
  tally.report();
  for (const socket of sockets) socket.close();
});

async function openServer(answers: boolean): Promise<UdpSocket> {
  let next = 0;
  const socket = await Bun.udpSocket({
    port: 0,
    hostname: groups().length > 0 ? "0.0.0.0" : "127.0.0.1",
    binaryType: "buffer",
    socket: {
      data: (from, data, port, address) => {
        next = tally.count(data, next);
        if (answers && !tally.isOver) from.send(data, port, address);
      },
    },
  });
  for (const group of groups()) socket.addMembership(group, "127.0.0.1");
  return socket;
}

async function serve(): Promise<void> {
  const count = numberArgument("ports", 1);
  for (let i = 0; i < count; i++) sockets.push(await openServer(role === "echo"));
  sayReady(sockets.map(({ port }) => port));
}

/** Sends a burst with one call, and what did not fit into the send buffer when it has drained. */
async function send(): Promise<void> {
  const bursts = new Bursts();
  const buffers = Array.from({ length: BURST_DATAGRAMS }, () => Buffer.alloc(bursts.sizeBytes));
  const peer = bursts.onlyPeer;
  const fields = peer === undefined ? 3 : 1; // of a datagram in the list
  let waiting: (Buffer | number | string)[] = [];
  const socket = await Bun.udpSocket({
    hostname: "0.0.0.0",
    ...(peer === undefined ? {} : { connect: { port: peer.port, hostname: peer.address } }),
    socket: {
      drain: () => {
        if (waiting.length > 0) sendWaiting();
      },
    },
  });
  if (bursts.isMulticast) socket.setMulticastInterface("127.0.0.1");
  const sendWaiting = (): void => {
    waiting = waiting.slice(socket.sendMany(waiting) * fields);
    if (waiting.length === 0) goOn();
  };
  const burst = (): void => {
    bursts.send((number, { address, port }, index) => {
      const bytes = buffers[index]!;
      fill(bytes, number);
      if (peer === undefined) waiting.push(bytes, port, address);
      else waiting.push(bytes);
    });
    sendWaiting();
  };
  const goOn = (): void => {
    if (bursts.goesOn()) setImmediate(burst);
    else socket.close();
  };
  sayReady();
  burst();
}

if (role === "send") await send();
else if (role === "timers") startTimers();
else await serve();
