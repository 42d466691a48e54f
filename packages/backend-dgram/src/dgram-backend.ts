import type { BackendNetwork, Capability, DatagramBackend, Family, Outcome, SocketObserver } from "@groupcast/backend";
import { BACKEND_NAME, dgramCapabilities } from "./dgram-capabilities.js";
import { DgramNetwork } from "./dgram-network.js";
import { DgramSocket } from "./dgram-socket.js";

const DEFAULT_POLL_INTERVAL_MS = 1000;

/** Settings of {@link DgramBackend}. */
export interface DgramBackendOptions {
  /** Why dgram is in use, as one sentence for people. */
  readonly reason?: string;
  /** How often interfaces are looked at while somebody watches them, in milliseconds. Default 1000. */
  readonly pollIntervalMs?: number;
}

/**
 * UDP by Node's own `node:dgram` and `node:os`, for every platform Node runs on.
 *
 * What it cannot do is missing from {@link DgramBackend.capabilities} and refused with `UnsupportedError`; nothing is imitated.
 */
export class DgramBackend implements DatagramBackend {
  readonly name: string = BACKEND_NAME;
  readonly reason: string;
  readonly capabilities: ReadonlySet<Capability> = dgramCapabilities();
  readonly network: BackendNetwork;

  constructor(options: DgramBackendOptions = {}) {
    this.reason = options.reason ?? "node:dgram was asked for";
    this.network = new DgramNetwork(options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS);
  }

  openSocket(family: Family, observer: SocketObserver): DgramSocket {
    return DgramSocket.open(family, observer);
  }

  /**
   * Makes a socket of a descriptor that another program opened.
   *
   * Node has no way to duplicate a descriptor, so this one is taken over: the socket closes it, and the caller must not. Three
   * more things differ from the contract, all of them Node's: SO_REUSEADDR is set; the peer of a connected descriptor is not
   * known, and sending on it fails with `EISCONN`; on IPv6, TTL and loopback options answer `-ENOTSUP`.
   *
   * @param family - The IP version of the descriptor, which Node cannot tell beforehand. A wrong one is found out too late: the
   * outcome is `-EAFNOSUPPORT`, and the descriptor is closed.
   * @returns The socket; `-EINVAL` where `fd` is no open UDP socket (it stays as it is); `-ENOTSUP` for descriptor 0.
   */
  adoptSocket(fd: number, observer: SocketObserver, family?: Family): DgramSocket | Outcome {
    return DgramSocket.adopt(fd, family ?? 4, observer);
  }
}
