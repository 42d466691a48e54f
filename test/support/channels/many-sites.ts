// The network of the guide "Many sites" in the lab: three servers of a cluster, two sites with relays, and its configuration files as they are.
import { fileURLToPath } from "node:url";
import type { ClusterCommand, ClusterRole } from "../../lab/programs/cluster-site.js";
import type { Host } from "../lab/host.js";
import type { Lab } from "../lab/lab.js";
import type { JsonLine, Program } from "../lab/program.js";
import { until } from "../lab/until.js";

const CONFIGURATION = fileURLToPath(new URL("../../../examples/many-sites/", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../../lab/programs/cluster-site.ts", import.meta.url));
const START_DEADLINE_MS = 20_000;
const JOIN_DEADLINE_MS = 6000;
const MAX_STARTS = 5;
const SERVERS = [1, 2, 3] as const;
const EVERYTHING = ["robot/**", "__groupcast_nodes"];

/** What the environment of the servers has: the configuration takes passwords from there. */
export const PASSWORDS: Readonly<Record<string, string>> = {
  SITE_A_PASSWORD: "secret-a",
  SITE_B_PASSWORD: "secret-b",
  SITE_C_PASSWORD: "change-me", // as site-c.conf has it
  OPERATOR_PASSWORD: "secret-o",
  DASHBOARD_PASSWORD: "secret-d",
  PARTNER_PASSWORD: "secret-p",
};

/** Path of a configuration file of the guide. */
export function configurationFile(name: string): string {
  return `${CONFIGURATION}${name}`;
}

/** A site of the network. */
export interface SiteOptions {
  /** Number of the server that its relay is told. */
  readonly server: number;
  /** Options of the client. */
  readonly connection?: object;
  /** Channels that its relay passes on. Default: those of the guide. */
  readonly channels?: readonly string[];
}

/** One program of the network, asked for what it has counted. */
export class Member {
  readonly program: Program;

  constructor(program: Program) {
    this.program = program;
  }

  tell(command: ClusterCommand): void {
    this.program.write(command);
  }

  report(): Promise<JsonLine> {
    this.tell({ report: true });
    return this.program.line({ event: "report" });
  }

  /** Waits until what it has counted is so. */
  async until(isReached: (report: JsonLine) => boolean, what: string): Promise<JsonLine> {
    let report: JsonLine = {};
    await until(
      async () => {
        report = await this.report();
        return isReached(report);
      },
      { what, deadlineMs: 40_000 },
    );
    return report;
  }
}

export class ManySites {
  readonly #lab: Lab;
  readonly #wan: Awaited<ReturnType<Lab["addSwitch"]>>;
  readonly #servers = new Map<number, { readonly host: Host; program: Program }>();

  private constructor(lab: Lab, wan: Awaited<ReturnType<Lab["addSwitch"]>>) {
    this.#lab = lab;
    this.#wan = wan;
  }

  /** Three servers that have found one another. */
  static async create(lab: Lab): Promise<ManySites> {
    const sites = new ManySites(lab, await lab.addSwitch("wan", { snooping: false }));
    for (const number of SERVERS) {
      const host = await sites.#host(`cloud-${number}`, `10.77.0.1${number}/24`);
      sites.#servers.set(number, { host, program: serve(host, `cloud-${number}`) });
      await sites.#joinCluster(number);
    }
    return sites;
  }

  /** Waits until a server has routes to so many others. */
  async whenClustered(number: number, others: number, deadlineMs = START_DEADLINE_MS): Promise<void> {
    const isReached = async (): Promise<boolean> => (await this.#routes(number)) >= others;
    await until(isReached, { what: `cloud-${number} has routes to ${others} others`, deadlineMs });
  }

  /** Ends a server as a crash does. */
  async kill(number: number): Promise<void> {
    const { program } = this.#servers.get(number)!;
    const ended = program.exited();
    program.signal("SIGKILL");
    await ended;
  }

  /** Starts a server that was killed. */
  restart(number: number): void {
    const server = this.#servers.get(number)!;
    server.program = serve(server.host, `cloud-${number}`);
  }

  /** Takes a server from the network without a word: nothing arrives at it any more. */
  async silence(number: number): Promise<void> {
    await this.#servers.get(number)!.host.lose({ matching: "ip saddr 10.77.0.0/24", percent: 100 });
  }

  /** A host on the network of the servers. */
  async host(name: string, address: string): Promise<Host> {
    return this.#host(name, address);
  }

  /** A site: a host with a node, and one with a relay that knows one server. */
  async site(letter: "a" | "b", { server, connection, channels = EVERYTHING }: SiteOptions): Promise<{ node: Member; relay: Member }> {
    const subnet = letter === "a" ? 1 : 2;
    const host = await this.#lab.addHost(letter);
    const gate = await this.#host(`relay-${letter}`, `10.77.0.${subnet}/24`);
    await this.#lab.plug(host.interface("eth0", [`10.77.${subnet}.2/24`]), gate.interface("site", [`10.77.${subnet}.1/24`]));
    const login = { user: `site-${letter}`, pass: PASSWORDS[`SITE_${letter.toUpperCase()}_PASSWORD`]! };
    const nats = { servers: `10.77.0.1${server}:4222`, connection: { ...login, ...connection } };
    const node = await join(host, { interface: "eth0", name: `node ${letter}` });
    return { node, relay: await join(gate, { interface: "site", nats, network: `site-${letter}`, channels }) };
  }

  /**
   * Waits until a server has routes to those before it. Two servers that connect to each other in the same millisecond each close the other's
   * connection as a duplicate of its own, and both try again after a second, to the same effect: then it starts anew.
   */
  async #joinCluster(number: number): Promise<void> {
    const { host } = this.#servers.get(number)!;
    for (let starts = 1; ; starts++) {
      await until(() => isListening(host), { what: `cloud-${number} listens to the other servers` });
      try {
        return await this.whenClustered(number, number - 1, JOIN_DEADLINE_MS);
      } catch (error) {
        if (starts === MAX_STARTS) throw error;
      }
      await this.kill(number);
      this.restart(number);
    }
  }

  async #host(name: string, address: string): Promise<Host> {
    const host = await this.#lab.addHost(name);
    await this.#lab.plug(host.interface("wan", [address]), this.#wan.port(name));
    return host;
  }

  async #routes(number: number): Promise<number> {
    const output = await this.#servers.get(number)!.host.exec("ss", ["-Hnt", "state", "established", "( sport = :6222 or dport = :6222 )"]);
    return output.split("\n").filter((line) => line !== "").length;
  }
}

async function isListening(host: Host): Promise<boolean> {
  return (await host.exec("ss", ["-Hntl", "( sport = :6222 )"])) !== "";
}

/** Starts a server with a file of the guide. */
export function serve(host: Host, name: string): Program {
  return host.spawn("nats-server", ["--config", configurationFile(`${name}.conf`)], { env: PASSWORDS });
}

/** Starts a node or a relay. */
export async function join(host: Host, role: ClusterRole): Promise<Member> {
  const program = host.run(PROGRAM, [JSON.stringify(role)]);
  await program.line({ event: "ready" }, { deadlineMs: START_DEADLINE_MS });
  return new Member(program);
}
