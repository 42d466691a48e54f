// The addon, with a kernel that answers every list of interfaces with the errno in REFUSAL, as after eight interrupted dumps.
const addon = require(process.env.REAL_ADDON);

module.exports = { ...addon, network_interfaces: () => Number(process.env.REFUSAL) };
