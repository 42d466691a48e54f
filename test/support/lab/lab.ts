// A network to prove promises on: hosts, switches and routers as network namespaces, cables as veth pairs, all on this machine.
import { rm } from "node:fs/promises";
import { Belongings } from "./belongings.js";
import { Cable, type Plug } from "./cable.js";
import { Host, HostInterface } from "./host.js";
import { Namespace, sweepNamespaces } from "./namespace.js";
import { sweepDirectories, takeOwnership } from "./ownership.js";
import { Switch, type SwitchOptions } from "./switch.js";

export class Lab implements AsyncDisposable {
  readonly name: string;
  /** First part of the names of the lab's namespaces. */
  readonly prefix: string;
  readonly #directory: string;
  readonly #hosts = new Map<string, Host>();
  readonly #belongings = new Belongings();

  private constructor(name: string) {
    this.name = name;
    const { prefix, directory } = takeOwnership();
    this.prefix = prefix;
    this.#directory = directory;
  }

  /**
   * Makes an empty lab, after sweeping away what labs of killed processes left behind.
   *
   * @param name - What it is for, to find the lab in failures.
   */
  static async create(name: string): Promise<Lab> {
    await sweepNamespaces();
    sweepDirectories();
    return new Lab(name);
  }

  /** Adds a host with nothing but loopback. */
  async addHost(name: string): Promise<Host> {
    const host = new Host(name, await this.#addNamespace(name), this.#belongings, this.#directory);
    this.#hosts.set(name, host);
    return host;
  }

  /** A host by its name. */
  host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`No host "${name}" in the lab "${this.name}"`);
    return host;
  }

  /** Adds a switch without cables. */
  async addSwitch(name: string, options: SwitchOptions = {}): Promise<Switch> {
    return Switch.create(name, await this.#addNamespace(name), options);
  }

  /**
   * Plugs a cable into two sockets, and waits until datagrams pass.
   *
   * @example
   * await lab.plug(a.interface("eth0", ["10.77.0.1/24", "fd77::1/64"]), uplink.port("a"));
   */
  async plug(one: Plug, other: Plug): Promise<Cable> {
    const cable = new Cable(one, other);
    for (const end of cable.ends) if (end instanceof HostInterface) end.cable = cable;
    await cable.plug();
    return cable;
  }

  /** Ends all processes of the lab and deletes everything it made. @throws AggregateError of all that went wrong unnoticed. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#belongings[Symbol.asyncDispose]();
    } finally {
      await rm(this.#directory, { recursive: true, force: true });
    }
  }

  async #addNamespace(name: string): Promise<Namespace> {
    return this.#belongings.add(await Namespace.create(`${this.prefix}-${name}`));
  }
}
