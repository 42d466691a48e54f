// A member of a group on a host of a network in memory, which keeps what comes.
import type { MemoryNetwork } from "@groupcast/backend-memory";
import { type Arrival, type MulticastPort, Reactor, type SocketAddress } from "groupcast";

/** A datagram and its time. */
export interface Kept {
  readonly text: string;
  readonly from: SocketAddress;
  readonly atMs: number;
  readonly arrival: Arrival;
}

export interface Listener {
  readonly kept: Kept[];
  readonly port: MulticastPort;
  readonly reactor: Reactor;
}

/** Listens for `group` on port 5000 of host `name`, which it makes. */
export function listenOn(network: MemoryNetwork, name: string, group?: string): Listener {
  const kept: Kept[] = [];
  const reactor = new Reactor({ backend: network.host(name), clock: network.clock });
  const port = reactor.listenMulticast(
    5000,
    {
      datagramReceived(data, from, arrival) {
        kept.push({ text: data.toString(), from, atMs: network.clock.nowMs(), arrival: arrival! });
      },
    },
    { arrival: true, ...(group !== undefined && { group }) },
  );
  return { kept, port, reactor };
}
