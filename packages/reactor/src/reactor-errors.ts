import { defineErrors, type ErrnoRemedies, type ErrorDefinitions, type GroupcastErrorCode, hideFrames } from "@groupcast/base";

hideFrames(import.meta.url);

const TABLE = {
  ERR_PORT_RANGE: {
    class: "InvalidArgumentError",
    meaning: "is not a port number",
    remedy: "pass an integer from 1 to 65535",
  },
  ERR_ADDRESS_SCOPE: {
    class: "InvalidArgumentError",
    meaning: "has no zone that names an interface of this host",
    remedy: "write the name or index of an existing interface after the %",
  },
  ERR_FAMILY_MISMATCH: {
    class: "InvalidArgumentError",
    meaning: "is of the wrong IP version",
    remedy: 'pass an address of the port\'s IP version, or listen with interface: "::" for IPv6',
  },
  ERR_NO_DESTINATION: {
    class: "InvalidArgumentError",
    meaning: "is missing",
    remedy: "pass { address, port } as the second argument, or connect() the port first",
  },
  ERR_DESTINATION_FIXED: {
    class: "InvalidArgumentError",
    meaning: "is not the peer that this port is connected to",
    remedy: "leave the destination out, or disconnect() first",
  },
  ERR_GROUP_FIXED: {
    class: "InvalidArgumentError",
    meaning: "is not the group that this port is bound to, and the port receives no other",
    remedy: "open another port for it, with the same number and listenMultiple: true",
  },
  ERR_INTERFACE_FIXED: {
    class: "InvalidArgumentError",
    meaning: "is not the only interface that this port uses",
    remedy: 'leave the interface out, or call setBindToInterface("default") first',
  },
  ERR_NOT_MULTICAST: {
    class: "InvalidArgumentError",
    meaning: "is not a multicast group",
    remedy: "pass an address from 224.0.0.0 to 239.255.255.255, or one of ff00::/8",
  },
  ERR_SOURCE_IS_MULTICAST: {
    class: "InvalidArgumentError",
    meaning: "is a multicast group, which cannot be the address of a sender",
    remedy: "pass the unicast address of the sender",
  },
  ERR_TRIGGER_UNKNOWN: {
    class: "InvalidArgumentError",
    meaning: "is not a pending trigger",
    remedy: "pass the result of addSystemEventTrigger() once, before the trigger has run",
  },

  ERR_MULTICAST_ONLY: {
    class: "UnsupportedError",
    meaning: "cannot see where a datagram was sent",
    remedy: "pass group without interface, which binds the port to the group, or use the native backend on Linux",
  },

  ERR_CLOSED: { class: "StateError", meaning: "the port is closed", remedy: "listen again, because a closed port stays closed" },
  ERR_SEND_QUEUE_FULL: {
    class: "StateError",
    meaning: "the send queue is full",
    remedy: "await transport.drained(), then send again",
  },
  ERR_NOT_LISTENING: {
    class: "StateError",
    meaning: "the protocol has no port",
    remedy: "use this.transport only from startProtocol() to stopProtocol()",
  },
  ERR_ALREADY_LISTENING: {
    class: "StateError",
    meaning: "the protocol already has a port",
    remedy: "create one protocol object for each port",
  },
  ERR_ALREADY_CONNECTED: { class: "StateError", meaning: "the port is already connected", remedy: "call disconnect() first" },
  ERR_NOT_CONNECTED: { class: "StateError", meaning: "the port is not connected", remedy: "call connect() first" },
  ERR_ALREADY_JOINED: {
    class: "StateError",
    meaning: "the port has already joined the group there",
    remedy: "join once: port.memberships lists the memberships",
  },
  ERR_NOT_JOINED: {
    class: "StateError",
    meaning: "the port has not joined the group there",
    remedy: "name group, interface and source as in joinGroup(): port.memberships lists the memberships",
  },
  ERR_ALREADY_BLOCKED: { class: "StateError", meaning: "the source is already blocked there", remedy: "block each source once" },
  ERR_NOT_BLOCKED: { class: "StateError", meaning: "the source is not blocked there", remedy: "unblock only what blockSource() blocked" },
  ERR_ALREADY_RUNNING: { class: "StateError", meaning: "the reactor is already running", remedy: "await the promise of the first run()" },
  ERR_DIAGNOSIS_LOAD: {
    class: "StateError",
    meaning: "the package @groupcast/diagnosis could not be loaded",
    remedy: "install @groupcast/diagnosis where the program runs, because bundles do not contain it",
  },
  ERR_REACTOR_STOPPED: {
    class: "StateError",
    meaning: "the reactor has been stopped",
    remedy: "create a new Reactor, because a stopped one does not start again",
  },
  ERR_WORKER_START: {
    class: "StateError",
    meaning: "a worker did not come to listen",
    remedy: "read error.cause, the error that the worker ended with",
  },
  ERR_WORKER_MODULE: {
    class: "StateError",
    meaning: "the module of the workers has no protocol",
    remedy: "export by default a class of a protocol, a function that returns a protocol, or a protocol",
  },
  ERR_WORKER_NESTED: {
    class: "StateError",
    meaning: "this thread is itself a worker of startWorkers()",
    remedy: "call startWorkers() in the main program, and name another module as its module",
  },
  ERR_WORKER_THREAD: {
    class: "StateError",
    meaning: "startWorkers() did not start this thread",
    remedy: "call startWorkers(), which starts threads that call this",
  },
  ERR_CALL_DONE: { class: "StateError", meaning: "the delayed call has already been made", remedy: "check active() first" },
  ERR_CALL_CANCELLED: { class: "StateError", meaning: "the delayed call has already been cancelled", remedy: "check active() first" },
  ERR_LOOP_RUNNING: { class: "StateError", meaning: "the looping call is already running", remedy: "call stop() first" },
  ERR_LOOP_NOT_RUNNING: { class: "StateError", meaning: "the looping call is not running", remedy: "check running first" },

  ERR_LISTEN: {
    class: "CannotListenError",
    meaning: "the port could not be opened or bound",
    remedy: "check the address, the port number and the limits of the process",
  },
  ERR_JOIN: {
    class: "MulticastJoinError",
    meaning: "the group could not be joined",
    remedy: "check that the interface is up and carries multicast",
  },
  ERR_MESSAGE_TOO_LONG: {
    class: "MessageLengthError",
    meaning: "the datagram is too long for UDP or for the path",
    remedy: "send less in one datagram: at most 65507 bytes over IPv4, 65527 over IPv6",
  },
  ERR_ADOPT: {
    class: "SystemError",
    meaning: "the descriptor could not be adopted",
    remedy: "pass the descriptor of an open and bound UDP socket",
  },
  ERR_CONNECT: {
    class: "SystemError",
    meaning: "the port could not be connected",
    remedy: "check the address of the peer and the routes",
  },
  ERR_SEND: {
    class: "SystemError",
    meaning: "the datagram was not sent",
    remedy: "check the destination, the routes and the interface",
  },
  ERR_RECEIVE: {
    class: "SystemError",
    meaning: "reading from the socket failed",
    remedy: "do nothing unless it repeats, because the port continues to read",
  },
  ERR_NO_ANSWER: {
    class: "SystemError",
    meaning: "no answer came",
    remedy: "check the address and port of the server (error.cause is the latest failure)",
  },
  ERR_LEAVE: {
    class: "SystemError",
    meaning: "the group could not be left",
    remedy: "do nothing: the port has dropped the membership, and the kernel does so at the latest when the port closes",
  },
  ERR_SOURCE_FILTER: {
    class: "SystemError",
    meaning: "the source could not be blocked or unblocked",
    remedy: "check that the interface is still there, or leave the group and join it again",
  },
  ERR_SET_OPTION: {
    class: "SystemError",
    meaning: "the operating system refused the option",
    remedy: "compare the value with docs/options.md, and check that the platform has the option",
  },
  ERR_GET_OPTION: {
    class: "SystemError",
    meaning: "the operating system did not report the option",
    remedy: "leave the option out, because this platform cannot report it",
  },
  ERR_INTERFACES: {
    class: "SystemError",
    meaning: "the operating system did not list the interfaces",
    remedy: "call again, because a change of interfaces can interrupt the list",
  },
  ERR_ROUTE: {
    class: "SystemError",
    meaning: "the operating system refused to look up a route",
    remedy: "check the routes of the host (ip route get shows them)",
  },
  ERR_RESOLVE: {
    class: "SystemError",
    meaning: "the name could not be resolved",
    remedy: "check the name and the resolver of this host",
  },
} as const;

