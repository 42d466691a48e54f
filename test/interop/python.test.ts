import { chooseBackend, Reactor } from "groupcast";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { hasIPv6, hasMulticastLoopback, skipUnless } from "../support/probe.js";
import { hasPython, portOf, resultOf, startPython } from "./peers.js";
import { Echo, Letterbox, SIZES, sizesEchoed } from "./protocols.js";

const LIMIT_MS = 30_000; // a second, when nobody else wants the machine
const GROUP = "239.255.76.4";

describe.each(BACKENDS)("Python's socket module and %s", { timeout: LIMIT_MS }, (backend) => {
  let reactor: Reactor;

  beforeEach(async (context) => {
    await skipUnless(context, canLoad(backend), hasPython);
    reactor = new Reactor({ backend: chooseBackend(backend) });
  });

  afterEach(() => reactor?.stop());

  test("listenUDP() answers a Python client byte for byte over IPv4", async () => {
    const server = reactor.listenUDP(0, new Echo());
    await using client = startPython("python_echo_client.py", "127.0.0.1", server.getHost().port, ...SIZES);
    expect(await resultOf(client)).toEqual(SIZES);
    expect(server.statistics()).toMatchObject({ received: SIZES.length, sent: SIZES.length });
  });

  test("listenUDP() on :: answers Python clients of both families", async (context) => {
    await skipUnless(context, hasIPv6);
    const server = reactor.listenUDP(0, new Echo(), { interface: "::", ipv6Only: false });
    const { port } = server.getHost();
    await using overIPv6 = startPython("python_echo_client.py", "::1", port, ...SIZES);
    await using overIPv4 = startPython("python_echo_client.py", "127.0.0.1", port, ...SIZES);
    expect(await resultOf(overIPv6)).toEqual(SIZES);
    expect(await resultOf(overIPv4)).toEqual(SIZES);
  });

  test("connectUDP() is answered by a Python server byte for byte", async () => {
    await using server = startPython("python_echo_server.py", "127.0.0.1", 0);
    const client = new Letterbox();
    reactor.connectUDP("127.0.0.1", await portOf(server), client);
    expect(await sizesEchoed(client, SIZES)).toEqual(SIZES);
  });

  test("connectionRefused() is called when the Python peer has gone, and the port outlives it", async () => {
    await using server = startPython("python_echo_server.py", "127.0.0.1", 0);
    const port = await portOf(server);
    const client = new Letterbox();
    reactor.connectUDP("127.0.0.1", port, client);
    expect(await sizesEchoed(client, [5])).toEqual([5]);
    server.finish("");
    await server.ended;
    client.transport.write("still there?");
    await client.refusal();
    await using successor = startPython("python_echo_server.py", "127.0.0.1", port);
    await portOf(successor);
    expect(await sizesEchoed(client, [5])).toEqual([5]);
  });

  test("stopListening() has a connected Python client refused", async () => {
    const server = reactor.listenUDP(0, new Echo(), { interface: "127.0.0.1" });
    await using client = startPython("python_refused_client.py", "127.0.0.1", server.getHost().port);
    await client.line(/^answer hello$/);
    await server.stopListening();
    client.finish("\n");
    await client.line(/^error ECONNREFUSED$/);
  });

  test("joinGroup() hears a Python member of the group, which hears it", async (context) => {
    await skipUnless(context, hasMulticastLoopback);
    await using member = startPython("python_multicast_member.py", GROUP, "127.0.0.1");
    const client = new Letterbox();
    const port = reactor.listenMulticast(0, client, { outgoingInterface: "127.0.0.1" });
    port.joinGroup(GROUP, "127.0.0.1");
    expect(await sizesEchoed(client, SIZES, { address: GROUP, port: await portOf(member) })).toEqual(SIZES);
  });

  test("isolation tells whether a port still hears a group that it left and Python is a member of", async (context) => {
    await skipUnless(context, hasMulticastLoopback);
    await using member = startPython("python_multicast_member.py", GROUP, "127.0.0.1");
    const memberPort = await portOf(member);
    const client = new Letterbox();
    const port = reactor.listenMulticast(0, client, { outgoingInterface: "127.0.0.1" });
    port.joinGroup(GROUP, "127.0.0.1");
    expect(await sizesEchoed(client, [1], { address: GROUP, port: memberPort })).toEqual([1]);
    port.leaveGroup(GROUP, "127.0.0.1");
    port.write("stray", { address: GROUP, port: memberPort }); // it answers to the group
    await member.line(/^answered 5 bytes$/);
    port.write("fence", { address: "127.0.0.1", port: port.getHost().port });
    expect(String((await client.letter()).data)).toBe(port.isolation === "none" ? "stray" : "fence");
  });
});
