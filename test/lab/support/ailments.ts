// Each cause that `groupcast doctor` names, set up for real: what is done to the host, and what the command is asked.
import type { HostInterface } from "../../support/lab/host.js";
import type { DoctorStage, Stream } from "./doctor-stage.js";

/** One cause, set up. */
export interface Ailment {
  /** Cause that is to be named first. */
  readonly cause: string;
  /** Words for the page: what was done. */
  readonly setUp: string;
  /** Default: 4. */
  readonly family?: 4 | 6;
  /** Makes it so. Returns the words for the command; options alone follow the group and the port. */
  readonly make: (stage: DoctorStage, stream: Stream) => Promise<readonly string[] | undefined>;
}

/** The receiver that most cases have: bound to every address, a member on eth0. */
export async function member(stage: DoctorStage, { group, port }: Stream, at: HostInterface = stage.net.eth0): Promise<void> {
  const isIPv6 = group.includes(":");
  const socket = await stage.program(port, isIPv6 ? { family: "IPv6" } : {});
  await socket.join(group, { interface: isIPv6 ? at.name : at.ipv4 });
}

/** A table of nft(8) with one rule. */
function table(hook: string, rule: string): string {
  return `table inet doctor { chain c { type filter hook ${hook}; policy accept; ${rule} drop; }; }`;
}

/** A table of nft(8) with one rule for what comes in by eth0, before IP sees it. */
export function ingress(rule: string): string {
  return `table netdev doctor { chain c { type filter hook ingress device eth0 priority 0; policy accept; ${rule} drop; }; }`;
}

/** Takes the default routes of the host away for the case. */
async function withoutDefaultRoute(stage: DoctorStage): Promise<void> {
  await stage.ip(["route del 0.0.0.0/0 dev eth0"], ["route replace 0.0.0.0/0 dev eth0"]);
}

/** Datagrams that reach eth1 with a source of another network. */
export async function sendsFromElsewhere(stage: DoctorStage, stream: Stream): Promise<void> {
  const { b } = stage.net;
  await b.namespace.ip(["address replace 10.99.0.1/24 dev eth0"]);
  stage.later(() => b.namespace.ip(["address del 10.99.0.1/24 dev eth0"]));
  await stage.sends(b, stream, ["--source", "10.99.0.1"]);
}

