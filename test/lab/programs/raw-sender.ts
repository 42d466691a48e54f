// What programs do that use sockets as they come: for each line one datagram, from a node:dgram socket of its own, made as it says.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** How a datagram is sent. */
export interface RawSend {
  readonly family: "IPv4" | "IPv6";
  readonly text: string;
  readonly to: { readonly address: string; readonly port: number };
  /** Address to bind. Default: any. */
  readonly bind?: string;
  /** Whether the socket is connected, rather than given the destination with the datagram. Default: false. */
  readonly connect?: boolean;
  /** The outgoing interface, set before connecting or after it. IPv4: its address; IPv6: "::%eth0". */
  readonly interface?: string;
  readonly interfaceAfterConnect?: string;
  readonly ttl?: number;
  readonly loopback?: boolean;
  /** Interface to join the destination on, as `interface`; for one sender only, when `joinSource` is there. */
  readonly joinAt?: string;
  readonly joinSource?: string;
}

createInterface({ input: process.stdin }).on("line", (line) => void sendOne(JSON.parse(line) as RawSend));

async function sendOne(send: RawSend): Promise<void> {
  const socket = createSocket(send.family === "IPv4" ? "udp4" : "udp6");
  socket.bind(0, send.bind);
  await once(socket, "listening");
  configure(socket, send);
  if (send.connect) {
    socket.connect(send.to.port, send.to.address);
    await once(socket, "connect");
  }
  if (send.interfaceAfterConnect !== undefined) socket.setMulticastInterface(send.interfaceAfterConnect);
  const finish = (error: Error | null): void => {
    console.log(JSON.stringify({ event: "sent", text: send.text, local: socket.address(), failure: error?.message }));
    socket.close();
  };
  if (send.connect) socket.send(send.text, finish);
  else socket.send(send.text, send.to.port, send.to.address, finish);
}

function configure(socket: Socket, { to, joinAt, joinSource, interface: at, ttl, loopback }: RawSend): void {
  if (joinSource !== undefined) socket.addSourceSpecificMembership(joinSource, to.address, joinAt);
  else if (joinAt !== undefined) socket.addMembership(to.address, joinAt);
  if (at !== undefined) socket.setMulticastInterface(at);
  if (ttl !== undefined) socket.setMulticastTTL(ttl);
  if (loopback !== undefined) socket.setMulticastLoopback(loopback);
}
