// A server of Debian's that an example talks to, on a port number and with files of its own.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChildProgram } from "../support/child-program.js";
import { until } from "../support/lab/until.js";
import { unusedPort } from "../support/unused-port.js";

/** What a server has been given. */
interface Given {
  readonly port: number;
  /** For what it reads and writes; removed with it. */
  readonly directory: string;
}

export class ForeignServer implements AsyncDisposable {
  readonly port: number;
  readonly directory: string;
  readonly #program: ChildProgram;

  private constructor({ port, directory }: Given, program: ChildProgram) {
    this.port = port;
    this.directory = directory;
    this.#program = program;
  }

  /** Starts a server. Returns when it listens. @param argsFor - Its arguments, which keep it in the foreground. */
  static async start(command: string, argsFor: (given: Given) => readonly string[]): Promise<ForeignServer> {
    const given = { port: await unusedPort(), directory: mkdtempSync(join(tmpdir(), "groupcast-server-")) };
    const server = new ForeignServer(given, new ChildProgram(command, argsFor(given)));
    try {
      await until(() => isBound(given.port) || server.#program.hasEnded, { what: `${command} listens` });
      if (server.#program.hasEnded) throw new Error(`${command} has ended`);
      return server;
    } catch (error) {
      const { stdout, stderr } = await server.#program.stop("SIGKILL");
      await server[Symbol.asyncDispose]();
      throw new Error(`${command} said\n${stdout}${stderr}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Whether somebody has bound a UDP port over IPv4: proc_pid_net(5). A datagram to find out would show up in what the server says. */
function isBound(port: number): boolean {
  const local = new RegExp(`^ *\\d+: [\\dA-F]{8}:${port.toString(16).toUpperCase().padStart(4, "0")} `, "m");
  return local.test(readFileSync("/proc/net/udp", "utf8"));
}
