/** A network in one process: hosts, switches and routers that behave like those of Linux, on a clock of its own. */
import {
  type Clock,
  checkBoolean,
  checkChoice,
  checkInteger,
  checkOptions,
  checkString,
  type Given,
  givenOptions,
  outOfRange,
  wrongType,
} from "@groupcast/base";
import { DESTINATIONS_FOR_MANY } from "./address/ip-address.js";
import { ParsedAddresses } from "./address/parsed-addresses.js";
import { Prefix } from "./address/prefix.js";
import { ManualClock } from "./clock/manual-clock.js";
import { Wire } from "./clock/wire.js";
import { DEFAULT_LIMITS, type HostLimits } from "./host/host-limits.js";
import { HostStack } from "./host/host-stack.js";
import { MemoryHost } from "./memory-host.js";
import type { Fabric } from "./network/fabric.js";
import { checkLinkOptions, LINK_OPTIONS, type LinkOptions } from "./network/link-model.js";
import { type FindSwitch, type MemoryRouter, PacketRouter } from "./network/packet-router.js";
import { type MemorySwitch, PacketSwitch } from "./network/packet-switch.js";
import { Random } from "./network/random.js";
import { Topology } from "./network/topology.js";
import { ReadSlab } from "./socket/read-slab.js";
import { Trace } from "./trace/trace.js";
import { TraceRecorder } from "./trace/trace-recorder.js";

const DEFAULT_SWITCH = "lan";
const DEFAULT_SEED = 1;

/** Options of {@link MemoryNetwork}. */
export interface MemoryNetworkOptions<C extends Clock = ManualClock> {
  /** Seed of all random choices: the same seed and the same program give the same run. An integer; default 1. */
  readonly seed?: number | undefined;
  /** Clock of the network; default: a new {@link ManualClock}. With a clock of the system the network runs in real time. */
  readonly clock?: C | undefined;
  /** Wall-clock time, in milliseconds since 1970, when the clock says 0; for timestamps of datagrams and captures. Default 0. */
  readonly epochMs?: number | undefined;
  /** Subnets of the default switch; default `10.0.0.0/24` and `fd00::/64`, which is 254 hosts. */
  readonly subnets?: readonly string[] | undefined;
  /** Conditions of the default switch; default: perfect. */
  readonly link?: LinkOptions | undefined;
  /** Whether to record from the start; default false. See {@link MemoryNetwork.trace}. */
  readonly trace?: boolean | undefined;
}

/** Options of a switch. */
export interface SwitchOptions extends LinkOptions {
  /** Subnets that interfaces on it get their addresses from; default `10.0.K.0/24` and `fd00:0:0:K::/64` for the K-th switch after the first. */
  readonly subnets?: readonly string[] | undefined;
  /**
   * Whether the switch sends a group only to ports that have reported members (RFC 4541); default true. Without, it floods: every port gets
   * every group, and hosts drop what they have not joined.
   */
  readonly snooping?: boolean | undefined;
  /**
   * Whether anything on the link queries for members, so that they report again and again; default true. Without, the members of a group are
   * forgotten 260 seconds after their latest report (RFC 3376 section 8.4): a switch that snoops, and routers, no longer send to them.
   * Hosts report when they join and when their interface goes up. Groups of 224.0.0.0/24 are not forgotten.
   */
  readonly querier?: boolean | undefined;
}

/** Options of a host. */
export interface HostOptions {
  /** The switch that `eth0` is attached to, or its name; `null`: there is only the loopback interface. Default: the default switch. */
  readonly switch?: MemorySwitch | string | null | undefined;
  /** Limits of its kernel; default: those of Linux. */
  readonly limits?: { readonly [Limit in keyof HostLimits]?: HostLimits[Limit] | undefined } | undefined;
}

/** Options of a router. */
export interface RouterOptions {
  /** Switches to join, or their names; default: none. */
  readonly switches?: readonly (MemorySwitch | string)[] | undefined;
}

