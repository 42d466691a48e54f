/**
 * How relayed messages are told apart on UDP, whose datagrams have no room for it: by the number of the port they come from.
 *
 * A relay sends all its channels from one port of its own, the first free one of the 64 after the channels' port. Whoever relays takes
 * nothing from such a port, so what came to a UDP network through a relay does not leave it through another. Systems give no such
 * number to ordinary senders, as long as the channels' port lies below their ephemeral ports (32,768 on Linux, ip(7)).
 */
import { CannotListenError, DatagramProtocol, type MulticastListenOptions, type MulticastPort, type Reactor } from "groupcast";

const RELAY_PORTS = 64;

/** A port that only sends. Whatever reaches it was not asked for; the port's statistics count it. */
export class SendingProtocol extends DatagramProtocol {}

/** Whether a datagram from port number `from` came through a relay. */
export function isRelayPort(from: number, channelPort: number): boolean {
  return from > channelPort && from <= channelPort + RELAY_PORTS;
}

/** Opens the first relay port that is free. @throws CannotListenError `ERR_LISTEN`, with EADDRINUSE when none is. */
export function openRelayPort(reactor: Reactor, channelPort: number, options: MulticastListenOptions): MulticastPort {
  for (let port = channelPort + 1; ; port++) {
    try {
      return reactor.listenMulticast(port, new SendingProtocol(), options);
    } catch (error) {
      const isTaken = error instanceof CannotListenError && error.errnoName === "EADDRINUSE";
      if (!isTaken || port === channelPort + RELAY_PORTS) throw error;
    }
  }
}
