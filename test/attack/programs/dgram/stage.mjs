// What the programs of this folder share: the implementation that they attack, and words for what they see. Port numbers are never told.
import { once } from "node:events";

/** node:dgram, or what the argument names. @type {typeof import("node:dgram")} */
export const dgram = (await import(process.argv[2] ?? "node:dgram")).default;

/** @param {readonly unknown[]} words */
export function tell(...words) {
  process.stdout.write(`${words.map(String).join(" ")}\n`);
}

/**
 * Calls a function, and tells what it returned or threw.
 *
 * @param {string} what
 * @param {() => unknown} action
 */
export function attempt(what, action) {
  try {
    tell(what, "returned", describe(action()));
  } catch (error) {
    tell(what, "threw", describe(error));
  }
}

/** @param {unknown} value */
export function describe(value) {
  if (value instanceof dgram.Socket) return "a socket";
  if (value instanceof Error) return withoutPorts(`${value.name} ${value.code ?? ""} ${value.syscall ?? ""} ${value.message}`);
  if (Buffer.isBuffer(value)) return `${value.length} bytes "${value.subarray(0, 8)}"`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {string} text */
function withoutPorts(text) {
  return text.replaceAll(/:\d+/g, ":<port>");
}

/** Opens a socket on this host. @param {import("node:dgram").SocketOptions} [options] */
export async function open(options = { type: "udp4" }) {
  const socket = dgram.createSocket(options);
  socket.bind(0, options.type === "udp6" ? "::1" : "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** Settles when a datagram that is sent now has come back: what was sent before has arrived by then. */
export async function fence() {
  const { createSocket } = await import("node:dgram");
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  for (let turn = 0; turn < 3; turn++) {
    const arrived = once(socket, "message");
    socket.send("fence", socket.address().port, "127.0.0.1");
    await arrived;
    await new Promise(setImmediate);
  }
  socket.close();
}
