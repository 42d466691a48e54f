/** The measured program on node:dgram, as a user would write it. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { block, groups, host, numberArgument, role, sayReady } from "./arguments.js";
import { Bursts } from "./bursts.js";
import { fill } from "./numbering.js";
import { Tally } from "./tally.js";
import { startTimers } from "./timers.js";
import { runWorkers } from "./workers.js";

const sockets: Socket[] = [];
const tally = new Tally(numberArgument("size", 64), () => {
  tally.report();
  for (const socket of sockets) socket.close();
});

function typeOf(address: string): "udp4" | "udp6" {
  return address.includes(":") ? "udp6" : "udp4";
}

async function openServer(answers: boolean): Promise<Socket> {
  const port = numberArgument("sharedPort", 0);
  const socket = createSocket({ type: typeOf(host), reuseAddr: port > 0 });
  let next = 0;
  socket.on("message", (data: Buffer, from: RemoteInfo) => {
    next = tally.count(data, next);
    if (answers && !tally.isOver) socket.send(data, from.port, from.address);
  });
  socket.bind(port, groups().length > 0 ? "0.0.0.0" : host);
  await once(socket, "listening");
  for (const group of groups()) socket.addMembership(group, "127.0.0.1");
  return socket;
}

async function serve(): Promise<void> {
  const count = numberArgument("ports", 1);
  for (let i = 0; i < count; i++) sockets.push(await openServer(role === "echo"));
  sayReady(sockets.map((socket) => socket.address().port));
  blockAgain();
}

/** Sleeps for so long without reading, again and again, until the run is over. */
function blockAgain(): void {
  const blockedMs = numberArgument("blockedMs", 0);
  if (blockedMs === 0 || tally.isOver) return;
  setTimeout(() => {
    block(blockedMs);
    blockAgain();
  }, blockedMs);
}

/** Sends the next burst when the last datagram of the previous one has been taken: without that wait, the queue would fill the memory. */
async function send(): Promise<void> {
  const bursts = new Bursts();
  const buffers = Array.from({ length: bursts.burstDatagrams }, () => Buffer.alloc(bursts.sizeBytes)); // dgram does not copy
  const socket = createSocket(typeOf(bursts.to[0]!.address));
  socket.bind(0);
  await once(socket, "listening");
  if (bursts.isMulticast) socket.setMulticastInterface("127.0.0.1");
  const peer = bursts.onlyPeer;
  if (peer !== undefined) {
    socket.connect(peer.port, peer.address);
    await once(socket, "connect");
  }
  const burst = (): void => {
    bursts.send((number, { address, port }, index) => {
      const bytes = buffers[index]!;
      fill(bytes, number);
      const sent = index === bursts.burstDatagrams - 1 ? wentOut : taken;
      if (peer === undefined) socket.send(bytes, port, address, sent);
      else socket.send(bytes, sent);
    });
  };
  const countRefusal = (error: Error | null): void => {
    if (error !== null) bursts.refused++;
  };
  const taken = numberArgument("refusals", 0) === 1 ? countRefusal : undefined;
  const wentOut = (error: Error | null): void => {
    countRefusal(error);
    if (bursts.goesOn()) burst();
    else socket.close();
  };
  sayReady();
  burst();
}

if (role === "send") await send();
else if (role === "timers") startTimers();
else if (role === "workers") await runWorkers(new URL("dgram-worker.js", import.meta.url));
else if (role === "coap") (await import("./servers.js")).serveCoap();
else if (role === "dns") await (await import("./servers.js")).serveDns();
else await serve();
