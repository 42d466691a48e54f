// Waits until nothing is on its way on this host: no datagram, no name that is looked up, no callback.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_UP = "GetAddrInfoReqWrap"; // as process.getActiveResourcesInfo() names it
const TURNS = 4; // a delayed lookup, a bind that follows it, a datagram that waited for that, and its arrival

/** Settles when all is quiet. */
export type Silence = () => Promise<void>;

/** Makes a fence: a datagram of node:dgram, which arrives after all that were sent before it on loopback. */
export async function makeSilence(): Promise<Silence> {
  const fence = createSocket("udp4");
  fence.bind(0, "127.0.0.1");
  await once(fence, "listening");
  const { port } = fence.address();
  return async () => {
    for (let turn = 0; turn < TURNS; turn++) {
      while (process.getActiveResourcesInfo().includes(LOOK_UP)) await sleep(1); // by condition: four threads look up, so no fence is behind all
      const arrived = once(fence, "message");
      fence.send("fence", port, "127.0.0.1");
      await arrived;
      await new Promise(setImmediate); // the sockets that the same look at the kernel found readable
    }
  };
}
