import { readFileSync } from "node:fs";
import {
  BrokerError,
  CHANNEL_ERROR_CODES,
  ChannelError,
  ChannelLengthError,
  ChannelStateError,
  channelErrorRow,
} from "@groupcast/channels";
import { isGroupcastError } from "groupcast";
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "../../architecture/source-files.js";

const sources = sourceFiles("packages/channels/src", ".ts").filter(({ path }) => !path.endsWith("error-table.ts"));
// The columns of a Markdown table are padded by hand or not at all.
const guide = readFileSync(`${ROOT}docs/channels.md`, "utf8").replace(/ {2,}/g, " ");

test.each(CHANNEL_ERROR_CODES)("%s is thrown somewhere, and in the guide", (code) => {
  expect(sources.filter(({ text }) => text.includes(`"${code}"`))).not.toEqual([]);
  const { meaning, remedy } = channelErrorRow(code);
  expect(guide).toContain(`| \`${code}\` | ${meaning} | ${remedy} |`);
});

test("isGroupcastError() knows the errors of channels", () => {
  const errors = [
    new ChannelStateError("ERR_NODE_CLOSED", "publish"),
    new ChannelLengthError("c", 70_000, 65_494),
    new BrokerError("ERR_BROKER_REFUSED", "connect to"),
  ];
  expect(errors.map(isGroupcastError)).toEqual([true, true, true]);
  expect(errors.map(({ name }) => name)).toEqual(["ChannelStateError", "ChannelLengthError", "BrokerError"]);
  expect(errors.every((error) => error instanceof ChannelError)).toBe(true);
});

test("ChannelError says what could not be done, to what, why, and what would help", () => {
  expect(new ChannelLengthError("robot/pose", 70_000, 65_488)).toMatchObject({
    message:
      'Cannot publish channel "robot/pose": 70000 bytes, at most 65488 fit; send less at once, or open the channel with fragment: true',
    code: "ERR_CHANNEL_MESSAGE_TOO_LONG",
    operation: "publish",
    channel: "robot/pose",
    lengthBytes: 70_000,
    maxBytes: 65_488,
  });
});

test("ChannelError keeps what caused it", () => {
  const cause = new Error("connection refused");
  expect(new BrokerError("ERR_BROKER_UNREACHABLE", "connect to", { servers: "127.0.0.1:4222", cause })).toMatchObject({
    cause,
    servers: "127.0.0.1:4222",
  });
});