/**
 * A network in memory.
 *
 * A new one has one switch, `lan`. {@link MemoryNetwork.host} makes a host: with a loopback interface `lo`, and with `eth0` on that
 * switch, which has the addresses 10.0.0.N/24, fd00::N/64 and fe80::N/64 for host number N, and the routes 224.0.0.0/4 and
 * 255.255.255.255/32. Datagrams are delivered when the clock moves, even by 0.
 *
 * @example
 * ```ts
 * import { MemoryNetwork } from "@groupcast/backend-memory";
 * import { Reactor } from "groupcast";
 *
 * const network = new MemoryNetwork({ link: { delayMs: 5, loss: 0.01 } });
 * const a = new Reactor({ backend: network.host("a"), clock: network.clock });
 * const b = new Reactor({ backend: network.host("b"), clock: network.clock });
 * await network.clock.advance(1000);
 * ```
 */
export class MemoryNetwork<C extends Clock = ManualClock> {
  /** Clock that the network runs on. */
  readonly clock: C;
  /** Record of what happens: `network.trace.start()`, and later `String(network.trace)` or `network.trace.writePcap("run.pcap")`. */
  readonly trace: Trace;
  readonly #fabric: Fabric;
  readonly #slab = new ReadSlab();
  readonly #switches = new Map<string, PacketSwitch>();
  readonly #routers = new Map<string, PacketRouter>();
  readonly #hosts = new Map<string, MemoryHost>();

