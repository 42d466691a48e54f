// A traffic class shows in the IP header only, which another program reads: IP_TOS and IPV6_TCLASS are two options of one socket.
import { socketAddress } from "@groupcast/backend";
import { expect, test } from "vitest";
import { accepted, NativeSockets, needAddonAnd, sendTo } from "../support/native-sockets.js";
import { hasPython, portOf, startPython } from "./peers.js";

const EXPEDITED_FORWARDING = 0xb8; // RFC 3246: DSCP 46, above the two bits of ECN

needAddonAnd(hasPython);

test.each([
  { on: "an IPv4 socket", family: 4 as const, receiver: "127.0.0.1", to: "127.0.0.1" },
  { on: "an IPv6 socket", family: 6 as const, receiver: "::1", to: "::1" },
  { on: "a dual-stack socket to an IPv4 peer", family: 6 as const, receiver: "127.0.0.1", to: "::ffff:127.0.0.1" },
])("trafficClass of $on is on the wire", async ({ family, receiver, to }) => {
  using sockets = new NativeSockets();
  await using peer = startPython("python_traffic_class.py", receiver);
  const port = await portOf(peer);
  const { socket } = sockets.open(family);
  if (to !== receiver) accepted(socket.setOption("ipv6Only", 0));
  accepted(socket.setOption("trafficClass", EXPEDITED_FORWARDING));
  expect(sendTo(socket, socketAddress(to, port), "x")).toBe(1);
  const { stdout } = await peer.ended;
  expect(JSON.parse(stdout.slice(stdout.indexOf("{")))).toEqual({ trafficClass: EXPEDITED_FORWARDING });
});
