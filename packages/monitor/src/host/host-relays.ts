import type { PortSample, RelaySample } from "../sample.js";

/** Number of ports after that of the channels that only relays use: `relay-port.ts` of `@groupcast/channels`. */
const RELAY_PORTS = 64;

/** Returns the relays of channels on this host: a relay sends from a port that ordinary senders never get. */
export function hostRelays(ports: readonly PortSample[], channelPort: number): readonly RelaySample[] {
  return ports
    .filter(({ port }) => port > channelPort && port <= channelPort + RELAY_PORTS)
    .map(({ id, port, program, pid }) => ({ id, name: `port ${port}`, program, pid }));
}
