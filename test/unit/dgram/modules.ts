// node:dgram and ours, side by side: a test that runs on both says what Node does, and that ours does the same.

import nodeDgram from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import dgram, { type Socket } from "@groupcast/dgram";

/** `node:dgram`, typed as Node 26 has it. */
const theirs = nodeDgram as unknown as typeof dgram;

export const MODULES = [
  ["node:dgram", theirs],
  ["@groupcast/dgram", dgram],
] as const;

export const LOOPBACK = "127.0.0.1";

/** Binds to the loopback address, and waits. @returns The port number. */
export async function bindLoopback(socket: Socket): Promise<number> {
  socket.bind(0, LOOPBACK);
  await once(socket, "listening");
  return portOf(socket);
}

export function portOf(socket: Socket): number {
  return (socket.address() as AddressInfo).port;
}

/** What `call` throws: name, code, message and the fields of system errors; undefined when it throws nothing. */
export function thrownBy(call: () => unknown): Record<string, unknown> | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return factsOf(error);
  }
}

/** Facts about an error that programs look at. */
export function factsOf(error: unknown): Record<string, unknown> {
  const { name, message, stack, ...fields } = error as Error & Record<string, unknown>;
  return {
    name,
    message,
    header: stack?.split("\n")[0],
    isTypeError: error instanceof TypeError,
    isRangeError: error instanceof RangeError,
    keys: Object.keys(fields),
    ...fields,
  };
}

/** Waits for `count` messages. @returns Their texts. */
export function messages(socket: Socket, count: number): Promise<string[]> {
  const texts: string[] = [];
  return new Promise((resolve) => {
    socket.on("message", (message) => {
      texts.push(String(message));
      if (texts.length === count) resolve(texts);
    });
  });
}
