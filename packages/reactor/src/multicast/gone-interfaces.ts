import { type NetworkInterface, sameInterface } from "@groupcast/backend";

/** Answers which interfaces are gone. Thousands of memberships in a row ask about the same one, which is looked for once. */
export class GoneInterfaces {
  readonly #present: readonly NetworkInterface[];
  #asked: NetworkInterface | undefined;
  #isAskedGone = false;

  /** @param present - Every interface that there is. */
  constructor(present: readonly NetworkInterface[]) {
    this.#present = present;
  }

  /** Returns whether `iface` is gone: deleted, or made again under another index. */
  has(iface: NetworkInterface): boolean {
    if (this.#asked !== iface) {
      this.#asked = iface;
      this.#isAskedGone = !this.#present.some((other) => sameInterface(other, iface));
    }
    return this.#isAskedGone;
  }

  /** Returns whether no interface has this name. */
  hasName(name: string): boolean {
    return !this.#present.some((iface) => iface.name === name);
  }
}
