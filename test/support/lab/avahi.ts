// A host that speaks mDNS and DNS-SD (RFC 6762, RFC 6763) with Avahi, as a desktop or a printer does: the peer to interoperate with.
import type { HostInterface } from "./host.js";
import type { Program } from "./program.js";

const SETTLED_DEADLINE_MS = 10_000; // a name is probed for three quarters of a second first, RFC 6762 8.1
const OWN = { ownRunDirectory: true } as const; // D-Bus and Avahi find each other, and a second daemon, by paths in /run

/** No second user, no second root directory, no limits: namespaces and deadlines do their work. */
const DAEMON_OPTIONS = "--no-drop-root --no-chroot --no-rlimits -f /run/avahi.conf";

/**
 * A bus as the system's, for one user: the distribution's own configuration changes to a user of its own, which a user namespace does
 * not have. See dbus-daemon(1).
 */
const BUS_CONFIGURATION = `<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>`;

const START_BUS = `mkdir -p /run/dbus && printf %s '${BUS_CONFIGURATION}' > /run/bus.conf &&
exec dbus-daemon --config-file=/run/bus.conf --nofork --nopidfile --print-address`;

/**
 * avahi-daemon(8) refuses a runtime directory that does not belong to the user "avahi", and a user namespace has one user only: the
 * daemon sees a list of users where that is the one it runs as.
 */
const BE_AVAHI = ["passwd root:x:0:0::/:/bin/sh avahi:x:0:0::/:/bin/sh", "group root:x:0: avahi:x:0:"]
  .map((line) => line.split(" "))
  .map(([file, ...entries]) => `printf '%s\\n' ${entries.join(" ")} > /run/${file} && mount --bind /run/${file} /etc/${file}`)
  .join(" && ");

/** A service to announce. */
export interface Service {
  readonly name: string;
  /** Shape: "_http._tcp". */
  readonly type: string;
  readonly port: number;
  /** Shape: "key=value". */
  readonly texts?: readonly string[];
}

export class Avahi {
  readonly #at: HostInterface;

  private constructor(at: HostInterface) {
    this.#at = at;
  }

  /** Starts D-Bus and Avahi in a host, and waits until the host's name, "<name>.local", is announced at the interface. */
  static async start(at: HostInterface): Promise<Avahi> {
    const { host } = at;
    const bus = host.spawn("sh", ["-c", START_BUS], OWN);
    await bus.text(/^unix:/);
    const daemon = host.spawn("sh", ["-c", `${BE_AVAHI} && ${writeConfiguration(at)} && exec avahi-daemon ${DAEMON_OPTIONS} 2>&1`], OWN);
    await daemon.text(/^Server startup complete/, { deadlineMs: SETTLED_DEADLINE_MS });
    return new Avahi(at);
  }

  /** Announces a service, until the program is stopped. Settles when no other host has the name. */
  async publish({ name, type, port, texts = [] }: Service): Promise<Program> {
    const program = this.#at.host.spawn(
      "sh",
      ["-c", 'exec "$@" 2>&1', "sh", "avahi-publish", "-s", name, type, String(port), ...texts],
      OWN,
    );
    await program.text(/^Established under name/, { deadlineMs: SETTLED_DEADLINE_MS });
    return program;
  }

  /**
   * Looks for services, until the program is stopped. Each line that it prints about a found service is, separated by
   * semicolons: "=", interface, IPv4 or IPv6, name, type, domain, host, address, port, texts; "-" instead of "=" when it is gone.
   */
  browse(type: string): Program {
    return this.#at.host.spawn("avahi-browse", ["--resolve", "--parsable", "--no-db-lookup", type], OWN);
  }
}

function writeConfiguration(at: HostInterface): string {
  const server = ["[server]", `host-name=${at.host.name}`, `allow-interfaces=${at.name}`, "use-ipv4=yes", "use-ipv6=yes"];
  const lines = [...server, "[publish]", "publish-workstation=no"];
  return `mkdir -p /run/avahi-daemon && printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")} > /run/avahi.conf`;
}
