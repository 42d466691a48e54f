// A question and its answer, or words that want none, over a plain socket, which knows nothing of the project.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";

const ANSWER_DEADLINE_MS = 5_000;

/** Sends one datagram. @returns The first one that comes back. @throws AbortError when none does. */
export async function ask(address: string, port: number, question: string | Uint8Array): Promise<Buffer> {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  const answered = once(socket, "message", { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) });
  socket.send(question, port, address);
  try {
    const [answer] = (await answered) as [Buffer];
    return answer;
  } finally {
    socket.close();
  }
}

/** Sends datagrams to this host that want no answer. */
export async function tell(port: number, datagrams: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket("udp4");
  for (const datagram of datagrams) await new Promise((resolve) => socket.send(datagram, port, "127.0.0.1", resolve));
  socket.close();
}
