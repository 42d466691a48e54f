/**
 * A UDP service whose counters OpenTelemetry exports. It needs @groupcast/opentelemetry, and the SDK and the exporter that it imports.
 *
 * You learn: metrics of one port, read by Prometheus from a server that the program has anyway.
 * You run:   node examples/dist/17-opentelemetry/main.js, and in another terminal: curl http://127.0.0.1:9464/metrics
 * You see:   one line for each counter of the port. Ctrl-C ends the program.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { instrument } from "@groupcast/opentelemetry";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const HTTP_PORT = Number(process.argv[3] ?? 9464);

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

const exporter = new PrometheusExporter({ preventServerStart: true });
const meterProvider = new MeterProvider({ readers: [exporter] });
const http = createServer((request, response) => {
  if (request.url === "/metrics") exporter.getMetricsRequestHandler(request, response);
  else response.writeHead(404).end();
}).listen(HTTP_PORT, "127.0.0.1");
await once(http, "listening");

const reactor = new Reactor();
const port = reactor.listenUDP(PORT, new Echo());
const { port: number } = port.getHost();
instrument(reactor, { meterProvider, byPort: [number] }); // all other ports share one series

// After the ports have closed, so that the last export has everything.
reactor.addSystemEventTrigger("after", "shutdown", async () => {
  await meterProvider.shutdown();
  http.close();
  http.closeAllConnections();
});

console.log(`listening on port ${number}, metrics on ${(http.address() as AddressInfo).port}`);
await reactor.run();
console.log(`received ${port.statistics().received}`);
