import { ERRNO } from "@groupcast/base";
import { expect, test } from "vitest";
import { LeakGuard } from "../../../packages/reactor/src/multicast/leak-guard.js";
import { ETH0, FakeBackend, fakeInterface } from "../../support/fake-backend.js";

const ETH1 = fakeInterface("eth1", 3);

function guarded(): { readonly backend: FakeBackend; readonly guard: LeakGuard; readonly joins: () => number } {
  const backend = new FakeBackend();
  return { backend, guard: new LeakGuard(backend, 4), joins: () => backend.calls.filter((call) => call === "join").length };
}

/** Memberships of each socket. */
function held({ sockets }: FakeBackend): string[][] {
  return sockets.map(({ memberships }) => memberships);
}

test("protect() joins once for each group and interface, all on one socket that keeps no process alive and is not read", () => {
  const { backend, guard, joins } = guarded();
  for (let round = 0; round < 2; round++) {
    expect(guard.protect("239.255.0.1", ETH0)).toBe(0);
    expect(guard.protect("239.255.0.2", ETH0)).toBe(0);
    expect(guard.protect("239.255.0.1", ETH1)).toBe(0);
  }
  expect(joins()).toBe(3);
  expect(held(backend)).toEqual([["239.255.0.1 eth0 -", "239.255.0.2 eth0 -", "239.255.0.1 eth1 -"]]);
  expect(backend.last).toMatchObject({ isReferenced: false, readLimits: undefined, isClosed: false });
});

test("protect() opens a further socket when the first has all the memberships it may have, and then asks both", () => {
  const { backend, guard } = guarded();
  backend.maxMemberships = 2;
  for (const group of ["239.255.0.1", "239.255.0.2", "239.255.0.3"]) expect(guard.protect(group, ETH0)).toBe(0);
  expect(held(backend).map(({ length }) => length)).toEqual([2, 1]);
  backend.maxMemberships = 3;
  expect(guard.protect("239.255.0.4", ETH0)).toBe(0);
  expect(held(backend).map(({ length }) => length)).toEqual([3, 1]);
});

test.each([
  ["openSocket", "EMFILE", 0],
  ["bind", "EADDRNOTAVAIL", 0],
  ["join", "EINVAL", 1],
])("protect() answers with the errno when %s is refused, keeps only a socket that is bound, and tries again", (method, errno, open) => {
  const { backend, guard } = guarded();
  backend.refuse(method, errno);
  expect(guard.protect("239.255.0.1", ETH0)).toBe(ERRNO[errno as "EMFILE"]);
  expect(backend.openSockets).toHaveLength(open);
  expect(guard.protect("239.255.0.1", ETH0)).toBe(0);
  expect(backend.openSockets.map(({ memberships }) => memberships)).toEqual([["239.255.0.1 eth0 -"]]);
});

test("protect() opens no further socket when a join is refused for another reason than a limit", () => {
  const { backend, guard } = guarded();
  guard.protect("239.255.0.1", ETH0);
  backend.refuse("join", "EINVAL");
  expect(guard.protect("239.255.0.2", ETH0)).toBe(ERRNO.EINVAL);
  expect(backend.sockets).toHaveLength(1);
});

test("reconcile() leaves where an interface has gone, and keeps the others; protect() joins anew when it is back", () => {
  const { backend, guard, joins } = guarded();
  guard.protect("239.255.0.1", ETH0);
  guard.protect("239.255.0.1", ETH1);
  guard.reconcile([ETH0]);
  expect(held(backend)).toEqual([["239.255.0.1 eth0 -"]]);
  guard.reconcile([ETH0, ETH1]);
  expect(guard.protect("239.255.0.1", ETH1)).toBe(0);
  expect(held(backend)).toEqual([["239.255.0.1 eth0 -", "239.255.0.1 eth1 -"]]);
  expect(joins()).toBe(3);
});

test("reconcile() takes an interface that was made again for another one", () => {
  const { backend, guard } = guarded();
  const again = fakeInterface("eth0", 9);
  guard.protect("239.255.0.1", ETH0);
  guard.reconcile([again]);
  expect(held(backend)).toEqual([[]]);
  guard.protect("239.255.0.1", again);
  expect(held(backend)).toEqual([["239.255.0.1 eth0 -"]]);
});

test("close() closes every socket once, and protect() begins anew", () => {
  const { backend, guard } = guarded();
  backend.maxMemberships = 1;
  guard.protect("239.255.0.1", ETH0);
  guard.protect("239.255.0.2", ETH0);
  guard.close();
  guard.close();
  expect(backend.openSockets).toEqual([]);
  expect(backend.calls.filter((call) => call === "close")).toHaveLength(2);
  expect(guard.protect("239.255.0.1", ETH0)).toBe(0);
  expect(backend.openSockets).toHaveLength(1);
});
