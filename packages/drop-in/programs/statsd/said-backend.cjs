// A backend of statsd: says each packet, and tells when the daemon is up.
"use strict";

exports.init = (_startupTime, _config, events) => {
  import("../role.mjs").then(({ say }) => events.on("packet", (message, { address }) => say(`got ${message} from ${address}`)));
  return true;
};
