// Hosts that are well, in twenty ways: on none of them may `groupcast doctor` name a cause.
import type { HostInterface } from "../../support/lab/host.js";
import type { PlainSocketOptions } from "../../support/lab/plain-socket.js";
import type { DoctorStage, Stream } from "./doctor-stage.js";

/** A host that is well. */
export interface HealthyHost {
  readonly what: string;
  /** Default: 4. */
  readonly family?: 4 | 6;
  /** Makes it so. Returns words for the command; options alone follow the group and the port. */
  readonly make: (stage: DoctorStage, stream: Stream) => Promise<readonly string[] | undefined>;
}

/** A receiver that is a member at an interface, and a sender at the other end of its cable. */
interface Pair {
  readonly at?: "eth0" | "eth1";
  readonly bound?: PlainSocketOptions;
  readonly source?: string;
  readonly send?: readonly string[];
}

async function pair(stage: DoctorStage, stream: Stream, { at = "eth0", bound = {}, source, send = [] }: Pair = {}): Promise<undefined> {
  const { group, port } = stream;
  const isIPv6 = group.includes(":");
  const end: HostInterface = stage.net[at];
  const socket = await stage.program(port, { ...bound, ...(isIPv6 ? { family: "IPv6" as const } : {}) });
  await socket.join(group, { interface: isIPv6 ? end.name : end.ipv4, ...(source === undefined ? {} : { source }) });
  await stage.sends(at === "eth0" ? stage.net.a : stage.net.b, stream, send);
}

const RULES =
  "table inet doctor { chain c { type filter hook input priority 0; policy drop; meta l4proto { udp, igmp, icmpv6 } accept; }; }";

export const HEALTHY_HOSTS: readonly HealthyHost[] = [
  { what: "a member where the route leads", make: (stage, stream) => pair(stage, stream) },
  { what: "a member where the route leads, IPv6", family: 6, make: (stage, stream) => pair(stage, stream) },
  { what: "a member on an interface without route", make: (stage, stream) => pair(stage, stream, { at: "eth1" }) },
  { what: "a member on an interface without route, IPv6", family: 6, make: (stage, stream) => pair(stage, stream, { at: "eth1" }) },
  { what: "bound to the group", make: (stage, stream) => pair(stage, stream, { bound: { address: stream.group } }) },
  { what: "a member for the sender's address alone", make: (stage, stream) => pair(stage, stream, { source: "10.78.0.2" }) },
  { what: "TTL 32", make: (stage, stream) => pair(stage, stream, { send: ["--ttl", "32"] }) },
  { what: "fragments that all arrive", make: (stage, stream) => pair(stage, stream, { send: ["--size", "4000"] }) },
  { what: "one datagram a second", make: (stage, stream) => pair(stage, stream, { send: ["--rate", "1"] }) },
  {
    what: "rp_filter 1, and a route back to the sender",
    make: async (stage, stream) => {
      await stage.sysctl({ "net.ipv4.conf.all.rp_filter": 1 });
      return pair(stage, stream, { at: "eth1" });
    },
  },
  {
    what: "rp_filter 2, and a route back to the sender elsewhere",
    make: async (stage, stream) => {
      await stage.sysctl({ "net.ipv4.conf.all.rp_filter": 2 });
      return pair(stage, stream);
    },
  },
  {
    what: "a firewall that lets UDP in",
    make: async (stage, stream) => {
      await stage.firewall(RULES);
      return pair(stage, stream);
    },
  },
  {
    what: "a firewall that lets UDP in, IPv6",
    family: 6,
    make: async (stage, stream) => {
      await stage.firewall(RULES);
      return pair(stage, stream);
    },
  },
  {
    what: "no default route, and a member that names its interface",
    make: async (stage, stream) => {
      await stage.ip(["route del 0.0.0.0/0 dev eth0"], ["route replace 0.0.0.0/0 dev eth0"]);
      return pair(stage, stream);
    },
  },
  {
    what: "two programs that share group and port",
    make: async (stage, stream) => {
      const second = await stage.program(stream.port);
      await second.join(stream.group, { interface: "10.78.0.1" });
      return pair(stage, stream);
    },
  },
  {
    what: "the sender is on the host itself, and one is on the cable",
    make: async (stage, stream) => {
      await stage.sends(stage.net.eth0, stream);
      return pair(stage, stream);
    },
  },
  {
    what: "members of twenty other groups",
    make: async (stage, stream) => {
      const other = await stage.program(0);
      for (let n = 1; n <= 20; n++) await other.join(`239.255.98.${n}`, { interface: "10.78.0.1" });
      return pair(stage, stream);
    },
  },
  { what: "nobody listens yet, and datagrams arrive", make: (stage, stream) => stage.sends(stage.net.a, stream).then(() => undefined) },
  {
    what: "no port is named",
    make: async (stage, stream) => {
      await pair(stage, stream);
      return [stream.group];
    },
  },
  {
    what: "unicast to the only program on the port",
    make: async (stage, { port }) => {
      await stage.program(port, { reuseAddress: false });
      return [`10.78.0.1:${port}`];
    },
  },
];
