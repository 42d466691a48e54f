// A reactor of the framework in a process of a host, and the ports it opens there.
import { fileURLToPath } from "node:url";
import type {
  ConnectOptions,
  ListenOptions,
  MulticastListenOptions,
  MulticastPort,
  Network,
  NetworkChange,
  SocketAddress,
} from "groupcast";
import type { BackendName } from "../../support/backends.js";
import type { Fence } from "../../support/lab/capture.js";
import type { Host } from "../../support/lab/host.js";
import { matches, type Pattern } from "../../support/lab/pattern.js";
import type { Destination } from "../../support/lab/plain-socket.js";
import type { Deadline, JsonLine, Program } from "../../support/lab/program.js";
import { type Call, encodeRequest, type Opening, type Remote, type RemoteTarget, type Request } from "./remote-call.js";

const PROGRAM = fileURLToPath(new URL("../programs/reactor.ts", import.meta.url));

/** A request, before it has its number. */
type Wish = Request extends infer R ? (R extends Request ? Omit<R, "id"> : never) : never;

export class RemoteReactor {
  readonly host: Host;
  readonly network: Remote<Network>;
  readonly program: Program;
  #requests = 0;

  private constructor(host: Host, program: Program) {
    this.host = host;
    this.program = program;
    this.network = this.methodsOf<Network>("network");
  }

  /** Starts the process, and waits until it listens to its requests. */
  static async start(host: Host, backend: BackendName): Promise<RemoteReactor> {
    const program = host.run(PROGRAM, [], { env: { GROUPCAST_BACKEND: backend } });
    await program.line({ event: "ready", backend });
    return new RemoteReactor(host, program);
  }

  listenMulticast(port: number, options: MulticastListenOptions = {}): Promise<RemotePort> {
    return this.open({ method: "listenMulticast", args: [port, options], isQuiet: false });
  }

  listenUDP(port: number, options: ListenOptions = {}): Promise<RemotePort> {
    return this.open({ method: "listenUDP", args: [port, options], isQuiet: false });
  }

  connectUDP({ address, port }: Destination, options: ConnectOptions = {}): Promise<RemotePort> {
    return this.open({ method: "connectUDP", args: [address, port, options], isQuiet: false });
  }

  async open(opening: Opening): Promise<RemotePort> {
    const { number, host } = (await this.request({ do: "open", ...opening })) as { number: number; host: SocketAddress };
    return new RemotePort(this, number, host);
  }

  /** Has changes of the interfaces told, for {@link RemoteReactor.changed}. */
  async watch(): Promise<void> {
    await this.request({ do: "watch" });
  }

  /** Waits for a change of the interfaces. Each is returned once. */
  async changed(isWanted: (change: NetworkChange) => boolean, deadline?: Deadline): Promise<NetworkChange> {
    const line = await this.program.line(({ event, change }) => event === "change" && isWanted(change as NetworkChange), deadline);
    return line.change as NetworkChange;
  }

  /** Whether its backend can set an option. */
  async canSet(option: string): Promise<boolean> {
    return ((await this.request({ do: "capabilities" })) as string[]).includes(`set ${option}`);
  }

  /** Runs a command inside the program, which does nothing else meanwhile. */
  async block(command: string, args: readonly string[], input = ""): Promise<void> {
    await this.request({ do: "block", command, args, input });
  }

  /** Ends the process, as SIGTERM does. */
  async stop(): Promise<void> {
    await this.program.stop();
  }

  methodsOf<T>(target: RemoteTarget): Remote<T> {
    const get = (_: object, method: string) => {
      return (...args: unknown[]) => this.request({ do: "call", on: target, method, args });
    };
    return new Proxy({}, { get: get as ProxyHandler<object>["get"] & object }) as Remote<T>;
  }

  /** @throws Error with the fields of what was thrown there. */
  async request(wish: Wish): Promise<unknown> {
    this.#requests += 1;
    const id = this.#requests;
    this.program.write(encodeRequest({ id, ...wish }));
    const { failure, result } = await this.program.line({ event: "done", id });
    if (failure !== undefined) throw Object.assign(new Error(failure.message as string), failure);
    return result;
  }
}

/** A port of that reactor. */
export class RemotePort {
  /** Its methods, as its protocol sees them. */
  readonly do: Remote<MulticastPort>;
  /** The address it was bound to at first. */
  readonly address: SocketAddress;
  readonly #reactor: RemoteReactor;
  readonly #number: number;
  #fences = 0;

  constructor(reactor: RemoteReactor, number: number, address: SocketAddress) {
    this.do = reactor.methodsOf<MulticastPort>(number);
    this.address = address;
    this.#reactor = reactor;
    this.#number = number;
  }

  get port(): number {
    return this.address.port;
  }

  /** Calls one of its methods once with each list of arguments, in one turn of its process. */
  each<K extends keyof MulticastPort & string>(method: K, calls: readonly Parameters<Remote<MulticastPort>[K]>[]): Promise<void> {
    return this.inOneTurn(calls.map((args) => ({ method, args })));
  }

  /** Calls methods one after another, in one turn of its process: nothing happens between them. */
  async inOneTurn(calls: readonly Call[]): Promise<void> {
    await this.#reactor.request({ do: "turn", on: this.#number, calls });
  }

  /** Sends a text. Settles when the network has been given it. */
  async send(text: string, to: Destination, options?: Parameters<MulticastPort["write"]>[2]): Promise<void> {
    await (options === undefined ? this.do.write(text, to) : this.do.write(text, to, options));
  }

  /** A datagram that proves, when it is captured, that whatever this port sent before would have been captured too. */
  fence(to: Destination): Fence {
    this.#fences += 1;
    const text = `fence ${process.pid}.${this.#number}.${this.#fences}`;
    return { send: () => this.send(text, to), pattern: { kind: "udp", payload: text } };
  }

  /** Waits for a datagram. Each is returned once. */
  received(pattern: Pattern<JsonLine>, deadline?: Deadline): Promise<JsonLine> {
    return this.told("datagram", pattern, deadline);
  }

  /** The texts of all datagrams received so far. */
  get texts(): readonly string[] {
    return this.#reactor.program.lines({ event: "datagram", port: this.#number }).map(({ text }) => text as string);
  }

  /** Waits for an event that matches. Each is returned once. */
  told(event: string, pattern: Pattern<JsonLine> = {}, deadline?: Deadline): Promise<JsonLine> {
    const isOurs = (line: JsonLine): boolean => line.event === event && line.port === this.#number && matches(line, pattern);
    return this.#reactor.program.line(isOurs, deadline);
  }

  /** All events of a kind so far. */
  all(event: string): readonly JsonLine[] {
    return this.#reactor.program.lines({ event, port: this.#number });
  }
}
