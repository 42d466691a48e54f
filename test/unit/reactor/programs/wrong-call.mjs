// Makes three wrong calls, and prints the first frame of each error.
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";

class Idle extends DatagramProtocol {
  datagramReceived() {}
}

const reactor = new Reactor({ backend: chooseBackend("dgram") });

function callsSetTTL() {
  reactor.listenMulticast(0, new Idle(), { interface: "127.0.0.1" }).setTTL(256);
}

function callsListen() {
  reactor.listenUDP(0, new Idle(), { interface: "192.0.2.1" });
}

function makesReactor() {
  new Reactor({ bakend: "dgram" });
}

const frames = [callsSetTTL, callsListen, makesReactor].map((call) => {
  try {
    call();
    return "it was allowed";
  } catch (error) {
    return error.stack.split("\n").find((line) => line.startsWith("    at "));
  }
});
console.log(JSON.stringify(frames));
await reactor.stop();
