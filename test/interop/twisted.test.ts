import { chooseBackend, Reactor } from "groupcast";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { hasIPv6, hasMulticastLoopback, skipUnless } from "../support/probe.js";
import { hasTwisted, portOf, resultOf, startPython } from "./peers.js";
import { Echo, Letterbox, SIZES, sizesEchoed } from "./protocols.js";

const LIMIT_MS = 30_000; // a second, when nobody else wants the machine

describe.each(BACKENDS)("Twisted and %s", { timeout: LIMIT_MS }, (backend) => {
  let reactor: Reactor;

  beforeEach(async (context) => {
    await skipUnless(context, canLoad(backend), hasTwisted);
    reactor = new Reactor({ backend: chooseBackend(backend) });
  });

  afterEach(() => reactor?.stop());

  test("listenUDP() answers a Twisted client byte for byte over IPv4", async () => {
    const server = reactor.listenUDP(0, new Echo(), { interface: "127.0.0.1" });
    await using client = startPython("twisted_echo_client.py", "127.0.0.1", server.getHost().port, ...SIZES);
    expect(await resultOf(client)).toEqual(SIZES);
    expect(server.statistics()).toMatchObject({ received: SIZES.length, sent: SIZES.length });
  });

  test("listenUDP() answers a Twisted client byte for byte over IPv6", async (context) => {
    await skipUnless(context, hasIPv6);
    const server = reactor.listenUDP(0, new Echo(), { interface: "::1" });
    await using client = startPython("twisted_echo_client.py", "::1", server.getHost().port, ...SIZES);
    expect(await resultOf(client)).toEqual(SIZES);
  });

  test("connectUDP() is answered by a Twisted server byte for byte over IPv4", async () => {
    await using server = startPython("twisted_echo_server.py", "127.0.0.1");
    const client = new Letterbox();
    reactor.connectUDP("127.0.0.1", await portOf(server), client);
    expect(await sizesEchoed(client, SIZES)).toEqual(SIZES);
  });

  test("connectUDP() is answered by a Twisted server byte for byte over IPv6", async (context) => {
    await skipUnless(context, hasIPv6);
    await using server = startPython("twisted_echo_server.py", "::1");
    const client = new Letterbox();
    reactor.connectUDP("::1", await portOf(server), client);
    expect(await sizesEchoed(client, SIZES)).toEqual(SIZES);
  });

  test("joinGroup() hears a Twisted member of the group, which hears it", async (context) => {
    await skipUnless(context, hasMulticastLoopback);
    await using member = startPython("twisted_multicast_member.py", "239.255.76.3", "127.0.0.1");
    const client = new Letterbox();
    reactor.listenMulticast(0, client, { outgoingInterface: "127.0.0.1" }).joinGroup("239.255.76.3", "127.0.0.1");
    expect(await sizesEchoed(client, SIZES, { address: "239.255.76.3", port: await portOf(member) })).toEqual(SIZES);
  });
});
