/**
 * Something that is announced again and again.
 *
 * You learn: a LoopingCall calls a function at a fixed pace, until it is stopped or the reactor is.
 * You run:   node examples/dist/08-beacon/main.js
 * You see:   heard "beacon 1" to heard "beacon 3", five a second: the program is a member of the group that it sends to.
 */
import { DatagramProtocol, LoopingCall } from "groupcast";
import { runMain, type Stage } from "../support/run-main.js";

const GROUP = "239.255.76.2";
const INTERFACE = "127.0.0.1";
const INTERVAL_MS = 200;
const LAST = "beacon 3";

export async function main({ reactor, out, port }: Stage): Promise<void> {
  class Listener extends DatagramProtocol {
    override startProtocol(): void {
      this.transport.joinGroup(GROUP, INTERFACE);
    }

    override datagramReceived(data: Buffer): void {
      out(`heard "${data}"`);
      if (String(data) === LAST) reactor.stop();
    }
  }

  const beacon = reactor.listenMulticast(port, new Listener(), { outgoingInterface: INTERFACE });
  const group = { address: GROUP, port: beacon.getHost().port };
  let count = 0;
  const loop = new LoopingCall(reactor, () => beacon.write(`beacon ${++count}`, group));
  await Promise.all([reactor.run(), loop.start(INTERVAL_MS)]); // rejects with what the function throws
}

await runMain(import.meta, main);
