// Hostile programs on the API of node:dgram, each in a process of its own: on @groupcast/dgram it sees what it sees on node:dgram.
import { fileURLToPath } from "node:url";
import dgram from "@groupcast/dgram";
import { expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { ChildProgram, type Ending } from "../support/child-program.js";
import { skipUnless } from "../support/probe.js";

/** What each program does, and how many lines it tells at least: one that tells nothing would be the same anywhere. */
const PROGRAMS = [
  { name: "arguments", what: "passes arguments that bite", lines: 150 },
  { name: "throwing", what: "throws in each listener and callback", lines: 40 },
  { name: "uncaught", what: "throws, and nobody catches", lines: 1 },
  { name: "closing", what: "closes sockets within each of their callbacks", lines: 100 },
  { name: "heirs", what: "overrides and patches methods", lines: 20 },
  { name: "contexts", what: "asks where its callbacks run", lines: 30 },
  { name: "crowd", what: "makes ten thousand sockets", lines: 3 },
  { name: "exits", what: "leaves sockets that keep it, and that do not", lines: 3 },
  { name: "workers", what: "has sockets in threads, and ends those", lines: 2 },
] as const;

test.for(PROGRAMS)("a program that $what sees the same on @groupcast/dgram as on node:dgram", async ({ name, lines }, context) => {
  await skipUnless(context, canLoad("native"));
  const [expected, seen] = await Promise.all([endingOf(name, "node:dgram"), endingOf(name, "@groupcast/dgram")]);
  expect(told(seen), seen.stderr).toEqual(told(expected));
  expect(told(expected).lines.length, expected.stderr).toBeGreaterThanOrEqual(lines);
  expect(seen.signal, seen.stderr).toBeNull();
});

test("send() refuses a list with a proxy of a buffer, which node:dgram aborts on from Node 22 on", async (context) => {
  await skipUnless(context, canLoad("native"));
  const socket = dgram.createSocket("udp4");
  const proxy = new Proxy(Buffer.from("proxied"), {});
  expect(() => socket.send([proxy], 9, "127.0.0.1")).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }));
  expect(() => socket.send(proxy, 9, "127.0.0.1")).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }));
  socket.close();
});

async function endingOf(name: string, specifier: string): Promise<Ending> {
  await using program = new ChildProgram(process.execPath, [
    fileURLToPath(new URL(`programs/dgram/${name}.mjs`, import.meta.url)),
    specifier,
  ]);
  return await program.ended;
}

/** What is compared: stack traces are each implementation's own. */
function told({ exitCode, signal, stdout, stderr }: Ending): {
  exitCode: number | null;
  signal: string | null;
  lines: string[];
  error: string | undefined;
} {
  return { exitCode, signal, lines: stdout.trimEnd().split("\n"), error: /^\w*Error.*$/m.exec(stderr)?.[0] };
}
