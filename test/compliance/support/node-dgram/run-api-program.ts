// Runs a random program on an implementation of node:dgram's API, and writes down what it could see.
import type * as Dgram from "node:dgram";
import { inherits } from "node:util";
import { ADDRESSES, makeArgument, type Surroundings } from "./arguments.js";
import { describeError, describeValue } from "./descriptions.js";
import type { Silence } from "./silence.js";
import type { ApiProgram, Observation, Reaction, Step } from "./step.js";

/** What is called may be missing, and takes anything. */
type Loose = Record<string | symbol, ((...args: unknown[]) => unknown) | undefined>;

interface Slot {
  readonly name: string;
  readonly socket: Dgram.Socket & Loose;
  /** Kept when it is closed: others may still send there. */
  port: number;
}

const EVENTS = ["message", "listening", "connect", "close"];

/** @param silence - Waits until nothing is on its way any more. */
export async function runApiProgram(api: typeof Dgram, program: ApiProgram, silence: Silence): Promise<Observation> {
  const run = new ApiRun(api, program);
  const uncaught = (error: unknown): void => run.tellError("uncaught", error);
  process.on("uncaughtException", uncaught);
  try {
    for (const [number, step] of program.steps.entries()) {
      if (step.do === "rest") await silence();
      else run.take(step, number);
    }
    await silence();
    run.closeAll();
    await silence();
    return run.observation;
  } finally {
    process.off("uncaughtException", uncaught);
  }
}

class ApiRun {
  readonly observation: Record<string, string[]> = {};
  readonly #api: typeof Dgram;
  readonly #program: ApiProgram;
  readonly #slots = new Map<number, Slot>();
  readonly #all: Slot[] = [];
  readonly #names = new Map<number, string>();
  readonly #abort = new AbortController();

  constructor(api: typeof Dgram, program: ApiProgram) {
    this.#api = api;
    this.#program = program;
  }

  take(step: Exclude<Step, { do: "rest" }>, number: number): void {
    if (step.do === "abort") this.#abort.abort();
    else if (step.do === "create") this.#create(step, number);
    else {
      const slot = this.#slots.get(step.slot);
      if (slot === undefined) return;
      if (step.do === "call") this.#call(slot, step, number);
      else this.#listen(slot, step);
    }
    this.#learnPorts();
  }

