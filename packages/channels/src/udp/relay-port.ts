/**
 * The ports of relays. They mark relayed messages on UDP, whose datagrams have no room for a mark.
 *
 * A relay sends all its channels from one port of its own, the last free one of the 64 after the channels' port: people give neighbouring
 * numbers, such as the next one, to other networks. Relays take nothing from such a port, so a message that came to a UDP network through a
 * relay does not leave it through another. Systems give ordinary senders no such number, as long as the channels' port lies below their
 * ephemeral ports (32,768 on Linux, ip(7)).
 */
import { CannotListenError, DatagramProtocol, MAX_PORT, type MulticastListenOptions, type MulticastPort, type Reactor } from "groupcast";

const RELAY_PORTS = 64;

/** Largest number of the channels' port: the relay ports come after it. */
export const MAX_CHANNEL_PORT: number = MAX_PORT - RELAY_PORTS;

/** Protocol of a port that only sends. It ignores datagrams; the port's statistics count them. */
export class SendingProtocol extends DatagramProtocol {
  override datagramReceived(): void {}
}

/** Returns whether a datagram from port number `from` came through a relay. */
export function isRelayPort(from: number, channelPort: number): boolean {
  return from > channelPort && from <= channelPort + RELAY_PORTS;
}

/** Opens the last relay port that is free. @throws CannotListenError `ERR_LISTEN`, with EADDRINUSE when none is. */
export function openRelayPort(reactor: Reactor, channelPort: number, options: MulticastListenOptions): MulticastPort {
  for (let port = channelPort + RELAY_PORTS; ; port--) {
    try {
      return reactor.listenMulticast(port, new SendingProtocol(), options);
    } catch (error) {
      const isTaken = error instanceof CannotListenError && error.errnoName === "EADDRINUSE";
      if (!isTaken || port === channelPort + 1) throw error;
    }
  }
}
