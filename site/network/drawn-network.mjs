// A network in memory that remembers what it is made of, so that it can be drawn.
import { MemoryNetwork } from "@groupcast/backend-memory";

const DEFAULT_SWITCH = "lan";

/** @typedef {{ node: string, kind: "host" | "router", interface: string, switch: string }} Cable */

export class DrawnNetwork extends MemoryNetwork {
  /** @type {Cable[]} */
  cables = [];
  #known = new Set();

  /** @override @param {string} name @param {import("@groupcast/backend-memory").HostOptions} [options] */
  host(name, options) {
    const host = super.host(name, options);
    if (!this.#known.has(name)) this.#remember(name, host, options);
    return host;
  }

  /** @override @param {string} name @param {import("@groupcast/backend-memory").RouterOptions} [options] */
  router(name, options) {
    const router = super.router(name, options);
    for (const [index, one] of (options?.switches ?? []).entries())
      this.cables.push({ node: name, kind: "router", interface: `port${index}`, switch: nameOf(one) });
    return router;
  }

  /**
   * @param {string} name
   * @param {import("@groupcast/backend-memory").MemoryHost} host
   * @param {import("@groupcast/backend-memory").HostOptions} [options]
   */
  #remember(name, host, options) {
    this.#known.add(name);
    const first = options?.switch === undefined ? DEFAULT_SWITCH : options.switch;
    if (first !== null) this.cables.push({ node: name, kind: "host", interface: "eth0", switch: nameOf(first) });
    const add = host.addInterface.bind(host);
    host.addInterface = (at, given) => {
      add(at, given);
      this.cables.push({ node: name, kind: "host", interface: at, switch: nameOf(given?.switch ?? DEFAULT_SWITCH) });
    };
  }
}

/** @param {import("@groupcast/backend-memory").MemorySwitch | string} one */
function nameOf(one) {
  return typeof one === "string" ? one : one.name;
}
