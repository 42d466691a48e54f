// Small networks in memory on which the pictures happen: what an arrow shows was received there, and what ends in a cross was not.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { Reactor } from "groupcast";

const SETTLED_MS = 1000; // longer than anything in a picture takes

/** What ports log is not part of a picture. */
const SILENT = { info() {}, warn() {}, error() {} };

/** A network whose hosts run ports, each with a list of what it has heard. */
export class Scene {
  network = new MemoryNetwork({ trace: true });

  /** @param {import("@groupcast/backend-memory").MemoryHost} host */
  reactor(host) {
    return new Reactor({ backend: host, clock: this.network.clock, logger: SILENT });
  }

  /**
   * Opens a port that keeps what it hears.
   *
   * @param {import("@groupcast/backend-memory").MemoryHost} host
   * @param {import("groupcast").MulticastListenOptions} options
   * @param {number} [number] Of the port.
   */
  listen(host, options, number = 5000) {
    /** @type {string[]} */
    const heard = [];
    const port = this.reactor(host).listenMulticast(number, { datagramReceived: (data) => void heard.push(String(data)) }, options);
    return { port, heard };
  }

  /** Lets everything happen that is under way. */
  async settle() {
    await this.network.clock.advance(SETTLED_MS);
  }

  /** Packets that left a host by an interface that is not loopback. @param {string} node */
  onTheWire(node) {
    return this.network.trace.records.filter((record) => record.event === "sent" && record.node === node && record.interface !== "lo");
  }
}
