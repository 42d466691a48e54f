// A port in memory that is observed: `hostile` adds subscribers that throw and call back, and prints what came of it.
import diagnostics from "node:diagnostics_channel";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { Reactor } from "@groupcast/reactor";

const network = new MemoryNetwork();
const reactor = new Reactor({ backend: network.host("here"), clock: network.clock, logger: { info() {}, warn() {}, error() {} } });
const uncaught = [];
process.on("uncaughtException", (error) => uncaught.push(error.message));
const names = [];
if (process.argv[2] === "hostile") {
  for (const name of ["port:listening", "membership:change", "send:failed", "port:error", "port:closed"]) {
    diagnostics.subscribe(`groupcast:${name}`, (message) => {
      names.push(name);
      message.port.statistics();
      if (name !== "port:closed") message.port.write(`from ${name}`, { address: "127.0.0.1", port: 9 });
      throw new Error(`bite of ${name}`);
    });
    diagnostics.subscribe(`groupcast:${name}`, (message) => {
      message.port = undefined; // throws: messages are frozen
    });
  }
}

const port = reactor.listenMulticast(5000, {
  datagramReceived(data) {
    console.log(String(data));
    throw new Error("of the protocol");
  },
});
port.joinGroup("239.255.1.1", "eth7");
port.setOutgoingInterface("eth7");
port.write("x", { address: "239.255.1.1", port: 9 });
await network.clock.advance(10);
port.write("delivered", { address: "127.0.0.1", port: 5000 });
await network.clock.advance(10);
await port.stopListening();
await new Promise((resolve) => setImmediate(resolve));
console.log(names.join(" "));
console.log(uncaught.length > 0 && uncaught.every((text) => /^bite of|read only/.test(text)) ? `${uncaught.length} bites` : uncaught);
