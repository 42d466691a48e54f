// isGroupcastError() narrows by code, over the tables of every package that a program uses. What counts here is that it compiles.
import type { MEMORY_ERRORS } from "@groupcast/backend-memory";
import type { BrokerError, CHANNEL_ERRORS, ChannelLengthError, ChannelStateError } from "@groupcast/channels";
import {
  type BackendLoadError,
  type CannotListenError,
  type ErrorCode,
  type GroupcastError,
  type InvalidArgumentError,
  isGroupcastError,
  type MessageLengthError,
  type MulticastJoinError,
  type REACTOR_ERRORS,
  type StateError,
  type SystemError,
  type UnsupportedError,
} from "groupcast";
import { expect, expectTypeOf, test } from "vitest";
import { Blunderer } from "./blunderer.js";

/** The error of one code. */
type Of<Code extends ErrorCode> = Extract<GroupcastError, { readonly code: Code }>;

test("isGroupcastError() makes of anything an error whose code says what it has besides", () => {
  const error: unknown = thrownBy(({ reactor, port, echo }) => reactor.listenUDP(port.getHost().port, echo));
  expect(isGroupcastError(error) && error.code === "ERR_LISTEN" && error.errnoName).toBe("EADDRINUSE");
});

test("switch narrows by code", () => {
  expect(helpFor(thrownBy(({ reactor, echo }) => reactor.listenUDP(70_000, echo)))).toBe("port: 70000");
  expect(helpFor(thrownBy(({ port }) => port.write(new Uint8Array(70_000), { address: "10.0.0.2", port: 9 })))).toBe("70000 bytes");
  expect(helpFor(thrownBy(({ channel }) => channel().publish(new Uint8Array(70_000) as never)))).toBe("70000 of 65494 bytes");
  expect(helpFor(thrownBy(({ port }) => port.disconnect()))).toBe("call connect() first");
});

test("each code stands for one class, which the tables name", () => {
  expectTypeOf<Of<"ERR_ARGUMENT_RANGE">>().toEqualTypeOf<InvalidArgumentError<"ERR_ARGUMENT_RANGE">>();
  expectTypeOf<Of<"ERR_LISTEN">>().toEqualTypeOf<CannotListenError>();
  expectTypeOf<Of<"ERR_JOIN">>().toEqualTypeOf<MulticastJoinError>();
  expectTypeOf<Of<"ERR_MESSAGE_TOO_LONG">>().toEqualTypeOf<MessageLengthError>();
  expectTypeOf<Of<"ERR_SEND">>().toEqualTypeOf<SystemError<"ERR_SEND">>();
  expectTypeOf<Of<"ERR_CLOSED">>().toEqualTypeOf<StateError<"ERR_CLOSED">>();
  expectTypeOf<Of<"ERR_CLOCK_LIMIT">>().toEqualTypeOf<StateError<"ERR_CLOCK_LIMIT">>();
  expectTypeOf<Of<"ERR_UNSUPPORTED_OPTION">>().toEqualTypeOf<UnsupportedError<"ERR_UNSUPPORTED_OPTION">>();
  expectTypeOf<Of<"ERR_BACKEND_LOAD">>().toEqualTypeOf<BackendLoadError>();
  expectTypeOf<Of<"ERR_NODE_CLOSED">>().toEqualTypeOf<ChannelStateError<"ERR_NODE_CLOSED">>();
  expectTypeOf<Of<"ERR_CHANNEL_MESSAGE_TOO_LONG">>().toEqualTypeOf<ChannelLengthError>();
  expectTypeOf<Of<"ERR_BROKER_REFUSED">>().toEqualTypeOf<BrokerError<"ERR_BROKER_REFUSED">>();
});

test("the union has every code of every table, and no other", () => {
  expectTypeOf<keyof typeof REACTOR_ERRORS | keyof typeof CHANNEL_ERRORS | keyof typeof MEMORY_ERRORS>().toExtend<ErrorCode>();
  expectTypeOf<Of<"ERR_LISTEN">>().not.toBeNever();
  expectTypeOf<Extract<ErrorCode, "ERR_NONE_OF_OURS">>().toBeNever();
  expectTypeOf<GroupcastError["remedy"]>().toEqualTypeOf<string>();
});

function helpFor(error: unknown): string {
  if (!isGroupcastError(error)) throw error;
  switch (error.code) {
    case "ERR_PORT_RANGE":
      return `${error.argument}: ${error.value}`;
    case "ERR_MESSAGE_TOO_LONG":
      return `${error.lengthBytes} bytes`;
    case "ERR_CHANNEL_MESSAGE_TOO_LONG":
      return `${error.lengthBytes} of ${error.maxBytes} bytes`;
    default:
      return error.remedy;
  }
}

function thrownBy(call: (given: Blunderer) => unknown): unknown {
  try {
    call(new Blunderer());
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