  /** Makes a network with the switch `lan`. Throws InvalidArgumentError if a subnet or a condition of that switch is wrong. */
  constructor(options?: MemoryNetworkOptions<C>) {
    const { seed, clock, epochMs, subnets, link, trace } = checkNetworkOptions(options);
    this.clock = clock ?? (new ManualClock() as Clock as C); // C is ManualClock when no clock is given
    const log = new TraceRecorder(() => this.clock.nowMs());
    this.trace = new Trace(log, epochMs);
    if (trace) this.trace.start();
    let packets = 0;
    this.#fabric = {
      wire: new Wire(this.clock),
      log,
      random: new Random(seed),
      topology: new Topology(),
      addresses: new ParsedAddresses(),
      epochMs,
      nextPacketId: () => ++packets,
    };
    this.switch(DEFAULT_SWITCH, { ...link, ...(subnets && { subnets }) });
  }

  /** Hosts, in the order they were made. */
  get hosts(): readonly MemoryHost[] {
    return [...this.#hosts.values()];
  }

  /**
   * Returns the host of that name, and makes it if there is none.
   *
   * @param options - For a new host only.
   * @throws InvalidArgumentError options are given for a host that exists, or its switch is unknown or has no free address.
   */
  host(name: string, options?: HostOptions): MemoryHost {
    const known = this.#hosts.get(name);
    if (known !== undefined && options === undefined) return known;
    if (known !== undefined)
      throw outOfRange("host", "options", options, `no options, because host ${JSON.stringify(name)} exists already`);
    const { switch: which = DEFAULT_SWITCH, limits = {} } = checkOptions("host", options, ["switch", "limits"]);
    checkOptions("host", limits, Object.keys(DEFAULT_LIMITS) as (keyof HostLimits)[]);
    if (which !== null) this.#findSwitch(which, "host");
    const identity = {
      hostName: checkString("host", "name", name),
      hostNumber: this.#hosts.size + 1,
      limits: { ...DEFAULT_LIMITS, ...givenOptions(limits) },
    };
    const stack = new HostStack(this.#fabric, identity);
    const host = new MemoryHost({ stack, slab: this.#slab, hold: () => this.clock.hold(), findSwitch: this.#findSwitch });
    if (which !== null) {
      host.addInterface("eth0", { switch: which });
      for (const destination of DESTINATIONS_FOR_MANY) host.addRoute({ destination, interface: "eth0" });
    }
    this.#hosts.set(name, host);
    return host;
  }

  /**
   * Returns the switch of that name, and makes it if there is none. Conditions of the link in the options replace all those that it has;
   * `snooping` and `querier` change only if given.
   *
   * @throws InvalidArgumentError a subnet or another option is wrong, or subnets are given for a switch that exists.
   */
  switch(name: string, options: SwitchOptions = {}): MemorySwitch {
    checkString("switch", "name", name);
    const { subnets, snooping, querier, ...link } = checkOptions("switch", options, SWITCH_OPTIONS);
    checkLinkOptions(link, "switch");
    if (snooping !== undefined) checkBoolean("switch", "snooping", snooping);
    if (querier !== undefined) checkBoolean("switch", "querier", querier);
    const found = this.#switches.get(name) ?? this.#newSwitch(name, subnets);
    if (subnets !== undefined && this.#switches.has(name)) {
      throw outOfRange("switch", "subnets", subnets, `no subnets, because switch ${JSON.stringify(name)} exists already`);
    }
    if (Object.keys(givenOptions(link)).length > 0) found.setLink(link);
    if (snooping !== undefined) found.isSnooping = snooping;
    if (querier !== undefined) found.members.setQuerier(querier);
    this.#switches.set(name, found);
    return found;
  }

  /**
   * Returns the router of that name, and makes it if there is none. Each call attaches it to all of `switches`, or to none if it throws.
   *
   * @throws InvalidArgumentError a switch is unknown or has no free address.
   */
  router(name: string, options?: RouterOptions): MemoryRouter {
    checkString("router", "name", name);
    const { switches = [] } = checkOptions("router", options, ["switches"]);
    if (!Array.isArray(switches)) throw wrongType("router", "switches", switches, "an array of switches, or of their names");
    const found = switches.map((which) => this.#findSwitch(which, "router"));
    const router = this.#routers.get(name) ?? new PacketRouter(this.#fabric, name, this.#findSwitch);
    router.attachAll(found);
    if (!this.#routers.has(name)) this.#fabric.topology.addRouter(router);
    this.#routers.set(name, router);
    return router;
  }

  #newSwitch(name: string, subnets: readonly string[] | undefined): PacketSwitch {
    const number = this.#switches.size;
    const texts = subnets ?? [`10.0.${number}.0/24`, `fd00:0:0:${number.toString(16)}::/64`];
    return new PacketSwitch(
      this.#fabric,
      name,
      texts.map((text) => Prefix.parse(text, "switch", "subnets")),
    );
  }

  readonly #findSwitch: FindSwitch = (which, operation) => {
    const found = this.#switches.get(typeof which === "string" ? which : which?.name);
    if (found !== undefined && (typeof which === "string" || which === found)) return found;
    const names = [...this.#switches.keys()];
    if (typeof which === "string") checkChoice(operation, "switch", which, names);
    throw wrongType(operation, "switch", which, `a switch of this network, or its name: ${names.map((name) => `"${name}"`).join(", ")}`);
  };
}

const SWITCH_OPTIONS = ["subnets", "snooping", "querier", ...LINK_OPTIONS] as const;

function checkNetworkOptions<C extends Clock>(given: MemoryNetworkOptions<C> | undefined): Resolved<C> {
  const operation = "new MemoryNetwork";
  const options = checkOptions(operation, given, ["seed", "clock", "epochMs", "subnets", "link", "trace"]);
  const { seed = DEFAULT_SEED, clock, epochMs = 0, subnets, link = {}, trace = false } = options;
  if (clock !== undefined && typeof clock?.schedule !== "function")
    throw wrongType(operation, "clock", clock, "a Clock, such as a ManualClock");
  checkInteger(operation, "seed", seed, [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
  checkLinkOptions(link, operation);
  return { seed, clock, epochMs, subnets, link, trace: checkBoolean(operation, "trace", trace) };
}

interface Resolved<C extends Clock> extends Required<Given<Pick<MemoryNetworkOptions<C>, "seed" | "epochMs" | "link" | "trace">>> {
  readonly clock: C | undefined;
  readonly subnets: readonly string[] | undefined;
}
