// A switch: a Linux bridge in a namespace of its own, with or without IGMP/MLD snooping (RFC 4541) and a querier.
import { sendBeacon } from "./beacon.js";
import type { Plug } from "./cable.js";
import type { Capture } from "./capture.js";
import type { HostInterface } from "./host.js";
import { linkState } from "./link-state.js";
import type { Namespace } from "./namespace.js";
import { until } from "./until.js";

const BRIDGE = "br0";
const UNJOINED_GROUP = "ff12::dead:beac"; // nobody's: a switch that prunes sends it nowhere. Link-local, to have a zone (RFC 4007 11)
const QUERY_INTERVAL_CS = 100; // the least the kernel takes, BR_MULTICAST_QUERY_INTVL_MIN in net/bridge/br_private.h
const RESPONSE_INTERVAL_CS = 10; // hosts answer within it; a new querier does not prune before it is over
const LAST_MEMBER_INTERVAL_CS = 10;
const LAST_MEMBER_QUERIES = 2; // one may be lost
/** RFC 3376 8.4: twice the query interval and the time to answer. A member that is gone without a leave is forgotten after this. */
const MEMBERSHIP_INTERVAL_CS = 2 * QUERY_INTERVAL_CS + RESPONSE_INTERVAL_CS;

/** What the switch can do. */
export interface SwitchOptions {
  /** Whether it learns from reports where members are. Default: true, as Linux and most real switches. */
  readonly snooping?: boolean;
  /**
   * Whether it asks for members itself. Default: true. Without any querier on the link a snooping switch floods: it cannot
   * know that it knows all members.
   */
  readonly querier?: boolean;
  /** Version of the queries. Hosts answer in it. Default: 3. */
  readonly igmpVersion?: 2 | 3;
  /** Version of the queries. Default: 2. */
  readonly mldVersion?: 1 | 2;
}

interface BridgeEntry {
  readonly port: string;
  readonly grp: string;
}

export class Switch {
  readonly name: string;
  readonly namespace: Namespace;

  private constructor(name: string, namespace: Namespace) {
    this.name = name;
    this.namespace = namespace;
  }

  static async create(name: string, namespace: Namespace, options: SwitchOptions): Promise<Switch> {
    // Reports of the switch's own addresses would be noise in the captures: only the bridge keeps one, as the source of MLD queries
    await namespace.ip([`link add name ${BRIDGE} type bridge`, ...bridgeCommands(options), `link set dev ${BRIDGE} up`]);
    return new Switch(name, namespace);
  }

  /** A socket for a cable. */
  port(name: string): SwitchPort {
    return new SwitchPort(this, name);
  }

  /** Switches snooping and querying on or off. */
  async set(options: SwitchOptions): Promise<void> {
    await this.namespace.ip(bridgeCommands(options));
  }

  /** The ports behind which the switch knows members of a group. */
  async members(group: string): Promise<readonly string[]> {
    const output = await this.namespace.exec("bridge", ["-json", "mdb", "show"]);
    const [{ mdb }] = JSON.parse(output) as [{ mdb: readonly BridgeEntry[] }];
    return mdb.filter((entry) => entry.grp === group && entry.port !== BRIDGE).map((entry) => entry.port);
  }

  /** Waits until the switch knows members of a group behind exactly these ports. */
  async whenMembers(group: string, ports: readonly string[], deadlineMs?: number): Promise<void> {
    const wanted = ports.toSorted().join();
    const isReached = async (): Promise<boolean> => (await this.members(group)).toSorted().join() === wanted;
    const what = `${this.name} knows members of ${group} behind the ports: ${wanted || "none"}`;
    await until(isReached, deadlineMs === undefined ? { what } : { what, deadlineMs });
  }

  /**
   * Waits until datagrams to a group without members no longer come out of a port. The kernel gives a new querier time to hear
   * from everyone first (`br_multicast_set_querier` in net/bridge/br_multicast.c), and does not say when it is over.
   *
   * @param bystander - Captures on another host than the sender's.
   */
  async whenPruning(sender: HostInterface, bystander: Capture): Promise<void> {
    let round = 0;
    const isReached = async (): Promise<boolean> => {
      round += 1;
      const [probe, fence] = [`${this.name} prunes ${round}`, `${this.name} fence ${round}`] as const;
      await sendBeacon(sender.namespace, `${UNJOINED_GROUP}%${sender.name}`, probe);
      await sender.beacon(fence);
      await until(() => bystander.sawBeacon(fence), { what: `a beacon passes ${this.name}` });
      return !bystander.sawBeacon(probe);
    };
    await until(isReached, { what: `${this.name} prunes` });
  }
}

export class SwitchPort implements Plug {
  readonly name: string;
  readonly namespace: Namespace;

  constructor(owner: Switch, name: string) {
    this.name = name;
    this.namespace = owner.namespace;
  }

  setup(): readonly string[] {
    return [`link set dev ${this.name} addrgenmode none`, `link set dev ${this.name} master ${BRIDGE}`, `link set dev ${this.name} up`];
  }

  async isReady(): Promise<boolean> {
    const state = await linkState(this.namespace, this.name);
    return state?.operstate === "UP" && state.linkinfo?.info_slave_data?.state === "forwarding";
  }

  /** From the bridge itself, hence to all ports: all-nodes is never pruned (RFC 4541 3). */
  beacon(text: string): Promise<void> {
    return sendBeacon(this.namespace, `ff02::1%${BRIDGE}`, text);
  }
}

/**
 * A new querier prunes once the time to answer is over. Within one command the kernel counts it before it reads the new value
 * (`br_changelink` in net/bridge/br_netlink.c), and would prune after 10 s only: hence a command of its own, and the last one.
 */
function bridgeCommands({ querier = true, ...options }: SwitchOptions): readonly string[] {
  const change = `link set dev ${BRIDGE} type bridge`;
  return [`${change} ${bridgeSettings(options)}`, `${change} mcast_querier ${Number(querier)}`];
}

function bridgeSettings({ snooping = true, igmpVersion = 3, mldVersion = 2 }: Omit<SwitchOptions, "querier">): string {
  const settings = {
    stp_state: 0,
    forward_delay: 0, // a port forwards as soon as its cable is in
    mcast_snooping: Number(snooping),
    mcast_igmp_version: igmpVersion,
    mcast_mld_version: mldVersion,
    mcast_query_interval: QUERY_INTERVAL_CS,
    mcast_startup_query_interval: QUERY_INTERVAL_CS,
    mcast_query_response_interval: RESPONSE_INTERVAL_CS,
    mcast_last_member_interval: LAST_MEMBER_INTERVAL_CS,
    mcast_last_member_count: LAST_MEMBER_QUERIES,
    mcast_membership_interval: MEMBERSHIP_INTERVAL_CS,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key} ${value}`)
    .join(" ");
}
