// A host of the lab: a network namespace in which programs run.
import { join } from "node:path";
import type { Belongings } from "./belongings.js";
import { Capture, type CaptureOptions } from "./capture.js";
import { compileProgram } from "./compile-program.js";
import { Loss, type LossOptions } from "./loss.js";
import { type MulticastRoute, MulticastRouter } from "./multicast-router.js";
import type { Namespace } from "./namespace.js";
import { NetworkCard } from "./network-card.js";
import { PlainSocket, type PlainSocketOptions } from "./plain-socket.js";
import { Program } from "./program.js";

/** How to start a program. */
export interface RunOptions {
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it sees this host's own /run, which is empty at first: for daemons that meet at fixed paths there. Default: false. */
  readonly ownRunDirectory?: boolean;
}

/** Each `ip netns exec` has mounts of its own: what is mounted here, no one else sees. */
const WITH_OWN_RUN_DIRECTORY = 'mkdir -p "$0" && mount --bind "$0" /run && exec "$@"';

/** A network interface of a host. */
export class HostInterface extends NetworkCard {
  readonly host: Host;

  /** @param addresses - With prefix length: "10.1.0.1/24", "fd01::1/64". */
  constructor(host: Host, name: string, addresses: readonly string[] = []) {
    super(host.namespace, name, addresses);
    this.host = host;
  }

  /** Captures what arrives here, or what leaves. */
  capture(options: CaptureOptions = {}): Promise<Capture> {
    return this.host.capture(this, options);
  }
}

export class Host {
  readonly name: string;
  readonly namespace: Namespace;
  readonly loopback: HostInterface;
  readonly #interfaces = new Map<string, HostInterface>();
  readonly #belongings: Belongings;
  readonly #directory: string;

  /** @param directory - For files of the host's daemons. */
  constructor(name: string, namespace: Namespace, belongings: Belongings, directory: string) {
    this.name = name;
    this.namespace = namespace;
    this.#belongings = belongings;
    this.#directory = directory;
    this.loopback = this.interface("lo");
  }

  /**
   * An interface by the name it was first given. A new name makes a new one, which exists once its cable is plugged in.
   *
   * @param addresses - With prefix length: "10.1.0.1/24", "fd01::1/64". Only for a new one.
   */
  interface(name: string, addresses: readonly string[] = []): HostInterface {
    const known = this.#interfaces.get(name);
    if (known !== undefined) return known;
    const created = new HostInterface(this, name, addresses);
    this.#interfaces.set(name, created);
    return created;
  }

  /**
   * Starts a Node program of ours. It prints JSON lines, which {@link Program.line} waits for, and reads commands as JSON lines.
   *
   * @param path - Absolute; TypeScript or JavaScript.
   */
  run(path: string, args: readonly string[] = [], options: RunOptions = {}): Program {
    return this.spawn(process.execPath, ["--enable-source-maps", compileProgram(path), ...args], options);
  }

  /** Starts any program: a daemon, a script in Python. */
  spawn(command: string, args: readonly string[] = [], { env, ownRunDirectory = false }: RunOptions = {}): Program {
    const wrapper = ["-c", WITH_OWN_RUN_DIRECTORY, join(this.#directory, `${this.name}.run`), command, ...args];
    const started = ownRunDirectory ? { command: "sh", args: wrapper, env } : { command, args, env };
    return this.#belongings.add(new Program(this.namespace, started));
  }

  /** Runs a program to completion. @returns What it printed. @throws CommandError when it fails. */
  exec(command: string, args: readonly string[] = []): Promise<string> {
    return this.namespace.exec(command, args);
  }

  /** Opens a socket of `node:dgram` in a process of this host: the plain sender and receiver to compare with. */
  async socket(options: PlainSocketOptions = {}): Promise<PlainSocket> {
    return PlainSocket.open(this, options);
  }

  /** Sets kernel parameters of this host: `{ "net.ipv4.igmp_max_memberships": 5 }`. */
  sysctl(values: Readonly<Record<string, number | string>>): Promise<void> {
    return this.namespace.sysctl(values);
  }

  /** Makes all interfaces speak these versions of IGMP and MLD, whatever the querier speaks. */
  forceMembershipVersions({ igmp, mld }: { readonly igmp: 1 | 2 | 3; readonly mld: 1 | 2 }): Promise<void> {
    return this.sysctl({ "net.ipv4.conf.all.force_igmp_version": igmp, "net.ipv6.conf.all.force_mld_version": mld });
  }

  /** Captures what arrives at an interface, or leaves it. */
  async capture(at: HostInterface, options: CaptureOptions = {}): Promise<Capture> {
    return this.#belongings.add(await Capture.start(at, this.name, options));
  }

  /** Makes this host a multicast router between its interfaces. Also passes unicast on. */
  async routeMulticast(routes: readonly MulticastRoute[]): Promise<MulticastRouter> {
    return this.#belongings.add(
      await MulticastRouter.start({ namespace: this.namespace, name: this.name, directory: this.#directory }, routes),
    );
  }

  /** Loses some of what arrives. */
  lose(options: LossOptions): Promise<Loss> {
    return Loss.start(this.namespace, options); // nothing to dispose of: the rules end with the namespace
  }
}
