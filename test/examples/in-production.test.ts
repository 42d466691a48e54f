import { once } from "node:events";
import { connect } from "node:net";
import { beforeEach, describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { ask } from "../support/plain-exchange.js";
import { skipUnless } from "../support/probe.js";
import { expectedOutput, play } from "./played.js";

const LIMIT_MS = 20_000;

/** A request of which the server has the beginning, and which {@link Half.end} completes. */
interface Half {
  /** Sends the rest, and returns the first line of the answer. */
  end(): Promise<string>;
}

async function halfRequest(port: string): Promise<Half> {
  const socket = connect(Number(port), "127.0.0.1").setEncoding("utf8");
  await once(socket, "connect");
  await new Promise((sent) => socket.write("GET /healthz HTTP/1.1\r\nHost: here\r\n", sent));
  const end = async (): Promise<string> => {
    socket.write("Connection: close\r\n\r\n");
    const [text] = (await once(socket, "data")) as [string];
    return text.split("\r\n")[0]!;
  };
  return { end };
}

describe.each(BACKENDS)("as a process on %s", { timeout: LIMIT_MS }, (backend) => {
  beforeEach((context) => skipUnless(context, canLoad(backend)));

  test("16-in-production answers over UDP, counts for Prometheus, and ends at SIGTERM with what it counted", async () => {
    await using server = play("16-in-production", backend, 0, 0);
    const [, number = "", http = ""] = await server.line(/port (\d+), metrics on (\d+)/);
    expect(String(await ask("127.0.0.1", Number(number), "hello"))).toBe("hello");

    const metrics = await fetch(`http://127.0.0.1:${http}/metrics`);
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4");
    const text = await metrics.text();
    expect(text).toContain(`# TYPE groupcast_received_total counter\ngroupcast_received_total{port="${number}"} 1\n`);
    expect(text).toContain(`groupcast_sent_bytes_total{port="${number}"} 5\n`);
    expect(text).toContain(`# TYPE groupcast_queued gauge\ngroupcast_queued{port="${number}"} 0\n`);
    expect(text).toMatch(/^(# TYPE (\w+) (gauge|counter)\n\2\{port="\d+"\} \d+\n)+$/); // the exposition format, one port
    expect((await fetch(`http://127.0.0.1:${http}/healthz`)).status).toBe(204);
    expect((await fetch(`http://127.0.0.1:${http}/else`)).status).toBe(404);

    const { stdout, ...ending } = await server.stop("SIGTERM");
    expect(ending).toEqual({ exitCode: 0, signal: null, stderr: "" });
    expect(stdout).toBe(expectedOutput("16-in-production", Number(number)).replace("<http>", http));
  });

  test("16-in-production answers a request that runs, and UDP, before it closes", async () => {
    await using server = play("16-in-production", backend, 0, 0);
    const [, number = "", http = ""] = await server.line(/port (\d+), metrics on (\d+)/);
    const half = await halfRequest(http);
    await fetch(`http://127.0.0.1:${http}/healthz`); // answered, so the server has read the half one, too
    const ended = server.stop("SIGTERM");
    await server.line(/^shutting down$/);
    expect(String(await ask("127.0.0.1", Number(number), "still there?"))).toBe("still there?");
    expect(await half.end()).toBe("HTTP/1.1 204 No Content");
    expect(await ended).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("16-in-production ends although a client never completes its request", async () => {
    await using server = play("16-in-production", backend, 0, 0);
    const [, , http = ""] = await server.line(/port (\d+), metrics on (\d+)/);
    await halfRequest(http);
    await fetch(`http://127.0.0.1:${http}/healthz`); // answered, so the server has read the half one, too
    expect(await server.stop("SIGTERM")).toMatchObject({ exitCode: 0, signal: null, stderr: "" });
  });

  test("17-opentelemetry answers over UDP, exports what it counted, and ends at SIGTERM", async () => {
    await using server = play("17-opentelemetry", backend, 0, 0);
    const [, number = "", http = ""] = await server.line(/port (\d+), metrics on (\d+)/);
    expect(String(await ask("127.0.0.1", Number(number), "hello"))).toBe("hello");
    const text = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
    const ofPort = `network_local_port="${number}",otel_scope_name="@groupcast/opentelemetry"`;
    expect(text).toContain(`\ngroupcast_port_datagrams_received_total{${ofPort}} 1\n`);
    expect(text).toContain(`\ngroupcast_port_payload_sent_total{${ofPort}} 5\n`);
    expect((await fetch(`http://127.0.0.1:${http}/else`)).status).toBe(404);
    const { stdout, ...ending } = await server.stop("SIGTERM");
    expect(ending).toEqual({ exitCode: 0, signal: null, stderr: "" });
    expect(stdout).toBe(expectedOutput("17-opentelemetry", Number(number)).replace("<http>", http));
  });
});
