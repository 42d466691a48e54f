import {
  BackendLoadError,
  type BackendNetwork,
  type Capability,
  type DatagramBackend,
  type Family,
  type Outcome,
  type SocketObserver,
} from "@groupcast/backend";
import { foreignRuntime } from "@groupcast/base";
import { BACKEND_NAME, dgramCapabilities } from "./dgram-capabilities.js";
import { DgramNetwork } from "./dgram-network.js";
import { DgramSocket } from "./dgram-socket.js";

const DEFAULT_POLL_INTERVAL_MS = 1000;

/** Settings of {@link DgramBackend}. */
export interface DgramBackendOptions {
  /** Why dgram is in use, as one sentence for people. */
  readonly reason?: string | undefined;
  /** Interval between two looks at the interfaces while they are watched, in milliseconds. Default: 1000. */
  readonly pollIntervalMs?: number | undefined;
}

/**
 * UDP through Node's own `node:dgram` and `node:os`, on every platform that Node runs on.
 *
 * Unsupported features are missing from {@link DgramBackend.capabilities} and throw `UnsupportedError`; none is emulated.
 */
export class DgramBackend implements DatagramBackend {
  /** Name of this backend: "dgram". */
  readonly name: string = BACKEND_NAME;
  /** Why this backend is in use, as one sentence for people. */
  readonly reason: string;
  /** Features and options that `node:dgram` has on this platform and this version of Node. */
  readonly capabilities: ReadonlySet<Capability> = dgramCapabilities();
  /** Interfaces of the host, from `os.networkInterfaces()`. Routes are out of reach. */
  readonly network: BackendNetwork;

  /**
   * Makes a backend. It opens nothing until a socket is bound.
   *
   * @throws BackendLoadError `ERR_BACKEND_LOAD` on Bun and Deno: their `node:dgram` binds a socket after `bind()` has returned.
   */
  constructor(options: DgramBackendOptions = {}) {
    const runtime = foreignRuntime();
    if (runtime !== undefined)
      throw new BackendLoadError(BACKEND_NAME, `it needs Node.js, and this is ${runtime}, which binds sockets later`, {
        remedy: "run the program with Node.js",
      });
    this.reason = options.reason ?? "node:dgram was asked for";
    this.network = new DgramNetwork(options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS);
  }

  /** Makes a backend, as `NativeBackend.load()` does: a program can pick its backend by one name. It has nothing to load, and never fails. */
  static load(reason?: string): DgramBackend {
    return new DgramBackend(reason === undefined ? {} : { reason });
  }

  /** Makes an unbound socket. The OS opens one when it is bound, so this never fails. */
  openSocket(family: Family, observer: SocketObserver): DgramSocket {
    return DgramSocket.open(family, observer);
  }

  /**
   * Makes a socket of a descriptor that another program opened.
   *
   * Node cannot duplicate a descriptor, so the socket takes this one over: the socket closes it, and the caller must not. Node causes three
   * more differences from the contract. It sets SO_REUSEADDR. It does not know the peer of a connected descriptor, and sending on it fails
   * with `EISCONN`. On IPv6, TTL and loopback options answer `-ENOTSUP`.
   *
   * @param family - IP version of the descriptor, which Node cannot find out beforehand. Default: 4. With a wrong one the outcome is
   * `-EAFNOSUPPORT`, and the descriptor is closed.
   * @returns The socket; `-EINVAL` where `fd` is no open UDP socket (it stays as it is), but a UDP-Lite socket that is not bound is taken for one;
   * `-ENOTSUP` for descriptor 0.
   */
  adoptSocket(fd: number, observer: SocketObserver, family?: Family): DgramSocket | Outcome {
    return DgramSocket.adopt(fd, family ?? 4, observer);
  }
}
