import { expect, test } from "vitest";
import { checkNamespace, isChannelName, resolveChannelName } from "../../../packages/channels/src/contract/channel-name.js";

test.each([
  ["", "pose", "pose"],
  ["robot", "pose", "robot/pose"],
  ["robot", "/pose", "pose"],
  ["robot/arm", "../pose", "robot/pose"],
  ["robot", "../../../pose", "pose"],
  ["robot", "arm//left///pose/", "robot/arm/left/pose"],
  ["", "///pose", "pose"],
  ["robot", "arm/../pose", "robot/pose"],
  ["robot", "..", ""],
  ["a", "b\\c", "a/b\\c"],
  ["a", "..b/.c", "a/..b/.c"],
])("resolveChannelName() in namespace %j makes of %j %j", (namespace, name, full) => {
  const resolve = () => resolveChannelName("channel", namespace, name);
  if (full === "") expect(resolve).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_NAME" }));
  else expect(resolve()).toBe(full);
});

test("resolveChannelName() takes 255 characters, namespace included, and not one more", () => {
  const namespace = "n".repeat(100);
  expect(resolveChannelName("channel", namespace, "x".repeat(154))).toHaveLength(255);
  expect(() => resolveChannelName("channel", namespace, "x".repeat(155))).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_NAME" }));
});

test("resolveChannelName() takes every name of 255 characters by its path from the root, whatever the namespace", () => {
  const name = `${"n".repeat(127)}/${"x".repeat(127)}`;
  expect(resolveChannelName("channel", "robot", `/${name}`)).toBe(name);
  expect(() => resolveChannelName("channel", "robot", `/${name}x`)).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_NAME" }));
});

test.each(["a", "a/b", "..b", "a b", "x".repeat(255)])("isChannelName() takes %j, and resolveChannelName() leaves it as it is", (name) => {
  expect([isChannelName(name), resolveChannelName("channel", "robot", `/${name}`)]).toEqual([true, name]);
});

test.each(["", "/", "/a", "a/", "a//b", "..", "a/..", "../a", "é", "x".repeat(256)])("isChannelName() refuses %j", (name) => {
  expect(isChannelName(name)).toBe(false);
});

test.each([[""], ["/"], ["é"], ["/.."]])("resolveChannelName() refuses %j, and says what would do", (name) => {
  expect(() => resolveChannelName("channel", "", name)).toThrow(
    expect.objectContaining({
      code: "ERR_CHANNEL_NAME",
      operation: "channel",
      argument: "name",
      value: name,
      remedy: expect.stringMatching(/255 ASCII/),
    }),
  );
});

test("checkNamespace() resolves within the one it is in, and may be the root", () => {
  expect(checkNamespace("namespace", "robot", "arm/")).toBe("robot/arm");
  expect(checkNamespace("namespace", "robot", "/")).toBe("");
  expect(checkNamespace("namespace", "robot/arm", "..")).toBe("robot");
});
