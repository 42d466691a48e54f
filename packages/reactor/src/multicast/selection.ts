import type { NetworkInterface, Outcome } from "@groupcast/backend";
import type { HostNetwork } from "../network/host-network.js";
import { formatSelector, type ParsedSelector } from "../network/interface-selector.js";

type Selected = readonly NetworkInterface[] | Outcome;

/**
 * The interfaces that selectors mean. Where none is known, each question makes the network list the interfaces of the host. In one pass over
 * thousands of memberships on a lost interface, that is done once for each selector.
 */
export class Selection {
  readonly #network: Pick<HostNetwork, "select">;
  #pass: Map<string, Selected> | undefined;

  /** Asks nothing yet. */
  constructor(network: Pick<HostNetwork, "select">) {
    this.#network = network;
  }

  /** Calls `pass`. Until it returns, the first answer about a selector stands. */
  during(pass: () => void): void {
    this.#pass = new Map();
    try {
      pass();
    } finally {
      this.#pass = undefined;
    }
  }

  /** Forgets the answers of the pass, as what a listener does in the middle of it may concern an interface that has come since. */
  forget(): void {
    this.#pass?.clear();
  }

  /** Returns the interfaces that `selector` means: `select` of HostNetwork. */
  of(selector: ParsedSelector): Selected {
    if (this.#pass === undefined) return this.#network.select(selector);
    const name = `${selector.by} ${formatSelector(selector)}`;
    let selected = this.#pass.get(name);
    if (selected === undefined) {
      selected = this.#network.select(selector);
      this.#pass.set(name, selected);
    }
    return selected;
  }
}
