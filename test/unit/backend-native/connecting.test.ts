import { type SocketAddress, socketAddress } from "@groupcast/backend";
import { hasPrivilege } from "@groupcast/backend-compliance";
import { ERRNO } from "@groupcast/base";
import { describe, expect, test } from "vitest";
import { runInNamespace } from "../../support/backend-native-program.js";
import { accepted, deadPeer, type End, localOf, NativeSockets, needAddonAnd, sendTo } from "../../support/native-sockets.js";
import { canMakeNamespaces, hasCommand, isRoot, skipUnless } from "../../support/probe.js";

needAddonAnd();

describe.each(["127.0.0.1", "::1"])("on %s", (address) => {
  const any = address === "::1" ? "::" : "0.0.0.0";

  test("connect() fixes the peer, and shuts others out", async () => {
    using sockets = new NativeSockets();
    const [peer, stranger] = [sockets.listen(address), sockets.listen(address)];
    const { socket, seen } = sockets.listen(any);
    expect(socket.peerAddress()).toBeUndefined();
    expect(socket.connect(peer.local)).toBe(0);
    expect(socket.peerAddress()).toEqual(peer.local);
    expect(localOf(socket).address).toBe(address);
    expect(sendTo(socket, undefined, "to the peer")).toBe(1);
    await peer.seen.arrivals(1);
    sendTo(stranger.socket, localOf(socket), "from a stranger");
    sendTo(peer.socket, localOf(socket), "from the peer");
    await seen.arrivals(1);
    expect(seen.texts).toEqual(["from the peer"]);
  });

  test.each([address, any])("disconnect() gives back the address %s and the port, and lets others in again", async (bound) => {
    using sockets = new NativeSockets();
    const [peer, stranger] = [sockets.listen(address), sockets.listen(address)];
    const { socket, seen, local } = sockets.listen(bound);
    accepted(socket.connect(peer.local));
    expect(socket.disconnect()).toBe(0);
    expect(socket.localAddress()).toEqual(local);
    expect(socket.peerAddress()).toBeUndefined();
    sendTo(stranger.socket, socketAddress(address, local.port), "from a stranger");
    await seen.arrivals(1);
    expect(seen.texts).toEqual(["from a stranger"]);
  });

  test("disconnect() keeps a port that was asked for by number", () => {
    using sockets = new NativeSockets();
    const { port } = deadPeer(sockets, address);
    const { socket } = sockets.open(address === "::1" ? 6 : 4);
    accepted(socket.bind(socketAddress(any, port)));
    accepted(socket.connect(sockets.listen(address).local));
    expect(socket.disconnect()).toBe(0);
    expect(localOf(socket)).toMatchObject({ address: any, port });
  });

  test("disconnect() keeps bindToInterface, whenever it was set, and undone where the process may undo it", () => {
    using sockets = new NativeSockets();
    const peer = sockets.listen(address);
    const { socket } = sockets.listen(any);
    const { index } = sockets.interface("lo");
    accepted(socket.setOption("bindToInterface", index));
    accepted(socket.connect(peer.local));
    accepted(socket.disconnect());
    expect(socket.getOption("bindToInterface")).toBe(index);
    accepted(socket.connect(peer.local));
    const mayUndo = hasPrivilege("CAP_NET_RAW");
    expect(socket.setOption("bindToInterface", 0)).toBe(mayUndo ? 0 : ERRNO.EPERM);
    accepted(socket.disconnect());
    expect(socket.getOption("bindToInterface")).toBe(mayUndo ? 0 : index);
  });

  test("connect() again changes the peer", () => {
    using sockets = new NativeSockets();
    const [one, two] = [sockets.listen(address), sockets.listen(address)];
    const { socket } = sockets.listen(any);
    accepted(socket.connect(one.local));
    expect(socket.connect(two.local)).toBe(0);
    expect(socket.peerAddress()).toEqual(two.local);
  });
});

test.each([
  ["connect()", () => {}],
  ["send()", ({ socket }: End, to: SocketAddress) => accepted(sendTo(socket, to, "first"))],
])("a socket that was bound by %s keeps its number when it disconnects", (_call, bind) => {
  using sockets = new NativeSockets();
  const peer = sockets.listen();
  const end = sockets.open();
  bind(end, peer.local);
  accepted(end.socket.connect(peer.local));
  const { port } = localOf(end.socket);
  accepted(sockets.open().socket.bind(socketAddress("127.0.0.2", port))); // free, as the connected socket is bound to 127.0.0.1 alone
  expect(end.socket.disconnect()).toBe(0);
  expect(end.socket.localAddress()).toEqual(socketAddress("0.0.0.0", port));
});

test("bind() to port 0 keeps bindToInterface", () => {
  using sockets = new NativeSockets();
  const { index } = sockets.interface("lo");
  const { socket } = sockets.listen("0.0.0.0", { bindToInterface: index });
  expect(socket.getOption("bindToInterface")).toBe(index);
});

test("disconnect() after a link-local peer does not stay on its link", async (context) => {
  await skipUnless(context, isRoot, canMakeNamespaces, hasCommand("ip", "iproute2"));
  const setUp = ["link add dev one type veth peer name far", "address add fe80::1/64 dev one nodad", "link set dev one up"];
  expect(await runInNamespace("link-local-peer.mjs", [...setUp, "link set dev far up"])).toEqual({
    bound: "fe80::1%one",
    peer: "fe80::1%one",
    boundToWhileConnected: "one",
    boundToAfterwards: "",
    byNumber: 0,
    unknownZone: "ENODEV",
  });
});

test("connect() and bind() return the errno of what cannot be", () => {
  using sockets = new NativeSockets();
  const { socket, local } = sockets.listen();
  const other = sockets.open().socket;
  expect(other.bind(local)).toBe(ERRNO.EADDRINUSE);
  expect(other.bind(socketAddress("192.0.2.77", 0))).toBe(ERRNO.EADDRNOTAVAIL);
  expect(socket.bind(local)).toBe(ERRNO.EINVAL);
  expect(socket.connect(socketAddress("255.255.255.255", 9))).toBe(ERRNO.EACCES);
});
