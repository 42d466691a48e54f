import { MemoryNetwork } from "@groupcast/backend-memory";
import { describe, expect, test } from "vitest";
import { at, ProbeOpener, type SocketProbe } from "./socket-probe.js";

const FORGOTTEN_AFTER_MS = 260_000; // RFC 3376 section 8.4

describe.each([
  { family: 4 as const, group: "239.1.1.1" },
  { family: 6 as const, group: "ff15::1" },
])("IPv$family", ({ family, group }) => {
  /** A sender on host a, a member on host b, and a bystander c that has joined nothing. */
  function link(options: { snooping?: boolean; querier?: boolean }): { opener: ProbeOpener; sender: SocketProbe; member: SocketProbe } {
    const opener = new ProbeOpener(new MemoryNetwork({ trace: true }));
    opener.network.switch("lan", options);
    opener.network.host("c");
    return { opener, sender: opener.open("a", { family, options: { multicastTtl: 4 } }), member: opener.member("b", group) };
  }

  test.each([
    [true, 0],
    [false, 1],
  ])("with snooping %s, %d copies reach a host that is no member, which drops them", async (snooping, copies) => {
    const { opener, sender, member } = link({ snooping });
    sender.send("x", at(group));
    await opener.settle();
    expect(member.texts).toEqual(["x"]);
    const dropped = opener.network.trace.records.filter((record) => record.event === "dropped" && record.node === "c");
    expect(dropped.map(({ detail }) => detail)).toEqual(Array.from({ length: copies }, () => "not a member"));
  });

  test("without a querier, members are forgotten 260 seconds after they joined, and known again when they join again", async () => {
    const { opener, sender, member } = link({ querier: false });
    await opener.clock.advance(FORGOTTEN_AFTER_MS - 1);
    sender.send("1", at(group));
    await opener.clock.advance(1);
    sender.send("2", at(group));
    await opener.settle();
    expect(member.texts).toEqual(["1"]);
    member.socket.leave(group, opener.interface("b"), undefined);
    member.socket.join(group, opener.interface("b"), undefined);
    sender.send("3", at(group));
    await opener.settle();
    expect(member.texts).toEqual(["1", "3"]);
  });

  test("an interface that goes up reports its groups again", async () => {
    const { opener, sender, member } = link({ querier: false });
    await opener.clock.advance(FORGOTTEN_AFTER_MS);
    for (const isUp of [false, true]) opener.network.host("b").setUp("eth0", isUp);
    sender.send("x", at(group));
    await opener.settle();
    expect(member.texts).toEqual(["x"]);
  });

  test("with a querier, or one that comes in time, members are known for ever", async () => {
    const { opener, sender, member } = link({});
    await opener.clock.advance(10 * FORGOTTEN_AFTER_MS);
    sender.send("1", at(group));
    opener.network.switch("lan", { querier: false });
    await opener.clock.advance(FORGOTTEN_AFTER_MS);
    sender.send("2", at(group));
    await opener.settle();
    opener.network.switch("lan", { querier: true });
    sender.send("3", at(group));
    await opener.settle();
    expect(member.texts).toEqual(["1", "3"]);
  });

  test("without snooping, nobody forgets; a router to the link does without a querier", async () => {
    const { opener, sender, member } = link({ snooping: false, querier: false });
    opener.network.switch("far");
    opener.network.router("r", { switches: ["far", "lan"] });
    const outside = opener.open(opener.network.host("d", { switch: "far" }), { family, options: { multicastTtl: 4 } });
    for (const probe of [sender, outside]) probe.send("1", at(group));
    await opener.clock.advance(FORGOTTEN_AFTER_MS);
    for (const probe of [sender, outside]) probe.send("2", at(group));
    await opener.settle();
    expect(member.texts).toEqual(["1", "1", "2"]);
  });
});

test("groups of 224.0.0.0/24 are not forgotten", async () => {
  const opener = new ProbeOpener(new MemoryNetwork());
  opener.network.switch("lan", { querier: false });
  const member = opener.member("b", "224.0.0.251");
  await opener.clock.advance(FORGOTTEN_AFTER_MS);
  opener.open("a").send("x", at("224.0.0.251"));
  await opener.settle();
  expect(member.texts).toEqual(["x"]);
});

test.each(["snooping", "querier"])("switch() refuses %s that is no boolean, and makes nothing", (argument) => {
  const network = new MemoryNetwork();
  expect(() => network.switch("s", { [argument]: "no" })).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument }));
  expect(() => network.host("a", { switch: "s" })).toThrow(expect.objectContaining({ argument: "switch" }));
});
