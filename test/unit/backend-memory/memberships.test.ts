import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, named, ProbeOpener, type SocketProbe } from "./socket-probe.js";

const FAMILIES = [
  { family: 4 as const, group: "239.1.1.1", a: "10.9.0.1", b: "10.9.0.2", notGroup: "10.0.0.1", other: "ff15::1" },
  { family: 6 as const, group: "ff15::1", a: "fd09::1", b: "fd09::2", notGroup: "fd00::1", other: "239.1.1.1" },
];

/** One call: join, leave, block or unblock, and the source it names. */
type Step = readonly [call: "join" | "leave" | "block" | "unblock", source: "a" | "b" | undefined, outcome: unknown];

/** What calls in a row come to; measured on Linux 6.18, the same for both IP versions. */
const SEQUENCES: Readonly<Record<string, readonly Step[]>> = {
  "join() twice": [
    ["join", undefined, 0],
    ["join", undefined, "EADDRINUSE"],
  ],
  "leave() of what is not joined": [["leave", undefined, "EADDRNOTAVAIL"]],
  "sources of what is not joined": [
    ["leave", "a", "EINVAL"],
    ["block", "a", "EINVAL"],
    ["unblock", "a", "EINVAL"],
  ],
  "a source after any source": [
    ["join", undefined, 0],
    ["join", "a", 0],
    ["join", undefined, "EADDRINUSE"],
    ["join", "a", "EADDRNOTAVAIL"],
    ["block", "b", "EINVAL"],
    ["leave", "b", "EADDRNOTAVAIL"],
    ["leave", "a", 0],
    ["leave", undefined, "EADDRNOTAVAIL"],
  ],
  "two sources, and leaving both at once": [
    ["join", "a", 0],
    ["join", "b", 0],
    ["join", undefined, "EADDRINUSE"],
    ["leave", undefined, 0],
    ["leave", "a", "EINVAL"],
  ],
  blocking: [
    ["join", undefined, 0],
    ["block", "a", 0],
    ["block", "a", "EADDRNOTAVAIL"],
    ["unblock", "b", "EADDRNOTAVAIL"],
    ["join", "b", "EINVAL"],
    ["unblock", "a", 0],
    ["unblock", "a", "EADDRNOTAVAIL"],
    ["join", "b", "EINVAL"],
    ["leave", "b", "EINVAL"],
    ["leave", undefined, 0],
  ],
  "leaving a source of an any-source membership turns it into one without sources": [
    ["join", undefined, 0],
    ["leave", "a", "EADDRNOTAVAIL"],
    ["block", "a", 0],
    ["leave", undefined, 0],
  ],
};

function openedOn(family: 4 | 6): { opener: ProbeOpener; probe: SocketProbe } {
  const opener = new ProbeOpener(new MemoryNetwork());
  return { opener, probe: opener.open("a", { family }) };
}

