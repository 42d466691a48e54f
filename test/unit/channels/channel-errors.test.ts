import { BrokerError, CHANNEL_ERRORS, ChannelError, ChannelLengthError, ChannelStateError } from "@groupcast/channels";
import { isGroupcastError } from "groupcast";
import { expect, test } from "vitest";

test("isGroupcastError() knows the errors of channels", () => {
  const errors = [
    new ChannelStateError(CHANNEL_ERRORS.ERR_NODE_CLOSED, "publish"),
    new ChannelLengthError("c", 70_000, 65_494),
    new BrokerError(CHANNEL_ERRORS.ERR_BROKER_REFUSED, "connect to"),
  ];
  expect(errors.map(isGroupcastError)).toEqual([true, true, true]);
  expect(errors.map(({ name }) => name)).toEqual(["ChannelStateError", "ChannelLengthError", "BrokerError"]);
  expect(errors.every((error) => error instanceof ChannelError)).toBe(true);
});

test("ChannelError says what could not be done, to what, why, and what would help", () => {
  expect(new ChannelLengthError("robot/pose", 70_000, 65_488)).toMatchObject({
    message:
      'publish() failed for channel "robot/pose": the message has 70000 bytes, and at most 65488 fit; publish a shorter message, or open the channel with fragment: true',
    remedy: "publish a shorter message, or open the channel with fragment: true",
    code: "ERR_CHANNEL_MESSAGE_TOO_LONG",
    operation: "publish",
    channel: "robot/pose",
    lengthBytes: 70_000,
    maxBytes: 65_488,
  });
});

test("ChannelError keeps what caused it", () => {
  const cause = new Error("connection refused");
  expect(new BrokerError(CHANNEL_ERRORS.ERR_BROKER_UNREACHABLE, "connect to", { servers: "127.0.0.1:4222" }, cause)).toMatchObject({
    cause,
    servers: "127.0.0.1:4222",
  });
});
