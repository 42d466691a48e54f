import { describe, expect, test } from "vitest";
import { ChannelPattern } from "../../../packages/channels/src/relay/channel-pattern.js";
import { RateLimit } from "../../../packages/channels/src/relay/rate-limit.js";

describe("ChannelPattern", () => {
  test.each([
    ["robot/pose", "robot/pose", true],
    ["robot/pose", "robot/poses", false],
    ["robot/*", "robot/pose", true],
    ["robot/*", "robot", false],
    ["robot/*", "robot/arm/pose", false],
    ["*/pose", "robot/pose", true],
    ["robot/**", "robot/arm/pose", true],
    ["robot/**", "robot/pose", true],
    ["robot/**", "robot", false],
    ["robot/**", "robots/pose", false],
    ["*/arm/**", "robot/arm/a/b", true],
    ["**", "a", true],
    ["**", "a/b/c", true],
    ["**", "__groupcast_nodes", false],
    ["__groupcast_nodes", "__groupcast_nodes", true],
  ])("%j and the channel %j: %s", (pattern, channel, matches) => {
    expect(new ChannelPattern("ChannelRelay", pattern).matches(channel)).toBe(matches);
  });

  test.each([["a/**/b"], ["a//b"], ["/a"], ["a/"], [""]])("refuses %j", (text) => {
    expect(() => new ChannelPattern("ChannelRelay", text)).toThrow(
      expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument: "channels" }),
    );
  });

  test("says whether it names one channel", () => {
    expect(["a/b", "a/*", "**", "a*"].map((text) => new ChannelPattern("ChannelRelay", text).isName)).toEqual([true, false, false, true]);
  });
});

describe("RateLimit", () => {
  test("lets one second's worth through at once, and then so many a second", () => {
    const limit = new RateLimit(10, 0);
    const taken = (nowMs: number, wanted: number) => Array.from({ length: wanted }, () => limit.take(nowMs)).filter(Boolean).length;
    expect([taken(0, 20), taken(100, 20), taken(150, 20), taken(200, 20), taken(60_000, 20)]).toEqual([10, 1, 0, 1, 10]);
  });

  test("lets everything through without a limit", () => {
    const limit = new RateLimit(Number.POSITIVE_INFINITY, 0);
    expect(Array.from({ length: 1000 }, () => limit.take(0))).not.toContain(false);
  });
});
