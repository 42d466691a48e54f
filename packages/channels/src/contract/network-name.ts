/** Pattern of a network's name, as relays write it on a packet. No space: on NATS a space separates it from what follows. */
export const NETWORK_NAME: RegExp = /^[A-Za-z0-9._-]{1,64}$/;
