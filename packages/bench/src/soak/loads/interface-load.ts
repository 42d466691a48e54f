/** A group on interfaces that go down, come up, and are made anew meanwhile: each membership is there again at the end. */
import { DatagramProtocol, type MulticastPort, type Reactor } from "groupcast";
import type { Account } from "../account.js";
import type { Load } from "../load.js";

const GROUP = "239.255.92.1";

class Member extends DatagramProtocol {}

export class InterfaceLoad implements Load {
  readonly #port: MulticastPort;
  readonly #sender: MulticastPort;
  readonly #interfaces: readonly string[];

  constructor(reactor: Reactor, interfaces: readonly string[]) {
    this.#interfaces = interfaces;
    this.#port = reactor.listenMulticast(0, new Member());
    for (const name of interfaces) this.#port.joinGroup(GROUP, name, { whenAvailable: true });
    this.#sender = reactor.listenMulticast(0, new Member());
  }

  /** Sends by the route, which may be gone: this path is not free of losses, and has no account. */
  turn(): void {
    if (this.#interfaces.length > 0) this.#sender.write("hello", { address: GROUP, port: this.#port.getHost().port });
  }

  accounts(): readonly Account[] {
    const joined = this.#port.memberships.filter(({ state }) => state === "joined").length;
    return [
      { path: "memberships on interfaces that came and went", sent: this.#interfaces.length, delivered: joined, refused: 0, counted: 0 },
    ];
  }
}
