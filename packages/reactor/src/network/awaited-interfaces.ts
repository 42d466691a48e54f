import { preview } from "@groupcast/base";
import type { HostNetwork } from "./host-network.js";
import { formatSelector, type ParsedSelector } from "./interface-selector.js";

/**
 * Interfaces that a port waits for because they do not exist yet. Each is warned of once, with the names that exist: it may come later,
 * and it may be a misspelling.
 */
export class AwaitedInterfaces {
  readonly #network: Pick<HostNetwork, "current">;
  readonly #warn: (message: string) => void;
  readonly #warned = new Set<string>();

  /** @param warn - Logs a line about the port. */
  constructor(network: Pick<HostNetwork, "current">, warn: (message: string) => void) {
    this.#network = network;
    this.#warn = warn;
  }

  /** Warns that the port waits for the interface that `selector` means; does nothing a second time. */
  add(selector: ParsedSelector): void {
    const name = formatSelector(selector);
    const present = this.#network.current().map((iface) => iface.name);
    if (present.length === 0 || this.#warned.has(name)) return; // the reactor reports it when the OS lists no interfaces
    this.#warned.add(name);
    this.#warn(`waiting for interface ${preview(name)}; present: ${present.join(", ")}`);
  }
}
