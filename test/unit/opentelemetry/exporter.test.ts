// The Prometheus exporter of OpenTelemetry over HTTP, and ports on loopback.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { instrument } from "@groupcast/opentelemetry";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { Reactor, type UDPPort } from "groupcast";
import { expect, onTestFinished, test } from "vitest";

interface Scraped {
  readonly reactor: Reactor;
  readonly provider: MeterProvider;
  /** Returns the samples, as lines. */
  scrape(): Promise<readonly string[]>;
}

async function setUp(): Promise<Scraped> {
  const exporter = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const http = createServer((request, response) => exporter.getMetricsRequestHandler(request, response)).listen(0, "127.0.0.1");
  await once(http, "listening");
  const reactor = new Reactor();
  onTestFinished(async () => {
    await Promise.all([reactor.stop(), provider.shutdown()]);
    http.closeAllConnections();
    http.close();
  });
  const scrape = async (): Promise<readonly string[]> => {
    const response = await fetch(`http://127.0.0.1:${(http.address() as AddressInfo).port}/metrics`);
    expect(response.status).toBe(200);
    return (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("# "));
  };
  return { reactor, provider, scrape };
}

/** Opens a port on loopback, and sends `count` datagrams from it to itself. */
async function busyPort(reactor: Reactor, count: number): Promise<UDPPort> {
  const port = reactor.listenUDP(0, { datagramReceived() {} }, { interface: "127.0.0.1" });
  for (let i = 0; i < count; i++) port.write("12345", port.getHost());
  await expect.poll(() => port.statistics().received).toBe(count);
  return port;
}

test("a scrape has the counters in the format of Prometheus", async () => {
  const { reactor, provider, scrape } = await setUp();
  const own = await busyPort(reactor, 3);
  const { port: number } = own.getHost();
  instrument(reactor, { meterProvider: provider, byPort: [number] });
  await busyPort(reactor, 2);
  const lines = await scrape();
  expect(lines).toEqual(
    expect.arrayContaining([
      `groupcast_port_datagrams_received_total{network_local_port="${number}"} 3`,
      `groupcast_port_payload_received_total{network_local_port="${number}"} 15`,
      `groupcast_port_count{network_local_port="${number}"} 1`,
      `groupcast_membership_count{network_local_port="${number}",groupcast_membership_state="joined"} 0`,
      "groupcast_port_datagrams_received_total 2",
      "groupcast_port_datagrams_queued 0",
    ]),
  );
  await own.stopListening();
  expect(await scrape()).toContain(`groupcast_port_datagrams_received_total{network_local_port="${number}"} 3`);
});

test("scrapes while ports stop, and while the reactor does, see every datagram once", async () => {
  const { reactor, provider, scrape } = await setUp();
  instrument(reactor, { meterProvider: provider });
  const ports = await Promise.all(Array.from({ length: 20 }, () => busyPort(reactor, 5)));
  const scrapes = [scrape()];
  for (const port of ports.slice(0, 10)) {
    void port.stopListening();
    scrapes.push(scrape());
  }
  const stopped = reactor.stop();
  scrapes.push(scrape());
  await stopped;
  scrapes.push(scrape());
  for (const lines of await Promise.all(scrapes)) expect(lines).toContain("groupcast_port_datagrams_sent_total 100");
  expect(await scrape()).toContain("groupcast_port_count 0");
});
