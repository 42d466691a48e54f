import { beforeEach, describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { ask } from "../support/plain-exchange.js";
import { hasCommand, hasIPv6, hasMulticastLoopback, skipUnless } from "../support/probe.js";
import { unusedPort } from "../support/unused-port.js";
import { play, playBehind, portOf, wellEnded } from "./played.js";

const LIMIT_MS = 60_000; // two programs one after another, each killed after 30 s

describe.each(BACKENDS)("as a process on %s", { timeout: LIMIT_MS }, (backend) => {
  beforeEach((context) => skipUnless(context, canLoad(backend)));

  test("01-echo-server sends back what a plain socket sends, and ends at SIGINT", async () => {
    await using server = play("01-echo-server", backend);
    const port = await portOf(server);
    expect(String(await ask("127.0.0.1", port, "hello"))).toBe("hello");
    expect(await server.stop("SIGINT")).toEqual(wellEnded("01-echo-server", port));
  });

  test("02-connected-client hears the echo server of lesson 1", async () => {
    await using server = play("01-echo-server", backend);
    const port = await portOf(server);
    await using client = play("02-connected-client", backend, port);
    expect(await client.ended).toEqual(wellEnded("02-connected-client", port));
    expect(await server.stop("SIGINT")).toEqual(wellEnded("01-echo-server", port));
  });

  test("02-connected-client hears that nobody listens, when nobody does", async () => {
    const port = await unusedPort();
    await using client = play("02-connected-client", backend, port);
    expect(await client.ended).toEqual(wellEnded("02-connected-client", port, "expected-refused.txt"));
  });

  test("03-multicast-server and 04-multicast-client find each other by their group", async (context) => {
    await skipUnless(context, hasMulticastLoopback);
    await using server = play("03-multicast-server", backend);
    const port = await portOf(server);
    await using client = play("04-multicast-client", backend, port);
    expect(await client.ended).toEqual(wellEnded("04-multicast-client"));
    expect(await server.stop("SIGINT")).toEqual(wellEnded("03-multicast-server", port));
  });

  test("05-broadcast hears itself", async () => {
    await using shouter = play("05-broadcast", backend);
    expect(await shouter.ended).toEqual(wellEnded("05-broadcast"));
  });

  test("06-ipv6 answers over IPv6 and over IPv4", async (context) => {
    await skipUnless(context, hasIPv6);
    await using server = play("06-ipv6", backend);
    const port = await portOf(server);
    expect(String(await ask("::1", port, "hello\n"))).toBe("hello\n");
    expect(String(await ask("127.0.0.1", port, "hello"))).toBe("hello");
    expect(await server.stop("SIGINT")).toEqual(wellEnded("06-ipv6", port));
  });

  test("07-adopted-descriptor answers on the socket that activate.py opened", async (context) => {
    await skipUnless(context, hasCommand("python3", "python3"));
    await using server = playBehind("activate.py", "07-adopted-descriptor", backend);
    const port = await portOf(server);
    expect(String(await ask("127.0.0.1", port, "hello"))).toBe("hello");
    expect(await server.stop("SIGINT")).toEqual(wellEnded("07-adopted-descriptor", port));
  });

  test("07-adopted-descriptor ends with code 1, when it was passed nothing", async () => {
    await using server = play("07-adopted-descriptor", backend);
    expect(await server.ended).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining("No socket was passed") });
  });

  test("08-beacon hears what it announces", async (context) => {
    await skipUnless(context, hasMulticastLoopback);
    await using beacon = play("08-beacon", backend);
    expect(await beacon.ended).toEqual(wellEnded("08-beacon"));
  });

  test.each(["13-datagram-stream", "15-fate-of-a-datagram"])("%s hears itself, and ends", async (name) => {
    await using program = play(name, backend);
    expect(await program.ended).toEqual(wellEnded(name));
  });

  test("14-request gets its answers from the echo server of lesson 1", async () => {
    await using server = play("01-echo-server", backend);
    const port = await portOf(server);
    await using client = play("14-request", backend, port);
    expect(await client.ended).toEqual(wellEnded("14-request", port));
    expect(await server.stop("SIGINT")).toEqual(wellEnded("01-echo-server", port));
  });

  test("14-request gives up when nobody listens", async () => {
    const port = await unusedPort();
    await using client = play("14-request", backend, port);
    expect(await client.ended).toEqual(wellEnded("14-request", port, "expected-refused.txt"));
  });
});
