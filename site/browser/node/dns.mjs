// Stands in for node:dns: a page cannot look names up.

const EAI_FAIL = -3004; // libuv's number

/** @param {string} name @param {object} _ @param {(error: Error) => void} done */
export function lookup(name, _, done) {
  done(Object.assign(new Error(`a page cannot look up ${name}`), { errno: EAI_FAIL, code: "EAI_FAIL" }));
}
