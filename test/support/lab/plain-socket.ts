// A socket of node:dgram in a process of a host: what a program does that knows nothing of this framework.
import { fileURLToPath } from "node:url";
import type { Fence } from "./capture.js";
import { matches, type Pattern } from "./pattern.js";
import type { Deadline, JsonLine, Program } from "./program.js";
import type { MembershipRequest, MulticastSettings, SocketSettings } from "./programs/plain-socket.js";

const PROGRAM = fileURLToPath(new URL("./programs/plain-socket.ts", import.meta.url));

export type PlainSocketOptions = Partial<SocketSettings>;

/** Where to. */
export interface Destination {
  readonly address: string;
  readonly port: number;
}

/** A datagram that the socket received. */
export interface ReceivedDatagram {
  readonly text: string;
  readonly from: Destination;
}

/** Host that starts the process. */
export interface ProgramHost {
  run(path: string, args: readonly string[]): Program;
}

export class PlainSocket {
  readonly port: number;
  readonly #program: Program;
  #requests = 0;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.port = port;
  }

  /** Starts the process and waits until the socket is bound. */
  static async open(host: ProgramHost, options: PlainSocketOptions): Promise<PlainSocket> {
    const program = host.run(PROGRAM, [JSON.stringify(options)]);
    const { port } = await program.line({ event: "listening" });
    return new PlainSocket(program, port as number);
  }

  /** Sends a datagram. Settles when the kernel has taken it. */
  async send(text: string, to: Destination): Promise<void> {
    await this.#request({ do: "send", text, ...to });
  }

  /** A datagram that proves, when it is captured, that whatever this socket sent before would have been captured too. */
  fence(to: Destination): Fence {
    const text = `fence ${process.pid}.${this.#requests}`;
    return { send: () => this.send(text, to), pattern: { kind: "udp", payload: text } };
  }

  /** Changes what it sends by from now on. */
  async set(settings: Partial<MulticastSettings>): Promise<void> {
    await this.#request({ do: "set", settings });
  }

  /** Joins a group. IPv4: interface by its address; IPv6: by its name. Default: the default route's. */
  async join(group: string, request: Omit<MembershipRequest, "group"> = {}): Promise<void> {
    await this.#request({ do: "join", group, ...request });
  }

  /** Leaves a group. Same arguments as for joining it. */
  async leave(group: string, request: Omit<MembershipRequest, "group"> = {}): Promise<void> {
    await this.#request({ do: "leave", group, ...request });
  }

  /** Waits for a datagram. Each is returned once. */
  async received(pattern: Pattern<JsonLine>, deadline?: Deadline): Promise<ReceivedDatagram> {
    const isWanted = (line: JsonLine): boolean => line.event === "datagram" && matches(line, pattern);
    return (await this.#program.line(isWanted, deadline)) as ReceivedDatagram;
  }

  /** The texts of all datagrams received so far. */
  get texts(): readonly string[] {
    return this.#program.lines({ event: "datagram" }).map((line) => line.text as string);
  }

  /** Closes the socket and ends its process. */
  async close(): Promise<void> {
    await this.#program.stop();
  }

  /** @throws Error with the system's code, when the request fails. */
  async #request(request: JsonLine): Promise<void> {
    this.#requests += 1;
    const id = this.#requests;
    this.#program.write({ id, ...request });
    const { failure } = await this.#program.line({ event: "done", id });
    if (failure !== undefined) throw Object.assign(new Error(`Cannot ${JSON.stringify(request)}: ${failure}`), { code: failure });
  }
}
