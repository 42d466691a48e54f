import {
  BackendLoadError,
  type BackendNetwork,
  type Capability,
  type DatagramBackend,
  type DatagramSocket,
  type Family,
  type Outcome,
  type SocketObserver,
} from "@groupcast/backend";
import type { Addon } from "./addon.js";
import { loadAddon } from "./load-addon.js";
import { NativeContext } from "./native-context.js";
import { NativeNetwork } from "./native-network.js";
import { NativeSocket } from "./native-socket.js";

/**
 * UDP on Linux, through a small addon. It receives and sends datagrams in batches (`recvmmsg(2)`, `sendmmsg(2)`, `UDP_GRO`,
 * `UDP_SEGMENT`), and has every capability of the waist.
 *
 * All backends of a thread share one environment of the addon; a worker thread loads its own.
 */
export class NativeBackend implements DatagramBackend {
  /** Name of this backend: "native". */
  readonly name = "native";
  /** Why this backend is in use, as one sentence for people. */
  readonly reason: string;
  /** Every feature, and each row of the option table that the addon serves. */
  readonly capabilities: ReadonlySet<Capability>;
  /** Interfaces and routes of the host, from rtnetlink(7). */
  readonly network: BackendNetwork;
  readonly #context: NativeContext;

  private constructor(context: NativeContext, reason: string) {
    if (context === undefined)
      throw new BackendLoadError("native", "new creates it without its addon", { remedy: "call NativeBackend.load()" });
    this.#context = context;
    this.reason = reason;
    this.capabilities = context.capabilities;
    this.network = new NativeNetwork(context);
  }

  /**
   * Loads the addon that came with the package, or the file that the environment variable GROUPCAST_ADDON names.
   *
   * @param reason - Why this backend is in use, as a sentence for people. Default: a sentence that names the addon.
   * @throws BackendLoadError `ERR_BACKEND_LOAD`: not Linux, no addon for this platform, or one that does not load.
   */
  static load(reason?: string): NativeBackend {
    const { addon, target } = loadAddon();
    return new NativeBackend(contextOf(addon), reason ?? `the addon for ${target} is installed and loads`);
  }

  /** Opens an unbound UDP socket. @returns The socket, or an errno such as `-EMFILE`. */
  openSocket(family: Family, observer: SocketObserver): DatagramSocket | Outcome {
    return NativeSocket.open(this.#context, family, observer);
  }

  /**
   * Makes a socket of a descriptor that another program opened. It duplicates the descriptor: the caller keeps, and closes, its own. Both
   * share one open file, which becomes non-blocking (O_NONBLOCK).
   *
   * @param fd - Descriptor of a UDP socket, IPv4 or IPv6, bound or not.
   * @returns The socket, or an errno: `-EBADF` not open, `-ENOTSOCK` no socket, `-EAFNOSUPPORT` another family, `-EINVAL` no UDP socket.
   */
  adoptSocket(fd: number, observer: SocketObserver): DatagramSocket | Outcome {
    return NativeSocket.adopt(this.#context, fd, observer);
  }
}

/** Context of each environment. All backends that this evaluation of the module makes in a thread share it. */
const contexts = new WeakMap<Addon, NativeContext>();

function contextOf(addon: Addon): NativeContext {
  const known = contexts.get(addon);
  if (known !== undefined) return known;
  const context = new NativeContext(addon);
  addon.configure({ ...NativeSocket.callbacks, changed: (...deleted) => context.interfaces.notify(deleted) });
  contexts.set(addon, context);
  return context;
}
