// Opens a port, and prints the backend and the public modules of Node that this took and that the process had not loaded before.
const { writeSync } = process.getBuiltinModule("node:fs"); // unlike an import, this loads no streams
const PUBLIC = /^NativeModule (?!internal\/)/;
const loaded = () => process.moduleLoadList.filter((name) => PUBLIC.test(name)).map((name) => name.replace(PUBLIC, ""));

const before = loaded();
const { Reactor } = await import("groupcast");
const reactor = new Reactor();
const port = reactor.listenUDP(0, { datagramReceived() {} }, { interface: process.argv[2] });
const opened = loaded();
await port.stopListening();
writeSync(1, JSON.stringify({ backend: reactor.backend.name, modules: opened.filter((name) => !before.includes(name)) }));
