import type { BACKEND_ERRORS } from "@groupcast/backend";
import { type BASE_ERRORS, defineErrors, type ErrorDefinitions } from "@groupcast/base";

const TABLE = {
  ERR_PORT_RANGE: {
    class: "InvalidArgumentError",
    meaning: "is not a port number",
    remedy: "pass an integer from 1 to 65535 (0 only to listen on any free port)",
  },
  ERR_ADDRESS_SCOPE: {
    class: "InvalidArgumentError",
    meaning: "has no zone that is an interface of this host",
    remedy: "use the name or index of an existing interface after the '%'",
  },
  ERR_FAMILY_MISMATCH: {
    class: "InvalidArgumentError",
    meaning: "is of the other IP version",
    remedy:
      'use an address of the port\'s family: listen with interface "::" for IPv6; from such a port, IPv4 is written as ::ffff:192.0.2.1',
  },
  ERR_NO_DESTINATION: {
    class: "InvalidArgumentError",
    meaning: "is missing",
    remedy: "pass { address, port }, or connect() the port first",
  },
  ERR_DESTINATION_FIXED: {
    class: "InvalidArgumentError",
    meaning: "is not the peer this port is connected to",
    remedy: "leave the destination out, or disconnect() first",
  },
  ERR_NOT_MULTICAST: { class: "InvalidArgumentError", meaning: "is not a multicast group", remedy: "use 224.0.0.0/4 or ff00::/8" },
  ERR_SOURCE_IS_MULTICAST: {
    class: "InvalidArgumentError",
    meaning: "is a multicast group, where a sender's address is needed",
    remedy: "pass the unicast address of the sender",
  },
  ERR_TRIGGER_UNKNOWN: {
    class: "InvalidArgumentError",
    meaning: "is not a pending trigger",
    remedy: "remove a trigger once, before it has run",
  },

  ERR_MULTICAST_ONLY: {
    class: "UnsupportedError",
    meaning: "this backend does not see where a datagram was sent to",
    remedy: "pass group and leave interface out, so that the port is bound to the group; or use the native backend on Linux",
  },

  ERR_CLOSED: { class: "StateError", meaning: "the port is closed", remedy: "listen again; a closed port stays closed" },
  ERR_SEND_QUEUE_FULL: {
    class: "StateError",
    meaning: "the send queue is full",
    remedy: "await transport.drained(), then send again",
  },
  ERR_NOT_LISTENING: {
    class: "StateError",
    meaning: "the protocol has no transport",
    remedy: "use it from startProtocol() until stopProtocol()",
  },
  ERR_ALREADY_LISTENING: {
    class: "StateError",
    meaning: "the protocol is on a port already",
    remedy: "make one protocol object for each port",
  },
  ERR_ALREADY_CONNECTED: { class: "StateError", meaning: "the port is connected already", remedy: "disconnect() first" },
  ERR_NOT_CONNECTED: { class: "StateError", meaning: "the port is not connected", remedy: "connect() first" },
  ERR_ALREADY_JOINED: {
    class: "StateError",
    meaning: "the group is joined there already",
    remedy: "join once; memberships lists what is joined",
  },
  ERR_NOT_JOINED: { class: "StateError", meaning: "the group is not joined there", remedy: "leave what memberships lists" },
  ERR_ALREADY_BLOCKED: { class: "StateError", meaning: "the source is blocked there already", remedy: "block once" },
  ERR_NOT_BLOCKED: { class: "StateError", meaning: "the source is not blocked there", remedy: "unblock what was blocked" },
  ERR_ALREADY_RUNNING: { class: "StateError", meaning: "the reactor is running already", remedy: "await the promise of the first run()" },
  ERR_REACTOR_STOPPED: {
    class: "StateError",
    meaning: "the reactor has been stopped",
    remedy: "make a new Reactor; a stopped one does not start again",
  },
  ERR_CALL_DONE: { class: "StateError", meaning: "the delayed call has been made already", remedy: "check active() first" },
  ERR_CALL_CANCELLED: { class: "StateError", meaning: "the delayed call was cancelled", remedy: "check active() first" },
  ERR_LOOP_RUNNING: { class: "StateError", meaning: "the looping call is running already", remedy: "stop() it first" },
  ERR_LOOP_NOT_RUNNING: { class: "StateError", meaning: "the looping call is not running", remedy: "start() it first" },

  ERR_LISTEN: {
    class: "CannotListenError",
    meaning: "the socket could not be opened or bound",
    remedy:
      "EADDRINUSE: another port or listenMultiple; EADDRNOTAVAIL: a local address; EACCES: a port above 1023, or CAP_NET_BIND_SERVICE; EMFILE: fewer ports or a higher limit",
  },
  ERR_JOIN: {
    class: "MulticastJoinError",
    meaning: "the group could not be joined",
    remedy:
      "ENODEV: name an interface that exists, or omit whenAvailable: false to wait for it; ENOBUFS: raise net.ipv4.igmp_max_memberships; ENOMEM: raise net.core.optmem_max",
  },
  ERR_MESSAGE_TOO_LONG: {
    class: "MessageLengthError",
    meaning: "the datagram is longer than UDP can carry",
    remedy: "at most 65507 bytes over IPv4, 65527 over IPv6",
  },
  ERR_ADOPT: {
    class: "SystemError",
    meaning: "the descriptor could not be adopted",
    remedy: "pass an open datagram socket of IPv4 or IPv6",
  },
  ERR_CONNECT: { class: "SystemError", meaning: "the port could not be connected", remedy: "ENETUNREACH: no route to the peer" },
  ERR_SEND: {
    class: "SystemError",
    meaning: "the datagram was not sent",
    remedy: "ENETUNREACH, EHOSTUNREACH: no route, or the peer is down; EACCES: setBroadcastAllowed(true); ENOBUFS: send less at once",
  },
  ERR_NO_ANSWER: {
    class: "SystemError",
    meaning: "no answer came",
    remedy:
      "ETIMEDOUT: check address and port, or raise timeoutMs or attempts; ECONNREFUSED: start the server; cause has the latest failure",
  },
  ERR_RECEIVE: { class: "SystemError", meaning: "reading from the socket failed", remedy: "the port goes on; look at errnoName" },
  ERR_LEAVE: {
    class: "SystemError",
    meaning: "the group could not be left",
    remedy: "the interface may be gone; the membership is dropped all the same",
  },
  ERR_SOURCE_FILTER: {
    class: "SystemError",
    meaning: "the source could not be blocked or unblocked",
    remedy: "ENOBUFS: raise net.ipv4.igmp_max_msf",
  },
  ERR_SET_OPTION: { class: "SystemError", meaning: "the OS refused the option", remedy: "look at errnoName" },
  ERR_GET_OPTION: { class: "SystemError", meaning: "the OS did not report the option", remedy: "look at errnoName" },
  ERR_INTERFACES: {
    class: "SystemError",
    meaning: "the OS did not list the interfaces",
    remedy: "EMFILE, ENFILE: close descriptors or raise the limit; otherwise call again: interfaces that change fast interrupt the list",
  },
  ERR_ROUTE: { class: "SystemError", meaning: "the OS has no route", remedy: "ENETUNREACH: add a route, or name the interface" },
  ERR_RESOLVE: {
    class: "SystemError",
    meaning: "the name could not be resolved",
    remedy: "check the name and the resolver; ENOTFOUND: it has no address of that family",
  },
} as const;

/** Errors of reactors, ports, memberships and timers. */
export const REACTOR_ERRORS: ErrorDefinitions<typeof TABLE> = defineErrors(TABLE);

/** Code of any error of reactors, ports and backends: the value of `error.code`. */
export type ErrorCode = keyof typeof BASE_ERRORS | keyof typeof BACKEND_ERRORS | keyof typeof REACTOR_ERRORS;
