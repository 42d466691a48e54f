// Memberships of sockets: in compatible mode one ends with its interface, as in the kernel.

import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { joinGroup, leaveGroup, leaveWhatIsLost } from "../../../packages/dgram/src/handle/multicast-calls.js";
import { ETH0, LOOPBACK } from "../../support/fake-backend.js";
import { Stage, turn } from "../reactor/stage.js";

const GROUP = "239.255.0.1";
const SOURCE = "192.0.2.9";

test("a membership comes back with its interface, unless what is lost is left", async () => {
  for (const isLeft of [false, true]) {
    const stage = new Stage();
    const { port } = stage.listen();
    if (isLeft) leaveWhatIsLost(port);
    port.joinGroup(GROUP, "eth0");
    stage.backend.network.change([LOOPBACK]);
    await turn();
    stage.backend.network.change([LOOPBACK, ETH0]);
    await turn();
    expect(port.memberships).toEqual(isLeft ? [] : [{ group: GROUP, interface: "eth0", state: "joined" }]);
  }
});

test("leaving without an interface leaves the first one, and without a source every source of it", () => {
  const { port } = new Stage().listen();
  for (const at of ["eth0", "lo"]) port.joinGroup(GROUP, at, { source: SOURCE });
  port.joinGroup(GROUP, "eth0", { source: "192.0.2.8" });
  expect(leaveGroup(port, { group: GROUP, at: undefined, source: undefined })).toBe(0);
  expect(port.memberships).toMatchObject([{ group: GROUP, interface: "lo", source: SOURCE }]);
  expect(leaveGroup(port, { group: GROUP, at: undefined, source: "192.0.2.7" })).toBe(ERRNO.EADDRNOTAVAIL);
  expect(leaveGroup(port, { group: GROUP, at: undefined, source: SOURCE })).toBe(0);
  expect(leaveGroup(port, { group: GROUP, at: undefined, source: SOURCE })).toBe(ERRNO.EINVAL);
  expect(leaveGroup(port, { group: GROUP, at: undefined, source: undefined })).toBe(ERRNO.EADDRNOTAVAIL);
  expect(port.memberships).toEqual([]);
});

test.each([
  ["239.255.0.1", "::1", ERRNO.EINVAL],
  ["239.255.0.1", "", ERRNO.EINVAL],
  ["ff15::1", "127.0.0.1", ERRNO.EINVAL],
  ["ff15::1", "::%lo", ERRNO.ENOPROTOOPT],
  ["ff15::1", undefined, ERRNO.ENOPROTOOPT],
])("joining %s on %s with an IPv4 socket is refused", (group, at, errno) => {
  const { port } = new Stage().listen();
  expect(joinGroup(port, { group, at, source: undefined })).toBe(errno);
  expect(port.memberships).toEqual([]);
});

test("joining twice, and a source where all are let in, are refused as the kernel does", () => {
  const { port } = new Stage().listen();
  const call = { group: GROUP, at: undefined, source: undefined };
  expect(joinGroup(port, call)).toBe(0);
  expect(joinGroup(port, call)).toBe(ERRNO.EADDRINUSE);
  expect(joinGroup(port, { ...call, source: SOURCE })).toBe(ERRNO.EINVAL);
});