describe.each(FAMILIES)("IPv$family", ({ family, group, a, b, notGroup, other }) => {
  test.each(Object.entries(SEQUENCES))("errnos of %s", (_, steps) => {
    const { opener, probe } = openedOn(family);
    const on = opener.interface("a");
    const outcomes = steps.map(([call, source]) => {
      const address = source === undefined ? undefined : { a, b }[source];
      const { socket } = probe;
      if (call === "join" || call === "leave") return named(socket[call](group, on, address));
      return named(call === "block" ? socket.blockSource(group, on, address!) : socket.unblockSource(group, on, address!));
    });
    expect(outcomes).toEqual(steps.map(([, , outcome]) => outcome));
  });

  test("join() is EINVAL for what is no group of the family", () => {
    const { opener, probe } = openedOn(family);
    expect(named(probe.socket.join(notGroup, opener.interface("a"), undefined))).toBe("EINVAL");
    expect(named(probe.socket.join(other, opener.interface("a"), undefined))).toBe("EINVAL");
  });

  test("an interface that does not exist is ENODEV to join, EADDRNOTAVAIL to leave", () => {
    const { opener, probe } = openedOn(family);
    const gone = { ...opener.interface("a"), index: 99, name: "eth9" };
    expect(named(probe.socket.join(group, gone, undefined))).toBe("ENODEV");
    expect(named(probe.socket.join(group, gone, a))).toBe("ENODEV");
    expect(named(probe.socket.leave(group, gone, undefined))).toBe("EADDRNOTAVAIL");
    expect(named(probe.socket.blockSource(group, gone, a))).toBe("ENODEV");
    expect(named(probe.socket.setMulticastInterface(gone))).toBe(family === 4 ? "EADDRNOTAVAIL" : "ENODEV");
  });

  test("an interface with index 0 is found by its name", () => {
    const { opener, probe } = openedOn(family);
    const nameless = { ...opener.interface("a"), index: 0 };
    expect(probe.socket.join(group, nameless, undefined)).toBe(0);
    expect(named(probe.socket.join(group, opener.interface("a"), undefined))).toBe("EADDRINUSE");
  });

  test("a source filter lets in what it names, blockSource() keeps out what it names", async () => {
    const opener = new ProbeOpener(new MemoryNetwork());
    for (const name of ["a", "b", "c"]) opener.network.host(name);
    const addressOf = (name: string): string => opener.interface(name).addresses.find((entry) => entry.family === family)!.address;
    const included = opener.member("c", group, { port: 5001, options: { reuseAddress: 1 } });
    included.socket.leave(group, opener.interface("c"), undefined);
    included.socket.join(group, opener.interface("c"), addressOf("a"));
    const excluding = opener.member("c", group, { port: 5002 });
    excluding.socket.blockSource(group, opener.interface("c"), addressOf("a"));
    for (const name of ["a", "b"]) {
      const sender = opener.open(name, { family });
      for (const port of [5001, 5002]) sender.send(name, at(group, port));
    }
    await opener.settle();
    expect(included.texts).toEqual(["a"]);
    expect(excluding.texts).toEqual(["b"]);
  });

  test("a host without any member for a source does not take its datagrams, multicastAll or not", async () => {
    const opener = new ProbeOpener(new MemoryNetwork({ trace: true }));
    for (const name of ["a", "b"]) opener.network.host(name);
    const listener = opener.open("b", { family });
    const filtered = opener.open("b", { family, port: 5001 });
    filtered.socket.join(group, opener.interface("b"), a);
    opener.open("a", { family }).send("x", at(group));
    await opener.settle();
    expect(listener.texts).toEqual([]);
    expect(opener.network.trace.records.map(({ detail }) => detail)).toContain("not a member");
  });

  test("close() leaves all groups: the host is no member any more", async () => {
    const opener = new ProbeOpener(new MemoryNetwork());
    const listener = opener.open("b", { family });
    const member = opener.member("b", group, { port: 5001 });
    const sender = opener.open("a", { family });
    sender.send("1", at(group));
    await opener.settle();
    member.socket.close();
    sender.send("2", at(group));
    await opener.settle();
    expect(listener.texts).toEqual(["1"]);
  });
});

test.each([
  [4, "ENOBUFS", 20, 10],
  [6, "ENOMEM", 2340, 64],
] as const)("IPv%d: limits of Linux: %s after %d groups, ENOBUFS after %d sources", (family, errno, groups, sources) => {
  const { opener, probe } = openedOn(family);
  const on = opener.interface("a");
  const groupOf = (index: number): string => (family === 4 ? `239.2.${index >> 8}.${index & 255}` : `ff15::1:${index.toString(16)}`);
  const sourceOf = (index: number): string => (family === 4 ? `10.9.0.${index + 1}` : `fd09::${(index + 1).toString(16)}`);
  for (let index = 0; index < groups; index++) expect(probe.socket.join(groupOf(index), on, undefined)).toBe(0);
  expect(named(probe.socket.join(groupOf(groups), on, undefined))).toBe(errno);
  for (let index = 0; index < sources; index++) expect(probe.socket.blockSource(groupOf(0), on, sourceOf(index))).toBe(0);
  expect(named(probe.socket.blockSource(groupOf(0), on, sourceOf(sources)))).toBe("ENOBUFS");
  probe.socket.leave(groupOf(1), on, undefined);
  expect(probe.socket.join(groupOf(groups), on, undefined)).toBe(0);
});

test("limits of a host can be set", () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  const host = opener.network.host("a", { limits: { maxMemberships: 1, maxSources: 1 } });
  const probe = opener.member(host, "239.1.1.1");
  const on = opener.interface(host);
  expect(named(probe.socket.join("239.1.1.2", on, undefined))).toBe("ENOBUFS");
  expect(probe.socket.blockSource("239.1.1.1", on, "10.0.0.7")).toBe(0);
  expect(named(probe.socket.blockSource("239.1.1.1", on, "10.0.0.8"))).toBe("ENOBUFS");
});
