// The echo of the README, with a client, as programs of somebody who has installed `groupcast`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import typescript from "typescript";
import { ROOT } from "../command.mjs";
import { runWell } from "./run.mjs";

const FIRST_FENCE = /^```ts\n([\s\S]*?)^```$/m;
const PORT = "9999"; // in the README; here it may be taken

const CLIENT = `import { DatagramProtocol, Reactor } from "groupcast";

const PATIENCE_MS = 20_000; // an emulated processor takes seconds to start

class Client extends DatagramProtocol {
  startProtocol() {
    this.transport.write("hello");
  }

  datagramReceived(data) {
    console.log(JSON.stringify({ answer: String(data), backend: reactor.backend.name, reason: reactor.backend.reason }));
    reactor.stop();
  }
}

const reactor = new Reactor();
reactor.connectUDP("127.0.0.1", Number(process.argv[2]), new Client());
reactor.callLater(PATIENCE_MS, () => reactor.stop());
await reactor.run();
`;

/** The first program of the README. */
export function readmeEcho() {
  const code = readFileSync(`${ROOT}README.md`, "utf8").match(FIRST_FENCE)?.[1];
  if (code === undefined || !code.includes(`(${PORT},`))
    throw new Error(`README.md has no echo on port ${PORT}; scripts/pack/echo.mjs looks for one`);
  return code;
}

/** Writes both programs. @param {string} folder */
export function writePrograms(folder) {
  const source = readmeEcho().replace(`(${PORT},`, "(0,");
  const compilerOptions = { target: typescript.ScriptTarget.ES2022, module: typescript.ModuleKind.ESNext, verbatimModuleSyntax: true };
  writeFileSync(join(folder, "echo.js"), typescript.transpileModule(source, { compilerOptions }).outputText);
  writeFileSync(join(folder, "client.js"), CLIENT);
  writeFileSync(join(folder, "echo.ts"), readmeEcho());
}

/**
 * Lets the client talk to the server, and the server end.
 *
 * @param {string} folder
 * @param {readonly [program: string, ...args: string[]]} node How Node is started.
 * @returns {Promise<{ backend: string, reason: string }>} What the client ran on.
 */
export async function echo(folder, node) {
  const [program, ...args] = node;
  const server = spawn(program, [...args, "echo.js"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit");
  try {
    const client = await runWell([...node, "client.js", await portOf(server)], { cwd: folder });
    const { answer, backend, reason } = JSON.parse(client || '{"answer":"nothing"}');
    if (answer !== "hello") throw new Error(`the echo of "hello" was ${answer}`);
    return { backend, reason };
  } finally {
    server.kill("SIGINT");
    const [code] = await ended;
    if (code !== 0) process.exitCode = 1;
  }
}

/** @param {import("node:child_process").ChildProcess} server */
async function portOf(server) {
  const lines = createInterface({ input: /** @type {import("node:stream").Readable} */ (server.stdout) });
  for await (const line of lines) {
    const port = line.match(/port: (\d+)/)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error("the echo server ended before it listened");
}
