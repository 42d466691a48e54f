// Right: resolves the name once, and writes to the address.
import { DatagramProtocol, Reactor } from "groupcast";

class Greeter extends DatagramProtocol {
  readonly #address: string;

  constructor(address: string) {
    super();
    this.#address = address;
  }

  override startProtocol(): void {
    console.log(`taken: ${this.transport.write("hello", { address: this.#address, port: 9999 })}`);
  }
}

const reactor = new Reactor();
reactor.listenUDP(0, new Greeter(await reactor.resolve("localhost", { family: 4 })));
await reactor.stop();
