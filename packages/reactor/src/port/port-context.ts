import type { DatagramBackend } from "@groupcast/backend";
import type { Clock, Logger } from "@groupcast/base";
import type { HostNetwork } from "../network/host-network.js";
import type { AddressBook } from "../sending/address-book.js";
import type { SlabPool } from "../sending/slab-pool.js";
import type { MulticastPort } from "../udp-port.js";
import type { IdleProtocols } from "./check-protocol.js";

/** A port, as its reactor sees it. */
export interface ReactorPort extends MulticastPort {
  /** Brings memberships and outgoing interface in line with the current interfaces. */
  interfacesChanged(): void;
}

/** Parts of a reactor that it shares with its ports. */
export interface PortContext {
  readonly backend: DatagramBackend;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly network: HostNetwork;
  readonly addressBook: AddressBook;
  readonly slabs: SlabPool;
  readonly idleProtocols: IdleProtocols;
  /** Emits the reactor's `error` event; returns false when it has no listener. */
  portFailed(error: Error, port: ReactorPort): boolean;
  /** Forgets the port and emits the reactor's `closed` event. */
  portClosed(port: ReactorPort): void;
}
