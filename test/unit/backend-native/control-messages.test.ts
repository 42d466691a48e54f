import { socketAddress } from "@groupcast/backend";
import { describe, expect, test } from "vitest";
import { accepted, localOf, NativeSockets, needAddonAnd, sendTo, WIDE } from "../../support/native-sockets.js";
import { hasMulticastLoopback, skipUnless } from "../../support/probe.js";

const NS_PER_MS = 1_000_000n;
const CLOCK_TOLERANCE_MS = 1_000n; // the kernel stamps before the test looks at the clock

needAddonAnd();

test("arrival() holds only whether the datagram was cut, where nothing was asked for", async () => {
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen();
  const asked: unknown[] = [];
  seen.onReceived = (batch) => asked.push(batch.destination(0), batch.interfaceIndex(0));
  sendTo(socket, local, "x");
  await seen.arrivals(1);
  expect(seen.datagrams[0]?.arrival).toEqual({ truncated: false });
  expect(asked).toEqual(["", 0]);
});

describe.each(["127.0.0.1", "::1"])("on %s", (address) => {
  test("arrival() tells destination, interface, TTL and time of each datagram", async () => {
    using sockets = new NativeSockets();
    const any = address === "::1" ? "::" : "0.0.0.0";
    const { socket, seen } = sockets.listen(any, { receivePacketInfo: 1, receiveTtl: 1, receiveTimestamp: 1 });
    const { index } = sockets.interface("lo");
    const asked: unknown[] = [];
    seen.onReceived = (batch) => asked.push(batch.destination(0), batch.interfaceIndex(0));
    accepted(socket.setOption("unicastTtl", 7));
    sendTo(socket, socketAddress(address, localOf(socket).port), "x");
    await seen.arrivals(1);
    const arrival = seen.datagrams[0]?.arrival;
    expect(arrival).toMatchObject({ destination: address, interface: "lo", interfaceIndex: index, ttl: 7, truncated: false });
    const ageMs = BigInt(Date.now()) - (arrival?.timestampNs ?? 0n) / NS_PER_MS;
    expect(ageMs >= -CLOCK_TOLERANCE_MS && ageMs <= CLOCK_TOLERANCE_MS).toBe(true);
    expect(asked).toEqual([address, index]);
  });

  test("arrival() is the same for every datagram of an offloaded run", async () => {
    using sockets = new NativeSockets();
    const { socket, seen, local } = sockets.listen(address, { receiveOffload: 1, receivePacketInfo: 1, receiveTtl: 1 });
    sendTo(socket, local, "one", "two", "end");
    await seen.arrivals(3);
    expect(seen.texts).toEqual(["one", "two", "end"]);
    for (const { arrival } of seen.datagrams) expect(arrival).toMatchObject({ destination: address, interface: "lo" });
  });
});

test("destination() is the group, not an address of ours, for multicast", async (context) => {
  await skipUnless(context, hasMulticastLoopback);
  using sockets = new NativeSockets();
  const { socket, seen, local } = sockets.listen("0.0.0.0", { receivePacketInfo: 1 });
  const loopback = sockets.interface("lo");
  accepted(socket.join("239.255.41.8", loopback, undefined));
  accepted(socket.setMulticastInterface(loopback));
  sendTo(socket, socketAddress("239.255.41.8", local.port), "x");
  await seen.arrivals(1);
  expect(seen.datagrams[0]?.arrival).toMatchObject({ destination: "239.255.41.8", interface: "lo" });
});

test("arrival() counts the datagrams lost before it, once receiveDropCount is on", async () => {
  using sockets = new NativeSockets();
  const { socket, seen } = sockets.open();
  accepted(socket.setOption("receiveDropCount", 1));
  accepted(socket.setOption("receiveBufferBytes", 1));
  accepted(socket.bind(socketAddress("127.0.0.1", 0)));
  for (let i = 0; i < 50; i++) sendTo(socket, localOf(socket), "x".repeat(1_000));
  const lost = socket.getOption("kernelDrops");
  accepted(socket.startReading(WIDE));
  await seen.arrivals(50 - lost);
  sendTo(socket, localOf(socket), "after the loss");
  await seen.arrivals(50 - lost + 1);
  expect(lost).toBeGreaterThan(0);
  expect(seen.datagrams[0]?.arrival.kernelDrops).toBeUndefined(); // the kernel is silent as long as it is 0
  expect(seen.datagrams.at(-1)?.arrival.kernelDrops).toBe(lost);
});
