import type { DatagramBackend } from "@groupcast/backend";
import type { Clock, Logger } from "@groupcast/base";
import type { AddressBook } from "./address-book.js";
import type { Network } from "./network.js";
import type { SlabPool } from "./slab-pool.js";
import type { UDPPort } from "./udp-port.js";

/** What a reactor shares with its ports. */
export interface PortContext {
  readonly backend: DatagramBackend;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly network: Network;
  readonly addressBook: AddressBook;
  readonly slabs: SlabPool;
  /** Tells the reactor's listeners; false when it has none for errors. */
  portFailed(error: Error, port: UDPPort): boolean;
  portClosed(port: UDPPort): void;
}