const RAISE_DESCRIPTORS = "open fewer ports, or raise the limit of open files (ulimit -n)";
const MORE_MEMORY = "open fewer ports, or give the host more memory";
const NO_ROUTE = "add a route to that network, or check that the interface is up and has an address";
const FORBIDDEN = "check the firewall and the security policy of the host: one of them forbids it";

/** Map of code → errno name → advice for this refusal of the operating system. */
const REMEDIES: ErrnoRemedies<keyof typeof TABLE> = {
  ERR_LISTEN: {
    EADDRINUSE:
      "choose another port (0 picks a free one), stop the program that uses this one (ss -ulpn shows it), or share it: call listenMulticast() with listenMultiple: true in every program",
    EADDRNOTAVAIL: "pass an address that an interface of this host has: network.getInterfaceIPs() lists them",
    EACCES: "choose a port above 1023",
    EPERM: FORBIDDEN,
    EAFNOSUPPORT: "enable this IP version on the host, or listen on the other one",
    EINVAL: "pass a local address of this host; a link-local address needs its zone",
    EMFILE: RAISE_DESCRIPTORS,
    ENFILE: "close files and sockets of other programs, or raise the limit of the host (fs.file-max)",
    ENOBUFS: MORE_MEMORY,
    ENOMEM: MORE_MEMORY,
  },
  ERR_JOIN: {
    ENODEV: "name an interface that network.interfaces() lists, or leave out whenAvailable: false to wait for it",
    EADDRNOTAVAIL: "name an interface that has an address of this IP version",
    EADDRINUSE: "join each group once on each interface",
    ENOBUFS: "raise net.ipv4.igmp_max_memberships, or join fewer groups",
    ENOMEM: "raise net.core.optmem_max, or join fewer groups",
    EINVAL: "check group, interface and source",
    EMFILE: RAISE_DESCRIPTORS,
  },
  ERR_ADOPT: { EMFILE: RAISE_DESCRIPTORS },
  ERR_CONNECT: {
    ENETUNREACH: NO_ROUTE,
    EHOSTUNREACH: NO_ROUTE,
    EACCES: "call setBroadcastAllowed(true) first if the peer is a broadcast address, else check the firewall and the routes",
    EINVAL: "connect to an address that the port's own address can reach",
  },
  ERR_SEND: {
    ENETUNREACH: NO_ROUTE,
    EHOSTUNREACH: "check that the peer is up and on this network",
    ENETDOWN: "bring the interface up",
    ENODEV: "wait for the interface, or name one that network.interfaces() lists",
    ENXIO: "wait for the interface, or name one that network.interfaces() lists",
    EACCES: "call setBroadcastAllowed(true) first if the destination is a broadcast address, else check the firewall and the routes",
    EPERM: FORBIDDEN,
    EADDRNOTAVAIL: "send from an address that this host has",
    EINVAL: "send to an address that the port's own address can reach",
    ENOBUFS: "send more slowly, or raise sendBufferBytes",
    ENOMEM: "send more slowly, or give the host more memory",
  },
  ERR_NO_ANSWER: {
    ETIMEDOUT: "check the address and port of the server, or raise timeoutMs or attempts",
    ECONNREFUSED: "start the server, or check its port",
  },
  ERR_SOURCE_FILTER: { ENOBUFS: "raise net.ipv4.igmp_max_msf, or block fewer sources" },
  ERR_SET_OPTION: {
    EPERM: "run the program with the privilege that the option needs",
    ENODEV: "name an interface that network.interfaces() lists",
    EADDRNOTAVAIL: "name an interface that has an address of this IP version",
    ENOPROTOOPT: "leave the option out, because this platform does not have it",
  },
  ERR_INTERFACES: { EMFILE: RAISE_DESCRIPTORS, ENFILE: RAISE_DESCRIPTORS },
  ERR_ROUTE: { EACCES: "remove the route of type prohibit", EINVAL: "remove the route of type blackhole", EMFILE: RAISE_DESCRIPTORS },
  ERR_RESOLVE: {
    EAI_NONAME: "check the spelling of the name, and that it has an address of the requested IP version",
    EAI_NODATA: "check that the name has an address of the requested IP version",
    EAI_AGAIN: "try again later, and check that this host reaches its name server",
  },
};

/** Errors of reactors, ports, memberships and timers. */
export const REACTOR_ERRORS: ErrorDefinitions<typeof TABLE> = defineErrors(TABLE, REMEDIES);

/** Code of any error of Groupcast's: the value of `error.code`. */
export type ErrorCode = GroupcastErrorCode;
