/** The measured program on Deno's `Deno.listenDatagram`, as a user would write it. */
import { groups, numberArgument, role, sayReady } from "./arguments.js";
import { BURST_DATAGRAMS, Bursts } from "./bursts.js";
import { fill } from "./numbering.js";
import { Tally } from "./tally.js";
import { startTimers } from "./timers.js";

interface Address {
  readonly transport: "udp";
  readonly hostname: string;
  readonly port: number;
}

/** The used part of https://docs.deno.com/api/deno/~/Deno.DatagramConn */
interface DatagramConnection {
  readonly addr: Address;
  /** Fills `into`; settles with its filled part, and the sender. Rejects when it is closed. */
  receive(into: Uint8Array): Promise<[Uint8Array, Address]>;
  send(data: Uint8Array, to: Address): Promise<number>;
  joinMulticastV4(group: string, interfaceAddress: string): Promise<unknown>;
  close(): void;
}

declare const Deno: { listenDatagram(options: Address & { readonly reuseAddress?: boolean }): DatagramConnection };

const LONGEST_BYTES = 65_507;

const sockets: DatagramConnection[] = [];
const tally = new Tally(numberArgument("size", 64), () => {
  tally.report();
  for (const socket of sockets) socket.close();
});

async function openServer(): Promise<DatagramConnection> {
  const port = numberArgument("sharedPort", 0);
  const hostname = groups().length > 0 ? "0.0.0.0" : "127.0.0.1";
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port, reuseAddress: port > 0 });
  for (const group of groups()) await socket.joinMulticastV4(group, "127.0.0.1");
  return socket;
}

/** Receives into one buffer: `for await` would take a new one of 64 KiB for each datagram. */
async function run(socket: DatagramConnection, answers: boolean): Promise<void> {
  const buffer = new Uint8Array(LONGEST_BYTES);
  let next = 0;
  try {
    while (!tally.isOver) {
      const [data, from] = await socket.receive(buffer);
      next = tally.count(data, next);
      if (answers && !tally.isOver) await socket.send(data, from);
    }
  } catch (error) {
    if (!tally.isOver) throw error; // the end closes sockets that wait
  }
}

async function serve(): Promise<void> {
  const count = numberArgument("ports", 1);
  for (let i = 0; i < count; i++) sockets.push(await openServer());
  sayReady(sockets.map(({ addr }) => addr.port));
  await Promise.all(sockets.map((socket) => run(socket, role === "echo")));
}

async function send(): Promise<void> {
  const bursts = new Bursts();
  const buffers = Array.from({ length: BURST_DATAGRAMS }, () => Buffer.alloc(bursts.sizeBytes));
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
  sayReady();
  do {
    const sending: Promise<number>[] = [];
    bursts.send((number, { address, port }, index) => {
      const bytes = buffers[index]!;
      fill(bytes, number);
      sending.push(socket.send(bytes, { transport: "udp", hostname: address, port }));
    });
    await Promise.all(sending);
  } while (bursts.goesOn());
  socket.close();
}

if (role === "send") await send();
else if (role === "timers") startTimers();
else await serve();
