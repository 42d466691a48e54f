/**
 * A UDP service that also speaks HTTP: metrics for Prometheus, a health check, and a shutdown that answers what has arrived.
 *
 * You learn: the counters of every port as Prometheus reads them; what ends in which order.
 * You run:   node examples/dist/16-in-production/main.js, and in another terminal: curl http://127.0.0.1:9464/metrics
 * You see:   one line for each counter of each port. Ctrl-C ends the program, without a request cut off.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const HTTP_PORT = Number(process.argv[3] ?? 9464);
const GRACE_MS = 3000; // for the requests that run at the end; a client that never ends its own must not hold us up

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

/** Returns the counters of all ports in the text format of Prometheus: all samples of a metric stand together. */
function metrics(): string {
  const families = new Map<string, string[]>();
  for (const port of reactor.ports) {
    for (const [name, value] of Object.entries(port.statistics())) {
      const [type, suffix] = name === "queued" ? ["gauge", ""] : ["counter", "_total"]; // the others only grow
      const metric = `groupcast_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}${suffix}`;
      const lines = families.get(metric) ?? [`# TYPE ${metric} ${type}`];
      families.set(metric, [...lines, `${metric}{port="${port.getHost().port}"} ${value}`]);
    }
  }
  return `${[...families.values()].flat().join("\n")}\n`;
}

const reactor = new Reactor();
const http = createServer((request, response) => {
  if (request.url === "/metrics") response.setHeader("Content-Type", "text/plain; version=0.0.4").end(metrics());
  else response.writeHead(request.url === "/healthz" ? 204 : 404).end();
}).listen(HTTP_PORT, "127.0.0.1");
await once(http, "listening");

// Before the ports close: take no more connections, and let the requests that run end. UDP is answered meanwhile.
reactor.addSystemEventTrigger("before", "shutdown", async () => {
  console.log("shutting down");
  const impatience = setTimeout(() => http.closeAllConnections(), GRACE_MS);
  await new Promise((resolve) => http.close(resolve));
  clearTimeout(impatience);
});

const port = reactor.listenUDP(PORT, new Echo());
console.log(`listening on port ${port.getHost().port}, metrics on ${(http.address() as AddressInfo).port}`);
await reactor.run();
console.log(`received ${port.statistics().received}, sent ${port.statistics().sent}`);
