// What is mutated, and by which tests it must be noticed: the files where a mistake loses, misdirects or leaks a datagram.

/**
 * @typedef {object} Target
 * @property {string} path
 * @property {readonly string[]} tests The ones that notice most come first.
 */

const REACTOR = "packages/reactor/src";
const CHANNELS = "packages/channels/src";
const DGRAM = "packages/backend-dgram/src";

/** @param {string} folder @param {readonly string[]} names */
const tests = (folder, ...names) => names.map((name) => `test/unit/${folder}/${name}.test.ts`);

const SENDING = tests(
  "reactor",
  "send-queue",
  "backlog",
  "unsent-bursts",
  "burst-order",
  "sending",
  "send-failures",
  "send-fate",
  "batches",
  "closing",
  "posting",
  "write-arguments",
);
const MEMBERSHIPS = tests(
  "reactor",
  "memberships",
  "membership-changes",
  "membership-refusals",
  "many-groups",
  "sources",
  "arrival-filter",
  "network-refusals",
  "acquiring",
);
const CONTRACTS = ["test/compliance/memory.test.ts"]; // every option, without a network
const MULTICAST_SENDING = [
  ...tests("reactor", "multicast-sending", "outgoing-interface", "settings", "copies", "network-refusals", "acquiring"),
  ...tests("reactor", "loopback-multicast", "virtual-network"),
];
const SEALING = tests("channels", "sealed", "seal-counter", "mutated-datagrams");
const RELAYS = tests("channels", "relay-lane", "relay-intake", "relayed-packets", "relay", "relay-rules", "failed-openings");
const DGRAM_TESTS = tests("backend-dgram", "dgram-reader", "held-datagrams", "dgram-writer", "dgram-send", "dgram-socket-life");

/** @type {readonly Target[]} */
export const TARGETS = [
  { path: `${REACTOR}/sending/send-queue.ts`, tests: SENDING },
  { path: `${REACTOR}/sending/backlog.ts`, tests: SENDING },
  {
    path: `${REACTOR}/sending/outbox.ts`,
    tests: [...SENDING, ...tests("reactor", "connecting", "resolving"), ...MULTICAST_SENDING, ...CONTRACTS],
  },
  { path: `${REACTOR}/sending/burst-arrangement.ts`, tests: tests("reactor", "burst-order", "send-queue", "backlog", "sending") },
  { path: `${REACTOR}/receiving/inbox.ts`, tests: tests("reactor", "inbox", "delivery", "pausing", "batches", "closing") },
  { path: `${REACTOR}/receiving/arrival-filter.ts`, tests: tests("reactor", "arrival-filter", "sources", "many-groups", "memberships") },
  { path: `${REACTOR}/multicast/memberships.ts`, tests: [...MEMBERSHIPS, ...tests("reactor", "outgoing-interface")] },
  { path: `${REACTOR}/multicast/membership-sockets.ts`, tests: MEMBERSHIPS },
  { path: `${REACTOR}/multicast/multicast-sender.ts`, tests: [...MULTICAST_SENDING, ...CONTRACTS] },
  {
    path: `${REACTOR}/multicast/outgoing-choice.ts`,
    tests: tests("reactor", "outgoing-interface", "multicast-sending", "network-refusals"),
  },
  { path: `${REACTOR}/multicast/leak-guard.ts`, tests: [...tests("reactor", "leak-guard"), ...MULTICAST_SENDING] },
  { path: `${CHANNELS}/order/replay-window.ts`, tests: tests("channels", "replay-window", "sealed") },
  { path: `${CHANNELS}/seal/sealer.ts`, tests: SEALING },
  { path: `${CHANNELS}/seal/unsealer.ts`, tests: SEALING },
  { path: `${CHANNELS}/fragments/fragment-header.ts`, tests: tests("channels", "fragments") },
  { path: `${CHANNELS}/fragments/partial-message.ts`, tests: tests("channels", "fragments") },
  { path: `${CHANNELS}/fragments/reassembler.ts`, tests: tests("channels", "fragments") },
  { path: `${CHANNELS}/relay/relay-lane.ts`, tests: RELAYS },
  { path: `${CHANNELS}/relay/relay-intake.ts`, tests: RELAYS },
  { path: `${CHANNELS}/relay/relayed-packets.ts`, tests: RELAYS },
  { path: `${CHANNELS}/nats/nats-outbox.ts`, tests: tests("channels", "nats-outbox") },
  { path: `${CHANNELS}/udp/group-memberships.ts`, tests: tests("channels", "group-memberships", "udp-transport", "failed-openings") },
  { path: `${DGRAM}/dgram-reader.ts`, tests: DGRAM_TESTS },
  { path: `${DGRAM}/held-datagrams.ts`, tests: DGRAM_TESTS },
  { path: `${DGRAM}/dgram-writer.ts`, tests: DGRAM_TESTS },
  {
    path: `${DGRAM}/dgram-socket.ts`,
    tests: [...DGRAM_TESTS, ...tests("backend-dgram", "dgram-connect", "dgram-memberships", "adopt-socket")],
  },
];