  closeAll(): void {
    for (const { name, socket } of this.#all) {
      this.#attempt(name, "the end", () => {
        socket.removeAllListeners();
        socket.close();
      });
    }
  }

  tellError(strand: string, error: unknown): void {
    this.#tell(strand, describeError(error, this.#names));
  }

  #create({ slot: index, how, args, hearsErrors }: Extract<Step, { do: "create" }>, number: number): void {
    const name = `socket ${number}`;
    this.#attempt(name, how, () => {
      const given = args.map((argument) => makeArgument(argument, this.#surroundings(name, `c${number}`)));
      const socket = makeSocket(this.#api, how, given) as Slot["socket"];
      const slot: Slot = { name, socket, port: 0 };
      this.#slots.set(index, slot);
      this.#all.push(slot);
      for (const event of hearsErrors ? [...EVENTS, "error"] : EVENTS) {
        socket.on(event, (...told: unknown[]) => this.#tellCall(slot, this.#strandOf(slot, event, told), event, told));
      }
      return `${typeof socket}, ${socket instanceof this.#api.Socket}, ${socket.listenerCount("message")} listeners`;
    });
  }

  #call(slot: Slot, { method, args }: Extract<Step, { do: "call" }>, number: number): void {
    const { name, socket } = slot;
    const key = method === "asyncDispose" ? Symbol.asyncDispose : method;
    this.#attempt(name, `${number} ${method}`, () => {
      if (typeof socket[key] !== "function") return "there is no such method";
      const given = args.map((argument) => makeArgument(argument, this.#surroundings(name, `d${number}`, slot)));
      const returned = socket[key](...given);
      if (returned instanceof Promise) this.#await(name, `${number} ${method}`, returned);
      this.#learnPorts();
      return describeValue(returned, socket, this.#names);
    });
  }

  #listen(slot: Slot, { event, once, reaction }: Extract<Step, { do: "listen" }>): void {
    const { socket } = slot;
    const listener = (...told: unknown[]): void => {
      this.#tellCall(slot, this.#strandOf(slot, event, told), `extra ${event}`, told);
      this.#react(slot, reaction, event, listener);
    };
    socket[once ? "once" : "on"]!(event, listener);
  }

  #surroundings(strand: string, label: string, slot?: Slot): Surroundings {
    return {
      label,
      family: slot === undefined ? 4 : familyOf(slot),
      signal: this.#abort.signal,
      portOf: (index) => this.#slots.get(index)?.port || (this.#all.findLast(({ port }) => port > 0)?.port ?? 0),
      lookedUp: (question) => this.#tell(strand, `looks up ${question}`),
      callback: () => {
        const callback = (...told: unknown[]): void => {
          if (slot === undefined) {
            this.#tell(`${strand} messages`, `listener of ${label}`);
            return;
          }
          this.#tellCall(slot, strand, `callback of ${label}`, told);
          this.#react(slot, this.#program.callbacks, "message", callback);
        };
        return callback;
      },
    };
  }

  /** Messages of one sender come in order; those of several in any. */
  #strandOf({ name }: Slot, event: string, told: readonly unknown[]): string {
    if (event !== "message") return name;
    const { port } = told[1] as Dgram.RemoteInfo;
    this.#learnPorts();
    return `${name} messages of ${this.#names.get(port) ?? "a socket that is closed"}`;
  }

  #react(slot: Slot, reaction: Reaction, event: string, listener: (...args: unknown[]) => void): void {
    const { socket, port } = slot;
    if (reaction === "throw") throw new Error(`thrown by a listener of ${event}`);
    if (reaction === "close") socket.close();
    else if (reaction === "remove itself") socket.removeListener(event, listener);
    else if (reaction === "remove all") socket.removeAllListeners(event);
    else if (reaction === "send") {
      socket.removeListener(event, listener); // or they send for ever
      socket.send("again", port, ADDRESSES.loopback[familyOf(slot)]);
    }
  }

  #await(strand: string, what: string, promise: Promise<unknown>): void {
    promise.then(
      (value) => this.#tell(strand, `${what} has settled with ${String(value)}`),
      (error: unknown) => this.tellError(strand, error),
    );
  }

  #tellCall({ socket }: Slot, strand: string, what: string, args: readonly unknown[]): void {
    this.#learnPorts();
    this.#tell(strand, `${what} (${args.map((value) => describeValue(value, socket, this.#names)).join("; ")})`);
  }

  #attempt(strand: string, what: string, action: () => unknown): void {
    try {
      this.#tell(strand, `${what}: ${String(action())}`);
    } catch (error) {
      this.#tell(strand, `${what} threw ${describeError(error, this.#names)}`);
    }
  }

  #tell(strand: string, line: string): void {
    this.observation[strand] ??= [];
    this.observation[strand].push(line);
  }

  #learnPorts(): void {
    for (const slot of this.#all) {
      const port = localPort(slot.socket);
      if (port === undefined || port === slot.port) continue;
      slot.port = port;
      if (!this.#names.has(port)) this.#names.set(port, `<port of ${slot.name}>`);
    }
  }
}

function familyOf({ socket }: Slot): 4 | 6 {
  return (socket as { readonly type?: unknown }).type === "udp6" ? 6 : 4;
}

/** Makes a socket in one of the ways that programs have. */
function makeSocket(api: typeof Dgram, how: Extract<Step, { do: "create" }>["how"], args: readonly unknown[]): object {
  const createSocket = api.createSocket as (...args: readonly unknown[]) => Dgram.Socket;
  const Socket = api.Socket as unknown as new (...args: unknown[]) => Dgram.Socket;
  const call = Socket as unknown as (this: unknown, ...args: readonly unknown[]) => unknown;
  function Heir(this: object, ...given: unknown[]): void {
    call.apply(this, given);
  }
  switch (how) {
    case "createSocket":
      return createSocket(...args);
    case "new":
      return new Socket(...args);
    case "extends":
      return new (class extends Socket {})(...args);
    case "inherits":
      inherits(Heir, Socket);
      return new (Heir as unknown as typeof Socket)(...args);
    case "call":
      return call(...args) as object;
  }
}

function localPort(socket: Dgram.Socket): number | undefined {
  try {
    return socket.address().port;
  } catch {
    return undefined; // not bound, or not any more
  }
}
