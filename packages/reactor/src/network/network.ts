import type { Family, NetworkInterface, Route } from "@groupcast/backend";
import type { Subscribable } from "@groupcast/base";

/** Difference between two lists of the host's interfaces. */
export interface NetworkChange {
  /** Interfaces that are new. One that was deleted and made again under its name has another index: it is in both lists. */
  readonly added: readonly NetworkInterface[];
  /** Interfaces that are gone, as they were. */
  readonly removed: readonly NetworkInterface[];
  /** Interfaces with other flags, addresses, MAC or MTU, as they are now. */
  readonly changed: readonly NetworkInterface[];
}

/** Events of {@link Network}. */
export type NetworkEvents = {
  /**
   * Interfaces or their addresses changed. Driven by rtnetlink(7) on the native backend; on dgram a look once a second, where interfaces
   * that are down or have no address do not show.
   */
  change: (change: NetworkChange) => void;
};

/**
 * The interfaces and routes of the host. Each reactor has one, `reactor.network`.
 *
 * Nothing is cached: every call asks the OS. Addresses come as IP literals.
 */
export interface Network extends Subscribable<NetworkEvents> {
  /**
   * Returns every interface, up or down; on dgram, those that are up and have an address.
   *
   * @throws SystemError `ERR_INTERFACES`: the OS did not list them.
   */
  interfaces(): NetworkInterface[];
  /**
   * Returns every address of every interface; link-local IPv6 ones with their zone (`fe80::1%eth0`).
   *
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_OPTION_UNKNOWN`. @throws SystemError `ERR_INTERFACES`.
   */
  getInterfaceIPs(options?: {
    /** Whether IPv4 addresses are included. Default: true. */
    readonly ipv4?: boolean | undefined;
    /** Whether IPv6 addresses are included. Default: true. */
    readonly ipv6?: boolean | undefined;
  }): string[];
  /**
   * Returns the interface of the default route, by which datagrams to the Internet leave; undefined without a default route.
   *
   * @param family - IP version. Default: 4.
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. @throws SystemError `ERR_ROUTE`.
   * @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION` on dgram, which cannot ask for routes.
   */
  getDefaultGatewayInterface(family?: Family): NetworkInterface | undefined;
  /** Returns the first address of that interface; undefined without one. @throws as {@link Network.getDefaultGatewayInterface}. */
  getDefaultGatewayInterfaceIP(family?: Family): string | undefined;
  /**
   * Returns the route that the datagram of an unconnected socket to `address` takes; undefined without one.
   *
   * @param address - IP literal, IPv6 with its zone where it needs one.
   * @throws InvalidArgumentError `ERR_ADDRESS_NOT_IP`, `ERR_ADDRESS_SCOPE`, `ERR_FAMILY_MISMATCH`, `ERR_ARGUMENT_TYPE`.
   * @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION` on dgram, which cannot ask for routes.
   * @throws SystemError `ERR_ROUTE`: a route refuses the datagram (`prohibit`, `blackhole`), or the OS does not answer.
   */
  routeTo(
    address: string,
    options?: {
      /** IP literal of the local address that the datagram is sent from. Default: the one that the kernel chooses. */
      readonly source?: string | undefined;
    },
  ): Route | undefined;
}
