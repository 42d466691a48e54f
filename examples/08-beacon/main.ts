/**
 * An announcement that is repeated.
 *
 * You learn: a LoopingCall calls a function at a fixed pace, until it is stopped or the reactor is.
 * You run:   node examples/dist/08-beacon/main.js
 * You see:   received "beacon 1" to received "beacon 3", five a second: the program is a member of the group that it sends to.
 */
import { DatagramProtocol, LoopingCall, Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const GROUP = "239.255.76.2";
const INTERFACE = "127.0.0.1";
const INTERVAL_MS = 200;
const LAST = "beacon 3";

class Listener extends DatagramProtocol {
  override startProtocol(): void {
    this.transport.joinGroup(GROUP, INTERFACE);
  }

  override datagramReceived(data: Buffer): void {
    console.log(`received "${data}"`);
    if (String(data) === LAST) reactor.stop();
  }
}

const reactor = new Reactor();
const beacon = reactor.listenMulticast(PORT, new Listener(), { outgoingInterface: INTERFACE });
const group = { address: GROUP, port: beacon.getHost().port };
let count = 0;
const loop = new LoopingCall(reactor, () => beacon.write(`beacon ${++count}`, group));
await Promise.all([reactor.run(), loop.start(INTERVAL_MS)]); // rejects with what the function throws
