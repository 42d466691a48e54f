import type { BackendNetwork, Capability, DatagramBackend, DatagramSocket, Family, Outcome, SocketObserver } from "@groupcast/backend";
import type { Addon } from "./addon.js";
import { loadAddon } from "./load-addon.js";
import { NativeContext } from "./native-context.js";
import { NativeNetwork } from "./native-network.js";
import { NativeSocket } from "./native-socket.js";

/**
 * Linux, through a small addon: datagrams are received and sent in batches (`recvmmsg(2)`, `sendmmsg(2)`, `UDP_GRO`,
 * `UDP_SEGMENT`), and everything that the waist knows can be done.
 *
 * All of a thread share what the addon keeps for it; a worker thread loads its own.
 */
export class NativeBackend implements DatagramBackend {
  readonly name = "native";
  readonly reason: string;
  readonly capabilities: ReadonlySet<Capability>;
  readonly network: BackendNetwork;
  readonly #context: NativeContext;

  private constructor(context: NativeContext, reason: string) {
    this.#context = context;
    this.reason = reason;
    this.capabilities = context.capabilities;
    this.network = new NativeNetwork(context);
  }

  /**
   * Loads the addon. The environment variable GROUPCAST_ADDON names another file than the one that came with the package.
   *
   * @param reason - Why this backend is in use, as a sentence for people; says which addon was loaded when left out.
   * @throws BackendLoadError `ERR_BACKEND_LOAD`: not Linux, no addon for this platform, or one that does not load.
   */
  static load(reason?: string): NativeBackend {
    const { addon, target } = loadAddon();
    return new NativeBackend(contextOf(addon), reason ?? `the addon for ${target} is there and loads`);
  }

  openSocket(family: Family, observer: SocketObserver): DatagramSocket | Outcome {
    return NativeSocket.open(this.#context, family, observer);
  }

  adoptSocket(fd: number, observer: SocketObserver): DatagramSocket | Outcome {
    return NativeSocket.adopt(this.#context, fd, observer);
  }
}

/** The addon calls back into one context of each thread, and every backend of the thread shares it. */
const contexts = new WeakMap<Addon, NativeContext>();

function contextOf(addon: Addon): NativeContext {
  const known = contexts.get(addon);
  if (known !== undefined) return known;
  const context = new NativeContext(addon);
  addon.configure({ ...NativeSocket.callbacks, changed: () => context.interfaces.notify() });
  contexts.set(addon, context);
  return context;
}