/** Each is on the host that dualHomed() makes: eth0 has the default route and the cable to a, eth1 the cable to b. */
export const AILMENTS: readonly Ailment[] = [
  {
    cause: "interface-missing",
    setUp: "asked for eth9, which does not exist",
    make: async (stage, stream) => {
      await stage.sends(stage.net.a, stream);
      return ["-i", "eth9"];
    },
  },
  {
    cause: "interface-down",
    setUp: "`ip link set eth1 down`",
    make: async (stage, stream) => {
      const { eth1 } = stage.net;
      await member(stage, stream, eth1);
      await eth1.down();
      stage.later(() => eth1.up());
      return undefined;
    },
  },
  {
    cause: "no-carrier",
    setUp: "the other end of eth1 is down",
    make: async (stage, stream) => {
      const { b, eth1 } = stage.net;
      await member(stage, stream, eth1);
      await b.down();
      stage.later(() => b.up());
      return undefined;
    },
  },
  {
    cause: "no-multicast-flag",
    setUp: "`ip link set eth1 multicast off`; the program joins on all interfaces",
    make: async (stage, { group, port: number }) => {
      await stage.ip(["link set eth1 multicast off"], ["link set eth1 multicast on"]);
      const port = await (await stage.reactor()).listenMulticast(number, { listenMultiple: true });
      stage.later(() => port.do.stopListening());
      await port.do.joinGroup(group, "all");
      await stage.sends(stage.net.b, { group, port: number });
      return ["-i", "eth1"];
    },
  },
  {
    cause: "no-link-local",
    setUp: "`ip address flush dev eth1 scope link`, IPv6",
    family: 6,
    make: async (stage) => {
      const { eth1 } = stage.net;
      await stage.ip(["address flush dev eth1 scope link"]);
      stage.later(async () => {
        await eth1.down();
        await eth1.up();
      });
      return ["-i", "eth1"];
    },
  },
  {
    cause: "no-address",
    setUp: "`ip -4 address flush dev eth1`, `rp_filter` 1",
    make: async (stage, stream) => {
      await stage.sysctl({ "net.ipv4.conf.eth1.rp_filter": 1 });
      await stage.ip(["address del 10.78.1.1/24 dev eth1"], ["address replace 10.78.1.1/24 dev eth1"]);
      await stage.sends(stage.net.b, stream);
      return ["-i", "eth1"];
    },
  },
  {
    cause: "no-route",
    setUp: "`ip route del default`; the program names no interface",
    make: async (stage, stream) => {
      await withoutDefaultRoute(stage);
      await stage.sends(stage.net.a, stream);
      return undefined;
    },
  },
  {
    cause: "send-refused",
    setUp: "nft: hook output, `ip daddr GROUP drop`",
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.firewall(table("output priority 0", `ip daddr ${stream.group}`));
      return undefined;
    },
  },
  {
    cause: "rp-filter",
    setUp: "`rp_filter` 1 (strict); the route back to the sender leads elsewhere",
    make: async (stage, stream) => {
      await stage.sysctl({ "net.ipv4.conf.eth1.rp_filter": 1 });
      await member(stage, stream, stage.net.eth1);
      await sendsFromElsewhere(stage, stream);
      return undefined;
    },
  },
  {
    cause: "rp-filter",
    setUp: "`rp_filter` 2 (loose); no route leads back to the sender",
    make: async (stage, stream) => {
      await stage.sysctl({ "net.ipv4.conf.eth1.rp_filter": 2 });
      await withoutDefaultRoute(stage);
      await member(stage, stream, stage.net.eth1);
      await sendsFromElsewhere(stage, stream);
      return undefined;
    },
  },
  {
    cause: "firewall",
    setUp: "nft: hook input, `udp dport PORT drop`",
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.firewall(table("input priority 0", `udp dport ${stream.port}`));
      await stage.sends(stage.net.a, stream);
      return undefined;
    },
  },
  {
    cause: "firewall",
    setUp: "nft: hook input, policy drop; nobody sends",
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.firewall(table("input priority 0", "meta l4proto udp"));
      return undefined;
    },
  },
  {
    cause: "firewall",
    setUp: "nft: hook input, `ip6 daddr GROUP drop`, IPv6",
    family: 6,
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.firewall(table("input priority 0", `ip6 daddr ${stream.group}`));
      await stage.sends(stage.net.a, stream);
      return undefined;
    },
  },
  {
    cause: "firewall",
    setUp: "nft: hook prerouting, `udp dport PORT drop`",
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.firewall(table("prerouting priority -300", `udp dport ${stream.port}`));
      await stage.sends(stage.net.a, stream);
      return undefined;
    },
  },
  {
    cause: "firewall",
    setUp: "nft: hook prerouting, `udp dport PORT drop`, IPv6",
    family: 6,
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.firewall(table("prerouting priority -300", `udp dport ${stream.port}`));
      await stage.sends(stage.net.a, stream);
      return undefined;
    },
  },
  {
    cause: "firewall",
    setUp: "nft: hook ingress of eth0, `ip daddr GROUP drop`",
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.firewall(ingress(`ip daddr ${stream.group}`));
      await stage.sends(stage.net.a, stream);
      return undefined;
    },
  },
  {
    cause: "fragments",
    setUp: "nft drops fragments but the first; datagrams of 4,000 bytes",
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.firewall(table("prerouting priority -450", "ip frag-off & 0x1fff != 0"));
      await stage.sends(stage.net.a, stream, ["--size", "4000"]);
      return undefined;
    },
  },
  {
    cause: "receive-buffer",
    setUp: "a buffer of 4 KiB; the program does not read",
    make: async (stage, stream) => {
      const reactor = await stage.reactor();
      const port = await reactor.listenMulticast(stream.port, { listenMultiple: true, receiveBufferBytes: 4096 });
      stage.later(() => port.do.stopListening());
      await port.do.joinGroup(stream.group, "eth0");
      await port.do.pauseReading();
      await stage.sends(stage.net.a, stream);
      return undefined;
    },
  },
  {
    cause: "bound-to-unicast",
    setUp: "the program is bound to 10.78.0.1, and a member on eth0",
    make: async (stage, { group, port }) => {
      const socket = await stage.program(port, { address: "10.78.0.1" });
      await socket.join(group, { interface: "10.78.0.1" });
      await stage.sends(stage.net.a, { group, port });
      return undefined;
    },
  },
  {
    cause: "wrong-interface",
    setUp: "a member on eth0; the sender is on eth1's network",
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.sends(stage.net.b, stream);
      return undefined;
    },
  },
  {
    cause: "wrong-interface",
    setUp: "the default route leads to eth0; the sender is on eth1's network",
    make: async (stage, stream) => {
      await stage.sends(stage.net.b, stream);
      return undefined;
    },
  },
  {
    cause: "wrong-interface",
    setUp: "a member on eth0; the sender is on eth1's network, IPv6",
    family: 6,
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.sends(stage.net.b, stream);
      return undefined;
    },
  },
  {
    cause: "source-filter",
    setUp: "joined for the source 10.78.0.99 only",
    make: async (stage, { group, port }) => {
      const socket = await stage.program(port);
      await socket.join(group, { interface: "10.78.0.1", source: "10.78.0.99" });
      await stage.sends(stage.net.a, { group, port });
      return undefined;
    },
  },
  {
    cause: "membership-limit",
    setUp: "`igmp_max_memberships` 2; the socket has two others",
    make: async (stage, { group, port }) => {
      await stage.sysctl({ "net.ipv4.igmp_max_memberships": 2 });
      const socket = await stage.program(port);
      for (const other of ["239.255.99.1", "239.255.99.2"]) await socket.join(other, { interface: "10.78.0.1" });
      const refusal = await socket.join(group, { interface: "10.78.0.1" }).then(
        () => "joined",
        (error: NodeJS.ErrnoException) => error.code,
      );
      if (refusal !== "ENOBUFS") throw new Error(`The third join was to be refused with ENOBUFS, not ${refusal}`);
      await stage.sends(stage.net.a, { group, port });
      return undefined;
    },
  },
  {
    cause: "not-joined",
    setUp: "bound to the port, not a member",
    make: async (stage, stream) => {
      await stage.program(stream.port);
      await stage.sends(stage.net.a, stream);
      return undefined;
    },
  },
  {
    cause: "not-joined",
    setUp: "bound to the port, not a member, IPv6",
    family: 6,
    make: async (stage, stream) => {
      await stage.program(stream.port, { family: "IPv6" });
      await stage.sends(stage.net.a, stream);
      return undefined;
    },
  },
  {
    cause: "other-port",
    setUp: "a member; the sender sends to the next port",
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.sends(stage.net.a, { ...stream, port: stream.port + 1 });
      return undefined;
    },
  },
  {
    cause: "ttl-zero",
    setUp: "a program of the host sends with TTL 0",
    make: async (stage, stream) => {
      await stage.sends(stage.net.eth0, stream, ["--ttl", "0"]);
      return undefined;
    },
  },
  {
    cause: "loopback-off",
    setUp: "a program of the host sends without loopback; the receiver is on it, too",
    make: async (stage, stream) => {
      await member(stage, stream);
      await stage.sends(stage.net.eth0, stream, ["--no-loopback"]);
      return undefined;
    },
  },
  {
    cause: "forced-version",
    setUp: "`force_igmp_version` 1; nobody sends",
    make: async (stage, stream) => {
      await stage.sysctl({ "net.ipv4.conf.eth0.force_igmp_version": 1 });
      await member(stage, stream);
      return undefined;
    },
  },
  {
    cause: "bridge-without-querier",
    setUp: "a bridge with snooping and without querier; nobody sends",
    make: async (stage, stream) => {
      await stage.ip(["link add br9 type bridge mcast_snooping 1 mcast_querier 0", "link set br9 up"], ["link del br9"]);
      await member(stage, stream);
      return undefined;
    },
  },
  {
    cause: "nobody-listens",
    setUp: "no program has the port; nobody sends",
    make: async () => undefined,
  },
  {
    cause: "port-shared",
    setUp: "two programs on one port by `SO_REUSEADDR`; unicast",
    make: async (stage, { port }) => {
      await stage.program(port);
      await stage.program(port);
      return [`10.78.0.1:${port}`];
    },
  },
  {
    cause: "nobody-listens",
    setUp: "the program is bound to 127.0.0.1; unicast to 10.78.0.1",
    make: async (stage, { port }) => {
      await stage.program(port, { address: "127.0.0.1" });
      return [`10.78.0.1:${port}`];
    },
  },
];
