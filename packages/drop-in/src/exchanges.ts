/** Exchanges of packages of npm, with themselves and with foreign programs: a row each. */

/** Two programs that exchange something. The first is ready before the second starts, and ends after it. */
export interface Exchange {
  /** A name of its own: a package of npm, and the foreign program if there is one. */
  readonly name: string;
  /** Packages of npm that take part. */
  readonly packages: readonly string[];
  /** A program that knows nothing of Node: which of the roles it plays, what it is called, and where it is to be had. */
  readonly foreign?: Foreign;
  /** Words for what is exchanged. */
  readonly what: string;
  /** Calls and habits of `node:dgram` that the package relies on. */
  readonly uses: string;
  /** Paths below programs/. */
  readonly roles: readonly [first: string, second: string];
}

/** A foreign program. Its role is a program of programs/ that starts it. */
export interface Foreign {
  readonly role: 0 | 1;
  readonly command: string;
  readonly debianPackage: string;
}

export const EXCHANGES: readonly Exchange[] = [
  {
    name: "multicast-dns",
    packages: ["multicast-dns"],
    what: "a query and its answer over 224.0.0.251",
    uses: "memberships on every interface, `setMulticastTTL`, `setMulticastLoopback`",
    roles: ["multicast-dns/responder.mjs", "multicast-dns/querier.mjs"],
  },
  {
    name: "bonjour-service",
    packages: ["bonjour-service", "multicast-dns"],
    what: "a service is announced, found and resolved",
    uses: "`multicast-dns`",
    roles: ["bonjour-service/publisher.mjs", "bonjour-service/browser.mjs"],
  },
  {
    name: "node-ssdp",
    packages: ["node-ssdp"],
    what: "a search on 239.255.255.250, answered by unicast",
    uses: "`reuseAddr`, `addMembership`, `setMulticastTTL`, `unref`",
    roles: ["node-ssdp/server.mjs", "node-ssdp/client.mjs"],
  },
  {
    name: "coap",
    packages: ["coap"],
    what: "PUT, a GET answered in blocks, an observation",
    uses: "`instanceof dgram.Socket`, `address()` in callbacks",
    roles: ["coap/server.mjs", "coap/client.mjs"],
  },
  {
    name: "dns2",
    packages: ["dns2"],
    what: "two names are resolved",
    uses: "`class … extends dgram.Socket`, `new Socket(type)`",
    roles: ["dns2/server.mjs", "dns2/client.mjs"],
  },
  {
    name: "sacn",
    packages: ["sacn"],
    what: "a packet of DMX to each of two multicast groups",
    uses: "`addMembership` and `setMulticastInterface` by address",
    roles: ["sacn/receiver.mjs", "sacn/sender.mjs"],
  },
  {
    name: "osc",
    packages: ["osc"],
    what: "a message and a bundle, each answered",
    uses: "`bind` to an address, `send` with offset and length",
    roles: ["osc/listener.mjs", "osc/talker.mjs"],
  },
  {
    name: "node-osc",
    packages: ["node-osc"],
    what: "two messages and a bundle",
    uses: "named imports of `node:dgram`, `send` with callback",
    roles: ["node-osc/server.mjs", "node-osc/client.mjs"],
  },
  {
    name: "hot-shots",
    packages: ["hot-shots", "statsd"],
    what: "a counter, a gauge, a timing and a set for a StatsD server",
    uses: "`unref`, `emit` and `on` bound to the socket, `send` with offset and length",
    roles: ["statsd/server.mjs", "hot-shots/client.mjs"],
  },
  {
    name: "bittorrent-dht",
    packages: ["bittorrent-dht"],
    what: "nodes meet, announce and find a torrent, store and fetch a value",
    uses: "`k-rpc-socket`: `send` before `bind`, `address()`",
    roles: ["bittorrent-dht/first.mjs", "bittorrent-dht/second.mjs"],
  },
  {
    name: "dmxnet",
    packages: ["dmxnet"],
    what: "a frame of Art-Net by broadcast",
    uses: "`setBroadcast`, `bind(callback)`, `reuseAddr`",
    roles: ["dmxnet/receiver.mjs", "dmxnet/sender.mjs"],
  },
  {
    name: "ntp-time",
    packages: ["ntp-time"],
    what: "a client asks for the time, and gets it",
    uses: "`send` with offset and length, `once`",
    roles: ["ntp-time/server.mjs", "ntp-time/client.mjs"],
  },
  {
    name: "ntp-client",
    packages: ["ntp-client", "ntp-time"],
    what: "a client asks for the time, and gets it",
    uses: "`send` with offset and length, `close` in a callback",
    roles: ["ntp-time/server.mjs", "ntp-client/client.mjs"],
  },
  {
    name: "@matter/nodejs",
    packages: ["@matter/nodejs"],
    what: "a controller finds a lamp over mDNS, takes it into its fabric and switches it on",
    uses: "IPv6 with scopes, memberships per interface, `setBroadcast`, `setMulticastInterface`",
    roles: ["matter/lamp.mjs", "matter/controller.mjs"],
  },
  {
    name: "bonjour-service finds a service of Avahi",
    packages: ["bonjour-service"],
    what: "a service of `avahi-publish` is found and resolved",
    uses: "`multicast-dns`",
    roles: ["avahi/publisher.mjs", "bonjour-service/browser.mjs"],
    foreign: { role: 0, command: "avahi-daemon", debianPackage: "avahi-daemon" },
  },
  {
    name: "Avahi finds a service of bonjour-service",
    packages: ["bonjour-service"],
    what: "a service is found and resolved by `avahi-browse`",
    uses: "`multicast-dns`",
    roles: ["bonjour-service/publisher.mjs", "avahi/browser.mjs"],
    foreign: { role: 1, command: "avahi-daemon", debianPackage: "avahi-daemon" },
  },
  {
    name: "dns2 asks dnsmasq",
    packages: ["dns2"],
    what: "two names are resolved",
    uses: "`new Socket(type)`",
    roles: ["dnsmasq/server.mjs", "dns2/client.mjs"],
    foreign: { role: 0, command: "dnsmasq", debianPackage: "dnsmasq-base" },
  },
  {
    name: "dnsmasq asks dns2",
    packages: ["dns2"],
    what: "names that dnsmasq passes on are resolved",
    uses: "`class … extends dgram.Socket`",
    roles: ["dns2/server.mjs", "dnsmasq/forwarder.mjs"],
    foreign: { role: 1, command: "dnsmasq", debianPackage: "dnsmasq-base" },
  },
  {
    name: "coap asks libcoap",
    packages: ["coap"],
    what: "values are PUT into `coap-server` and got back",
    uses: "`address()` in callbacks",
    roles: ["libcoap/server.mjs", "coap/resource-client.mjs"],
    foreign: { role: 0, command: "coap-server-notls", debianPackage: "libcoap3-bin" },
  },
  {
    name: "libcoap asks coap",
    packages: ["coap"],
    what: "PUT, and a GET answered in blocks, of `coap-client`",
    uses: "`instanceof dgram.Socket`",
    roles: ["coap/server.mjs", "libcoap/client.mjs"],
    foreign: { role: 1, command: "coap-client-notls", debianPackage: "libcoap3-bin" },
  },
  {
    name: "ntp-client asks chrony",
    packages: ["ntp-client"],
    what: "a client asks for the time, and gets it",
    uses: "`send` with offset and length, `close` in a callback",
    roles: ["chrony/server.mjs", "ntp-client/client.mjs"],
    foreign: { role: 0, command: "chronyd", debianPackage: "chrony" },
  },
  {
    name: "a program on node:dgram counts what iperf sends",
    packages: [],
    what: "200 datagrams of `iperf -u`, and an acknowledgement",
    uses: "`message`, `send`",
    roles: ["iperf/server.mjs", "iperf/client.mjs"],
    foreign: { role: 1, command: "iperf", debianPackage: "iperf" },
  },
];
