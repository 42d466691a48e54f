import type { Family, NetworkInterface, Outcome } from "@groupcast/backend";

/** Functions that the addon calls from the event loop. `this` is the object that was given to `socket_open`. */
export interface AddonCallbacks {
  received(this: object, count: number): void;
  writable(this: object): void;
  /** Reports a lost datagram. The peer is address 0 of the shared tables; family 0: unknown. */
  sendFailed(this: object, errno: number): void;
  failed(this: object, errno: number, operation: string): void;
  /**
   * Reports that interfaces or addresses changed. `deleted`: indices of interfaces that were deleted, or moved to another namespace; 0 where
   * the kernel had no room to tell of some.
   */
  changed(...deleted: number[]): void;
}

/** Route as the addon finds it. */
export interface AddonRoute {
  readonly interfaceIndex: number; // 0: none
  readonly source?: string;
  readonly gateway?: string;
}

/**
 * Functions of the addon, each named like its C++ function in `addon/*_exports.cc`. A negative number is an errno.
 * Addresses pass through the shared tables: the caller writes arguments there before the call, and reads results after it.
 */
export interface Addon {
  layout_version(): number;
  configure(callbacks: AddonCallbacks): void;
  tables(): ArrayBuffer;
  slab(): ArrayBuffer;
  parse_address(text: string): Outcome;
  format_address(): string;
  interface_name(index: number): string | Outcome;
  interface_index(name: string): number | Outcome;
  option_names(): string[];
  gather(chunk: Uint8Array, position: number, first: number, end: number, maxBytes: number): number;
  run_end(first: number, end: number, prefixBytes: number, leastBytes: number): number;

  socket_open(owner: object, family: Family): Family | Outcome;
  socket_adopt(owner: object, fd: number): Family | Outcome;
  socket_bind(socket: object): Outcome;
  socket_connect(socket: object): Outcome;
  socket_disconnect(socket: object): Outcome;
  socket_local_address(socket: object): Outcome;
  socket_peer_address(socket: object): Outcome;
  socket_send(socket: object, bytes: Uint8Array, offsets: Int32Array, runCount: number): Outcome;
  socket_start_reading(socket: object, maxPacketBytes: number, maxDatagrams: number, maxBytes: number): Outcome;
  socket_stop_reading(socket: object): void;
  socket_set_option(socket: object, name: string, value: number): Outcome;
  socket_get_option(socket: object, name: string): Outcome;
  socket_steer(socket: object, program: Int32Array): Outcome;
  socket_set_multicast_interface(socket: object, index: number): Outcome;
  socket_join(socket: object, interfaceIndex: number): Outcome;
  socket_leave(socket: object, interfaceIndex: number): Outcome;
  socket_block_source(socket: object, interfaceIndex: number): Outcome;
  socket_unblock_source(socket: object, interfaceIndex: number): Outcome;
  socket_ref(socket: object): void;
  socket_unref(socket: object): void;
  socket_close(socket: object): void;

  network_interfaces(): NetworkInterface[] | Outcome;
  network_route(): AddonRoute | Outcome;
  network_default_route(family: Family): AddonRoute | Outcome;
  network_watch_start(): Outcome;
  network_watch_stop(): void;
}
