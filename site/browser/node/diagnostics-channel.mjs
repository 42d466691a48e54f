// Stands in for node:diagnostics_channel: nobody subscribes.

/** @param {string} name */
export function channel(name) {
  return { name, hasSubscribers: false, publish() {} };
}
