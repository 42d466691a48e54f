import type { InterfaceSelector, MulticastTransport } from "groupcast";
import { expect, test } from "vitest";
import { GroupMemberships, isLoopback } from "../../../packages/channels/src/udp/group-memberships.js";
import { ETH0, LOOPBACK } from "../../support/fake-backend.js";

const GROUP = "239.255.0.1";

/** A port that remembers where it is a member, and refuses what the test names. */
class FakePort {
  readonly joined: string[] = [];
  refused: string | undefined;

  joinGroup(group: string, on: InterfaceSelector): void {
    if (on === this.refused) throw new Error(`refused on ${on}`);
    this.joined.push(`${group} ${on}`);
  }

  leaveGroup(group: string, on: InterfaceSelector): void {
    const index = this.joined.indexOf(`${group} ${on}`);
    if (index < 0) throw new Error(`no member of ${group} on ${on}`);
    this.joined.splice(index, 1);
  }
}

function memberships(on: string) {
  const port = new FakePort();
  return { port, memberships: new GroupMemberships(port as unknown as MulticastTransport, on, [LOOPBACK, ETH0]) };
}

test("join() joins on the interface and on loopback, once for two channels, and leave() leaves after the second", () => {
  const { port, memberships: groups } = memberships("eth0");
  groups.join(GROUP);
  groups.join(GROUP);
  expect(port.joined).toEqual([`${GROUP} eth0`, `${GROUP} lo`]);
  groups.leave(GROUP);
  expect(port.joined).toHaveLength(2);
  groups.leave(GROUP);
  expect(port.joined).toEqual([]);
  groups.leave(GROUP); // nothing is left to leave
});

test("join() that one interface refuses leaves the group on the others, and the next join() begins anew", () => {
  const { port, memberships: groups } = memberships("eth0");
  port.refused = "lo";
  expect(() => groups.join(GROUP)).toThrow("refused on lo");
  expect(port.joined).toEqual([]);
  groups.leave(GROUP); // it has not joined
  port.refused = undefined;
  groups.join(GROUP);
  expect(port.joined).toEqual([`${GROUP} eth0`, `${GROUP} lo`]);
});

test.each([
  ["any", ["all"]],
  ["lo", ["lo"]],
  ["127.0.0.1", ["127.0.0.1"]],
  ["192.0.2.2", ["192.0.2.2", "lo"]],
])("join() for the interface %s joins on %j", (on, selectors) => {
  const { port, memberships: groups } = memberships(on);
  groups.join(GROUP);
  expect(port.joined).toEqual(selectors.map((selector) => `${GROUP} ${selector}`));
});

test("isLoopback() knows loopback by name, index, address and as the interface itself, and no other interface", () => {
  const all = [LOOPBACK, ETH0];
  expect(["lo", 1, "127.0.0.1", "::1", LOOPBACK].map((selector) => isLoopback(selector, all))).toEqual(Array(5).fill(true));
  expect(["eth0", 2, "192.0.2.2", ETH0].map((selector) => isLoopback(selector, all))).toEqual(Array(4).fill(false));
  expect(isLoopback("lo", [ETH0])).toBe(false);
});
