import type { NetworkInterface, Outcome } from "@groupcast/backend";
import type { HostNetwork } from "../network/host-network.js";
import { formatSelector, type ParsedSelector } from "../network/interface-selector.js";
import { sameSelector } from "./membership-wish.js";

type Selected = readonly NetworkInterface[] | Outcome;

/**
 * The interfaces that selectors mean. Where none is known, each question makes the network list the interfaces of the host. In one pass over
 * thousands of memberships on a lost interface, that is done once for each selector.
 */
export class Selection {
  readonly #network: Pick<HostNetwork, "select">;
  #pass: Map<string, Selected> | undefined;
  #latest: ParsedSelector | undefined; // of the pass, with its answer: neighbours mostly have selectors written alike
  #ofLatest: Selected = [];

  /** Asks nothing yet. */
  constructor(network: Pick<HostNetwork, "select">) {
    this.#network = network;
  }

  /** Calls `pass`. Until it returns, the first answer about a selector stands. */
  during(pass: () => void): void {
    this.#latest = undefined;
    this.#pass = new Map();
    try {
      pass();
    } finally {
      this.#pass = undefined;
    }
  }

  /** Forgets the answers of the pass, as what a listener does in the middle of it may concern an interface that has come since. */
  forget(): void {
    this.#latest = undefined;
    this.#pass?.clear();
  }

  /** Returns the interfaces that `selector` means: `select` of HostNetwork. */
  of(selector: ParsedSelector): Selected {
    if (this.#pass === undefined) return this.#network.select(selector);
    if (this.#latest !== undefined && sameSelector(this.#latest, selector)) return this.#ofLatest;
    this.#ofLatest = this.#firstAnswer(this.#pass, selector);
    this.#latest = selector;
    return this.#ofLatest;
  }

  #firstAnswer(pass: Map<string, Selected>, selector: ParsedSelector): Selected {
    const name = `${selector.by} ${formatSelector(selector)}`;
    const known = pass.get(name);
    if (known !== undefined) return known;
    const selected = this.#network.select(selector);
    pass.set(name, selected);
    return selected;
  }
}
