// A cable between two interfaces: a veth pair, whose two ends are created and deleted together.
import { runCommand } from "./command.js";
import type { Namespace } from "./namespace.js";
import { until } from "./until.js";

const NAME_LIMIT_CHARS = 15; // IFNAMSIZ less the final zero, linux/if.h

/** One end of a cable. */
export interface Plug {
  readonly namespace: Namespace;
  /** Name of the interface. */
  readonly name: string;
  /** Commands of `ip` that configure the interface that has just been created. */
  setup(): readonly string[];
  /** Whether it passes datagrams on. */
  isReady(): Promise<boolean>;
  /** Sends a datagram to everyone at the other end of the cable. */
  beacon(text: string): Promise<void>;
}

export class Cable {
  readonly ends: readonly [Plug, Plug];

  constructor(one: Plug, other: Plug) {
    this.ends = [one, other];
  }

  /** Creates both ends, configures them, and waits until they pass datagrams on. */
  async plug(): Promise<void> {
    const [one, other] = this.ends;
    await runCommand("ip", ["link", "add", ...endOf(one), "type", "veth", "peer", ...endOf(other)]);
    for (const end of this.ends) await end.namespace.ip(end.setup());
    await this.whenReady();
  }

  /** Pulls it out of both sockets: the interfaces are gone, as a network adapter on USB would be. `plug()` brings them back. */
  async unplug(): Promise<void> {
    const [one] = this.ends;
    await one.namespace.ip([`link del dev ${one.name}`]);
  }

  /** Waits until both ends pass datagrams on. */
  async whenReady(): Promise<void> {
    for (const end of this.ends) {
      await until(() => end.isReady(), { what: `${end.name} in ${end.namespace.name} is up, with its link-local address` });
    }
  }

  /** The other end than this one. */
  farEndOf(end: Plug): Plug {
    const [one, other] = this.ends;
    return end === one ? other : one;
  }
}

/**
 * A veth pair passes on what a sender asked the network card to cut up (UDP_SEGMENT, udp(7)) in one piece. With one segment as
 * the limit the kernel cuts before the cable, and a capture shows what a real cable would carry.
 */
function endOf({ name, namespace }: Plug): string[] {
  if (name.length > NAME_LIMIT_CHARS) throw new RangeError(`Interface name "${name}" has more than ${NAME_LIMIT_CHARS} characters`);
  return ["name", name, "netns", namespace.name, "gso_max_segs", "1"];
}
