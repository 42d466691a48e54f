// Mutants that change nothing anybody can see, with the reason. They are not run, and do not count.

/**
 * @typedef {object} Equivalent
 * @property {string} path End of the file's path.
 * @property {string} operator
 * @property {string} code Part of the line.
 * @property {string} reason
 */

/** @type {readonly Equivalent[]} */
const EQUIVALENT = [
  {
    path: "sending/backlog.ts",
    operator: "bound moved",
    code: "for (let i = next; i < length; i++) to[i] ??= peer;",
    reason: "append() writes over the entry behind the last",
  },
  {
    path: "multicast/membership-sockets.ts",
    operator: "boolean swapped",
    code: "if (outcome >= 0) member.filter?.ruleFor(group, iface!.index, true).blocked.",
    reason: "a membership has its rule already: the argument is for a new one",
  },
  {
    path: "sending/send-queue.ts",
    operator: "bound moved",
    code: "if (this.#count === MAX_BURST_DATAGRAMS || (this.#count > 0",
    reason: "a flush of nothing does nothing; a datagram that fills the slab exactly leaves in a burst of its own, or in the same",
  },
  {
    path: "sending/backlog.ts",
    operator: "statement deleted",
    code: "if (from === to) return;",
    reason: "an empty burst is kept for what comes next: it costs its memory",
  },
  {
    path: "backend-dgram/src/dgram-reader.ts",
    operator: "bound moved",
    code: "if (this.#limits !== undefined && this.#held.length > 0) this.#nextTurn ??=",
    reason: "a turn that has nothing to deliver delivers nothing",
  },
  {
    path: "backend-dgram/src/dgram-writer.ts",
    operator: "boolean swapped",
    code: "#isLingering = false; //",
    reason: "close() sets it before anything reads it",
  },
  {
    path: "backend-dgram/src/dgram-writer.ts",
    operator: "and, or",
    code: "const peer = address === undefined || port === undefined ?",
    reason: "Node's error names both, or none",
  },
  {
    path: "backend-dgram/src/dgram-reader.ts",
    operator: "bound moved",
    code: "if (this.#held.length > 0) this.#nextTurn ??=",
    reason: "a turn that has nothing to deliver delivers nothing",
  },
  {
    path: "backend-dgram/src/dgram-reader.ts",
    operator: "statement deleted",
    code: "this.#socket = undefined;",
    reason: "the socket is closed: it would only be kept in memory",
  },
  {
    path: "backend-dgram/src/dgram-reader.ts",
    operator: "statement deleted",
    code: "this.#held.clear();",
    reason: "reading is off for good: what is held would only stay in memory",
  },
  {
    path: "relay/relayed-packets.ts",
    operator: "bound moved",
    code: "const hasWrapped = lead > 0 && sequence < newest;",
    reason: "a lead of 0 is the newest itself, which is not less than itself",
  },
  {
    path: "relay/relayed-packets.ts",
    operator: "bound moved",
    code: "if (sequence > source.window.newest) source.advancedMs",
    reason: "the newest itself is a repeat, and has returned before",
  },
  {
    path: "relay/relayed-packets.ts",
    operator: "statement deleted",
    code: "this.#ids.set(source, id);",
    reason: "the id is computed again, and is the same",
  },
  {
    path: "fragments/partial-message.ts",
    operator: "and, or",
    code: "this.#first === undefined || this.#last === undefined ?",
    reason: "both are undefined, or none",
  },
  {
    path: "fragments/partial-message.ts",
    operator: "statement deleted",
    code: "if (sequence === undefined) return;",
    reason: "comparisons with undefined change neither number",
  },
  {
    path: "fragments/partial-message.ts",
    operator: "bound moved",
    code: "((sequence - this.#first) | 0) < 0",
    reason: "the same number is set again",
  },
  {
    path: "fragments/partial-message.ts",
    operator: "bound moved",
    code: "((sequence - this.#last) | 0) > 0",
    reason: "the same number is set again",
  },
  {
    path: "seal/unsealer.ts",
    operator: "plus, minus",
    code: "cipher.setAAD(",
    reason: "Node reads plaintextLength for CCM alone",
  },
  {
    path: "receiving/arrival-filter.ts",
    operator: "and, or",
    code: "if (groups === undefined || rule === undefined) return;",
    reason: "an interface without groups has no rule, and what is dropped was joined, so there is a rule",
  },
  {
    path: "sending/send-queue.ts",
    operator: "bound moved",
    code: "if (this.#backlog.length > 0 && !this.#backlog.admits",
    reason: "an empty backlog admits any burst",
  },
  {
    path: "sending/send-queue.ts",
    operator: "bound moved",
    code: "if (this.#count > 0 && to !== this.#to",
    reason: "a turn too many arranges a burst that is in order already: it costs a copy",
  },
  {
    path: "sending/send-queue.ts",
    operator: "and, or",
    code: "if (this.#count > 0 && to !== this.#to",
    reason: "turns too many arrange a burst that is in order already: it costs a copy",
  },
  {
    path: "sending/send-queue.ts",
    operator: "bound moved",
    code: "this.#turns > 1 ?",
    reason: "a burst with one turn is in order already, and arranging it costs a copy",
  },
  {
    path: "sending/send-queue.ts",
    operator: "bound moved",
    code: "if (outcome > 0) this.#countSent",
    reason: "a backend that takes nothing answers with an errno",
  },
  {
    path: "order/replay-window.ts",
    operator: "bound moved",
    code: "if (number <= this.#newest - this.#sizeBits) return false",
    reason: "the number right behind the window has the bit of the newest, which is set",
  },
  {
    path: "order/replay-window.ts",
    operator: "bound moved",
    code: "if (number > this.#newest) this.#advance(number)",
    reason: "the newest itself is not new, and is not added",
  },
  {
    path: "order/replay-window.ts",
    operator: "bound moved",
    code: "if (number - this.#newest >= this.#sizeBits)",
    reason: "the loop clears every bit too when the jump is as wide as the window",
  },
  {
    path: "order/replay-window.ts",
    operator: "bound moved",
    code: "next <= number; next++",
    reason: "the last bit is set right afterwards",
  },
];

/**
 * Returns why a mutant changes nothing; undefined if it does.
 *
 * @param {string} path
 * @param {string} operator
 * @param {string} line
 * @returns {string | undefined}
 */
export function reasonOfEquivalence(path, operator, line) {
  const found = EQUIVALENT.find((each) => path.endsWith(each.path) && each.operator === operator && line.includes(each.code));
  return found?.reason;
}
