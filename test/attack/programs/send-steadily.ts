// Sends datagrams to a port of this host, from a socket of its own. Arguments: port, text, how many.
import { Reactor } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { SILENT } from "../support/silent.js";

await attackProcess(async () => {
  const [port, text = "", datagrams] = process.argv.slice(2);
  const reactor = new Reactor({ logger: SILENT });
  const sender = reactor.listenUDP(0, {}, { interface: "127.0.0.1" });
  for (let sent = 0; sent < Number(datagrams); sent++) {
    sender.write(text, { address: "127.0.0.1", port: Number(port) });
    await new Promise(setImmediate);
  }
  const { sent } = sender.statistics();
  await reactor.stop();
  return { sent };
});
