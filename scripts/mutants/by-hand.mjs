// Mistakes that no operator makes, or in files that operators do not reach: each went unnoticed once. `npm run mutants -- --by-hand`

/**
 * @typedef {object} ByHand
 * @property {string} mistake
 * @property {string} path
 * @property {string} find Text that stands once in the file.
 * @property {string} replacement
 * @property {readonly string[]} tests
 */

const REACTOR = "packages/reactor/src";
const CHANNELS = "packages/channels/src";
const DGRAM = "packages/backend-dgram/src";
const ADDON = "packages/backend-native/src/addon";

/** @param {string} folder @param {readonly string[]} names */
const tests = (folder, ...names) => names.map((name) => `test/unit/${folder}/${name}.test.ts`);

/** @type {readonly ByHand[]} */
export const BY_HAND = [
  {
    mistake: "the backlog takes peers from the burst as it was written, not as it was arranged",
    path: `${REACTOR}/sending/send-queue.ts`,
    find: "this.#backlog.add(batch, taken, count);",
    replacement: "this.#backlog.add({ ...batch, bytes: batch.bytes, offsets: batch.offsets, via: batch.via, to: this.#to }, taken, count);",
    tests: tests("reactor", "backlog", "unsent-bursts", "burst-order"),
  },
  {
    mistake: "the bytes of the backlog never fall",
    path: `${REACTOR}/sending/backlog.ts`,
    find: "      this.#bytes -= offsets[burst.next]! - offsets[next]!;\n",
    replacement: "",
    tests: tests("reactor", "backlog", "unsent-bursts"),
  },
  {
    mistake: "a new burst overtakes the backlog",
    path: `${REACTOR}/sending/send-queue.ts`,
    find: "const taken = this.#backlog.length > 0 ? 0 : this.#send(batch, 0, count);",
    replacement: "const taken = this.#send(batch, 0, count);",
    tests: tests("reactor", "backlog", "unsent-bursts"),
  },
  {
    mistake: "a corked port sends what it holds back when the network takes datagrams again",
    path: `${REACTOR}/sending/send-queue.ts`,
    find: "if (this.#backlog.length === 0) this.#flushUnlessPaused();",
    replacement: "if (this.#backlog.length === 0) this.flush();",
    tests: tests("reactor", "posting"),
  },
  {
    mistake: "cork() holds back what was written before it, too",
    path: `${REACTOR}/sending/send-queue.ts`,
    find: "    this.flush();\n    this.#isPaused = true;",
    replacement: "    this.#isPaused = true;",
    tests: tests("reactor", "posting"),
  },
  {
    mistake: "the origin of a datagram comes from the wrong index",
    path: `${REACTOR}/sending/burst-arrangement.ts`,
    find: "this.via[at] = burst.via[index];",
    replacement: "this.via[at] = burst.via[at];",
    tests: tests("reactor", "burst-order", "unsent-bursts", "backlog"),
  },
  {
    mistake: "a rule of sources stays after its last source",
    path: `${REACTOR}/receiving/arrival-filter.ts`,
    find: "if (source === undefined || rule.sources.size === 0) groups.delete(group);",
    replacement: "if (source === undefined) groups.delete(group);",
    tests: tests("reactor", "arrival-filter"),
  },
  {
    mistake: "a further socket stays open when its join is refused",
    path: `${REACTOR}/multicast/membership-sockets.ts`,
    find: '    if (typeof joined === "number") this.#sockets.closeFurther(further);\n',
    replacement: "",
    tests: tests("reactor", "many-groups"),
  },
  {
    mistake: "renewal on IPv6 never says that a membership is lost",
    path: `${REACTOR}/multicast/membership-sockets.ts`,
    find: '"unchanged" : "lost";',
    replacement: '"unchanged" : "unchanged";',
    tests: tests("reactor", "membership-changes"),
  },
  {
    mistake: "a whole batch that comes while paused or closed is lost uncounted",
    path: `${REACTOR}/receiving/inbox.ts`,
    find: "      this.#setAside(batch, 0);\n      return;",
    replacement: "      return;",
    tests: tests("reactor", "inbox", "delivery"),
  },
  {
    mistake: "a counter is marked as used before the tag is checked",
    path: `${CHANNELS}/seal/unsealer.ts`,
    find: "    const payload = decrypt(key, header, packet);\n",
    replacement: "    known?.window.add(header.counter);\n    const payload = decrypt(key, header, packet);\n",
    tests: tests("channels", "sealed"),
  },
  {
    mistake: "a jump leaves the bit of the number right after the newest",
    path: `${CHANNELS}/order/replay-window.ts`,
    find: "let next = this.#newest + 1; next",
    replacement: "let next = this.#newest + 2; next",
    tests: tests("channels", "replay-window"),
  },
  {
    mistake: "incomplete messages take memory without bound",
    path: `${CHANNELS}/fragments/reassembler.ts`,
    find: "    while (this.#heldBytes > MAX_HELD_BYTES) this.#giveUpOldest();\n",
    replacement: "",
    tests: tests("channels", "fragments"),
  },
  {
    mistake: "a message may be longer than 16 MiB",
    path: `${CHANNELS}/fragments/fragment-header.ts`,
    find: "  if (totalBytes > MAX_FRAGMENTED_BYTES) return undefined;\n",
    replacement: "",
    tests: tests("channels", "fragments"),
  },
  {
    mistake: "the waiting bytes of the outbox never fall",
    path: `${CHANNELS}/nats/nats-outbox.ts`,
    find: "      this.#waitingBytes -= outgoing.payload.length;\n",
    replacement: "",
    tests: tests("channels", "nats-outbox"),
  },
  {
    mistake: "a counter that begins again at 0 is a repeat",
    path: `${CHANNELS}/relay/relayed-packets.ts`,
    find: "if (hasWrapped || hasStartedAgain(",
    replacement: "if (hasStartedAgain(",
    tests: tests("channels", "relayed-packets"),
  },
  {
    mistake: "the first number of a message ignores the wrap",
    path: `${CHANNELS}/fragments/partial-message.ts`,
    find: "((sequence - this.#first) | 0) < 0",
    replacement: "sequence - this.#first < 0",
    tests: tests("channels", "fragments"),
  },
  {
    mistake: "the last number of a message ignores the wrap",
    path: `${CHANNELS}/fragments/partial-message.ts`,
    find: "((sequence - this.#last) | 0) > 0",
    replacement: "sequence - this.#last > 0",
    tests: tests("channels", "fragments"),
  },
  {
    mistake: "a join that one interface refuses stays on the others",
    path: `${CHANNELS}/udp/group-memberships.ts`,
    find: "      for (const selector of joined) this.#port.leaveGroup(group, selector);\n",
    replacement: "",
    tests: tests("channels", "group-memberships"),
  },
  {
    mistake: "the writer goes on in the batch when libuv queues",
    path: `${DGRAM}/dgram-writer.ts`,
    find: "      if (this.#isFull()) return index + 1 - from;\n",
    replacement: "",
    tests: tests("backend-dgram", "dgram-writer"),
  },
  {
    mistake: "the budget of bytes is ignored for what was held",
    path: `${DGRAM}/dgram-reader.ts`,
    find: " || bytes >= limits.maxBytes",
    replacement: "",
    tests: tests("backend-dgram", "dgram-reader"),
  },
  {
    mistake: "the overhead of a held datagram is not given back",
    path: `${DGRAM}/held-datagrams.ts`,
    find: "this.#costBytes -= datagram.bytes.length + OVERHEAD_BYTES;",
    replacement: "this.#costBytes -= datagram.bytes.length;",
    tests: tests("backend-dgram", "held-datagrams"),
  },
  {
    mistake: "errors are reported after close()",
    path: `${DGRAM}/dgram-socket.ts`,
    find: "    if (this.#isClosed) return;\n    const errno",
    replacement: "    const errno",
    tests: tests("backend-dgram", "dgram-socket-life"),
  },
  {
    mistake: "a run counts as one datagram of the budget",
    path: `${ADDON}/incoming.cc`,
    find: "datagrams += segments;",
    replacement: "datagrams += 1;",
    tests: tests("backend-native", "receiving"),
  },
  {
    mistake: "a read expects single datagrams where runs came before",
    path: `${ADDON}/incoming.cc`,
    find: "      pace->slot_datagrams = std::max(pace->slot_datagrams, segments);\n",
    replacement: "",
    tests: tests("backend-native", "receiving"),
  },
  {
    mistake: "an error that only a send has met is not scheduled for reporting",
    path: `${ADDON}/datagram_socket_sending.cc`,
    find: "      if (!failures_.empty()) update_polling();\n",
    replacement: "",
    tests: tests("backend-native", "icmp-errors"),
  },
  {
    mistake: "a pending error is blamed on the datagram that meets it",
    path: `${ADDON}/datagram_socket_sending.cc`,
    find: "    if (pending != 0 || !is_icmp_error(sent)) return sent;",
    replacement: "    if (pending == 0) return sent;",
    tests: tests("backend-native", "icmp-errors"),
  },
  {
    mistake: "a run that cannot be segmented is tried again and again at its size",
    path: `${ADDON}/datagram_socket_sending.cc`,
    find: "sent == -EIO ? 0 : segment_bytes - 1",
    replacement: "sent == -EIO ? 0 : segment_bytes",
    tests: tests("backend-native", "sending"),
  },
];
