// Wrong: writes to a name. Looking it up takes time, and write() does not wait.
import { DatagramProtocol, isGroupcastError, Reactor } from "groupcast";

class Greeter extends DatagramProtocol {
  override startProtocol(): void {
    this.transport.write("hello", { address: "localhost", port: 9999 });
  }
}

const reactor = new Reactor();
try {
  reactor.listenUDP(0, new Greeter());
} catch (error) {
  console.log(isGroupcastError(error) ? error.code : error);
}
await reactor.stop();
