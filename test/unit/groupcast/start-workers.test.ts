// startWorkers(): worker threads that share a port, on real sockets. Their modules are data: URLs.
import threads, { Worker } from "node:worker_threads";
import { Reactor, type SocketAddress, startWorkers, type WorkerDeath, type Workers, type WorkersOptions } from "groupcast";
import { describe, expect, test, vi } from "vitest";
import { js } from "../errors/blunderer.js";
import { needs } from "../reactor/loopback-stage.js";

const getBuiltinModule = process.getBuiltinModule.bind(process);
const LOOPBACK = { interface: "127.0.0.1" };
const BY_FIRST_BYTE = { by: "payload", offsetBytes: 0, lengthBytes: 1 } as const;

/** Answers with its number and what it got; does what some datagrams ask for. */
const ECHO = moduleOf(`
export default class Echo {
  constructor({ worker, data }) { this.name = worker + (data?.suffix ?? ""); }
  datagramReceived(data, from) {
    const text = data.toString();
    if (text.endsWith("exit")) process.exit(7);
    if (text.endsWith("throw")) setImmediate(() => { throw new TypeError("thrown"); });
    if (text.endsWith("hook")) throw new Error("in the hook");
    this.transport.write(this.name + " " + text, from);
    if (!text.endsWith("spin")) return;
    this.transport.flush();
    for (;;);
  }
}`);

/** Exits soon after it listens. */
const STORM = moduleOf(`
export default {
  startProtocol() { setTimeout(() => process.exit(3), 300); },
};`);

function moduleOf(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

function start(options: Partial<WorkersOptions> = {}): Promise<Workers> {
  return startWorkers({ module: ECHO, port: 0, workers: 3, listen: LOOPBACK, steering: BY_FIRST_BYTE, minRestartMs: 10, ...options });
}

/** A client that waits for answers. */
class Client {
  readonly #reactor = new Reactor();
  readonly #texts: string[] = [];
  #wake = (): void => {};
  readonly #port = this.#reactor.listenUDP(
    0,
    {
      datagramReceived: (data: Buffer) => {
        this.#texts.push(data.toString());
        this.#wake();
      },
    },
    LOOPBACK,
  );

  get host(): SocketAddress {
    return this.#port.getHost();
  }

  write(text: string, to: SocketAddress): void {
    this.#port.write(text, to);
  }

  async ask(text: string, to: SocketAddress): Promise<string> {
    const { length } = this.#texts;
    this.#port.write(text, to);
    while (this.#texts.length === length) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#texts[length]!;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#reactor.stop();
  }
}

/** Threads that the system gives: `left` further ones, then none, as where a user may have no more (EAGAIN). */
class Threads {
  left = Number.POSITIVE_INFINITY;
  running = 0;
  readonly #spy = vi.spyOn(process, "getBuiltinModule");

  constructor() {
    const take = (): void => {
      if (this.left-- <= 0) throw Object.assign(new Error("EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" });
      this.running++;
    };
    const ended = (): number => this.running--;
    class LimitedWorker extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        take();
        super(...args);
        this.once("exit", ended);
      }
    }
    this.#spy.mockImplementation(((id: string) =>
      id === "node:worker_threads" ? { ...threads, Worker: LimitedWorker } : getBuiltinModule(id)) as typeof process.getBuiltinModule);
  }

  [Symbol.dispose](): void {
    this.#spy.mockRestore();
  }
}

function next<E extends "died" | "restarted">(workers: Workers, event: E): Promise<E extends "died" ? WorkerDeath : { worker: number }> {
  return new Promise((resolve) => workers.once(event, resolve as never));
}

describe("on native:", () => {
  needs("native");

  test("startWorkers() gives each key to the worker of its number, in order of bind", async () => {
    await using workers = await start({ data: { suffix: "!" } });
    await using client = new Client();
    const host = workers.getHost();
    expect([await client.ask("<", host), await client.ask("=", host), await client.ask(">", host)]).toEqual(["0! <", "1! =", "2! >"]);
  });

  test.each([
    ["a class", "export default class { datagramReceived(data, from) { this.transport.write('made', from); } }"],
    ["a function", "export default () => ({ datagramReceived(data, from) { this.transport.write('made', from); } })"],
    ["a promise", "export default async () => ({ datagramReceived(data, from) { this.transport.write('made', from); } })"],
    ["an object", "export default { datagramReceived(data, from) { this.transport.write('made', from); } }"],
    ["an old class", "export default function () { return { datagramReceived(d, from) { this.transport.write('made', from); } } }"],
  ])("startWorkers() takes a module that exports %s", async (_name, source) => {
    await using workers = await start({ module: moduleOf(source), workers: 1 });
    await using client = new Client();
    expect(await client.ask("x", workers.getHost())).toBe("made");
  });

  test.each([
    ["<exit", { worker: 0, exitCode: 7, error: undefined }],
    ["=throw", { worker: 1, exitCode: 1, error: expect.objectContaining({ name: "TypeError", message: "thrown" }) }],
  ])("a worker that dies of %s is reported and replaced, and its counts are kept", async (text, death) => {
    await using workers = await start();
    await using client = new Client();
    const [died, restarted] = [next(workers, "died"), next(workers, "restarted")];
    client.write(text, workers.getHost());
    expect(await died).toEqual({ ...death, restartMs: 10 });
    expect(await restarted).toEqual({ worker: death.worker });
    const answers: string[] = [];
    for (const key of ["<", "=", ">"]) answers.push(await client.ask(key, workers.getHost()));
    expect(answers.map(([worker]) => worker).sort()).toEqual(["0", "1", "2"]);
    expect(await workers.statistics()).toMatchObject({ received: 4, listening: 3, deaths: 1, restarts: 1, incomplete: 0 });
  });

  test("a worker whose port closes is replaced", async () => {
    const source = "export default { datagramReceived() { this.transport.stopListening(); } }";
    await using workers = await start({ module: moduleOf(source), workers: 1 });
    await using client = new Client();
    const [died, restarted] = [next(workers, "died"), next(workers, "restarted")];
    client.write("x", workers.getHost());
    expect(await died).toMatchObject({ error: { code: "ERR_CLOSED" } });
    await restarted;
  });

  test("a worker that dies again and again waits twice as long each time, up to maxRestartMs", async () => {
    await using workers = await start({ module: STORM, workers: 1, minRestartMs: 2, maxRestartMs: 1000 });
    const waits: (number | undefined)[] = [];
    for (let deaths = 0; deaths < 6; deaths++) waits.push((await next(workers, "died")).restartMs);
    expect(waits).toEqual([2, 4, 8, 16, 32, 64]);
  });

  test("maxRestartMs bounds the wait, and restart: false replaces nobody", async () => {
    const options = { module: STORM, workers: 1, minRestartMs: 20, maxRestartMs: 20 };
    await using bounded = await start(options);
    expect([await next(bounded, "died"), await next(bounded, "died")].map(({ restartMs }) => restartMs)).toEqual([20, 20]);
    await using single = await start({ ...options, restart: false });
    expect(await next(single, "died")).toMatchObject({ restartMs: undefined });
    expect(await single.statistics()).toMatchObject({ listening: 0, deaths: 1, restarts: 0 });
  });

  test("statistics() sums what it knows, and says how many workers do not answer", async () => {
    await using workers = await start({ stopTimeoutMs: 3000 }); // the others stop in time, however busy the machine is
    await using client = new Client();
    for (const key of ["<", "=", ">"]) await client.ask(key, workers.getHost());
    const before = await workers.statistics();
    expect(before).toMatchObject({ received: 3, sent: 3, listening: 3, incomplete: 0 });
    await client.ask("<spin", workers.getHost()); // it spins as soon as it has answered
    await client.ask("=", workers.getHost());
    expect(await workers.statistics()).toMatchObject({ received: 4, listening: 3, incomplete: 1 });
    await workers.stop();
    expect(await workers.statistics()).toMatchObject({ received: 4, listening: 0, incomplete: 1 });
  });

  test("stop() ends every thread, also while one is being replaced, and is the same promise each time", async () => {
    const workers = await start({ module: STORM, minRestartMs: 1, maxRestartMs: 1 });
    await next(workers, "died");
    const stopped = workers.stop();
    expect(workers.stop()).toBe(stopped);
    await stopped;
    expect(process.getActiveResourcesInfo().filter((name) => name === "MessagePort")).toEqual([]);
    const { deaths } = await workers.statistics();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await workers.statistics()).toMatchObject({ deaths, listening: 0 });
  });

  test("startWorkers() with signal stops when it aborts, and rejects with its reason before that", async () => {
    const reason = new Error("enough");
    await expect(start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const early = new AbortController();
    const starting = start({ signal: early.signal });
    early.abort(reason);
    await expect(starting).rejects.toBe(reason);
    const late = new AbortController();
    await using workers = await start({ signal: late.signal });
    late.abort(reason);
    await workers.stop();
    expect(await workers.statistics()).toMatchObject({ listening: 0, deaths: 0 });
  });

  test.each([
    ["no default export", "export const protocol = {};", "ERR_WORKER_MODULE"],
    ["a default export that is no protocol", "export default 5;", "ERR_WORKER_MODULE"],
    ["a function that returns nothing", "export default () => {};", "ERR_WORKER_MODULE"],
    ["an error", "throw Object.assign(new Error('at once'), { code: 'OWN' });", "OWN"],
    [
      "a protocol that throws from startProtocol",
      "export default { startProtocol() { throw Object.assign(new Error(), { code: 'OWN' }); } }",
      "OWN",
    ],
    ["process.exit()", "process.exit(9);", undefined],
    ["a wrong protocol", "export default { datagramReceived: 5 };", "ERR_ARGUMENT_TYPE"],
  ])("startWorkers() rejects with ERR_WORKER_START for a module with %s", async (_name, source, code) => {
    const error = await start({ module: moduleOf(source) }).then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );
    expect(error).toMatchObject({ code: "ERR_WORKER_START" });
    expect((error?.cause as { code?: string } | undefined)?.code).toBe(code);
  });

  test("startWorkers() rejects when the port is taken, and when a worker takes too long", async () => {
    await using client = new Client();
    await expect(start({ port: client.host.port })).rejects.toMatchObject({ cause: { code: "ERR_LISTEN", errnoName: "EADDRINUSE" } });
    await expect(start({ module: moduleOf("for (;;);"), startTimeoutMs: 100 })).rejects.toMatchObject({
      code: "ERR_WORKER_START",
      message: expect.stringContaining("100 ms"),
    });
  });

  test("startWorkers() rejects when the system gives no further thread, and leaves none", async () => {
    using given = new Threads();
    given.left = 2;
    await expect(start()).rejects.toMatchObject({ code: "ERR_WORKER_START", cause: { code: "ERR_WORKER_INIT_FAILED" } });
    expect(given.running).toBe(0);
    expect(process.getActiveResourcesInfo().filter((name) => name === "MessagePort")).toEqual([]);
  });

  test("startWorkers() inside a worker is ERR_WORKER_NESTED", async () => {
    const bundle = import.meta.resolve("groupcast");
    const source = `import { startWorkers } from ${JSON.stringify(bundle)}; await startWorkers({ module: "data:,", port: 0, workers: 1 });`;
    await expect(start({ module: moduleOf(source) })).rejects.toMatchObject({ cause: { code: "ERR_WORKER_NESTED" } });
  });
});

test.each([
  ["nothing", undefined, "ERR_ARGUMENT_TYPE", "options"],
  ["a misspelt option", { modul: "x" }, "ERR_OPTION_UNKNOWN", "option"],
  ["no module", { module: undefined }, "ERR_ARGUMENT_TYPE", "module"],
  ["a relative path", { module: "./worker.js" }, "ERR_ARGUMENT_RANGE", "module"],
  ["no port", { port: undefined }, "ERR_ARGUMENT_TYPE", "port"],
  ["a port too large", { port: 65_536 }, "ERR_ARGUMENT_RANGE", "port"],
  ["no workers", { workers: 0 }, "ERR_ARGUMENT_RANGE", "workers"],
  ["too many workers", { workers: 1025 }, "ERR_ARGUMENT_RANGE", "workers"],
  ["data that cannot be copied", { data: () => {} }, "ERR_ARGUMENT_TYPE", "data"],
  ["reusePort", { listen: { reusePort: false } }, "ERR_OPTION_UNKNOWN", "option"],
  ["a signal among the options of ports", { listen: { signal: new AbortController().signal } }, "ERR_OPTION_UNKNOWN", "option"],
  ["steering with ports", { steering: { by: "cpu", ports: 2 } }, "ERR_OPTION_UNKNOWN", "option"],
  ["steering by name", { steering: "cpu" }, "ERR_ARGUMENT_TYPE", "steering"],
  ["maxRestartMs below minRestartMs", { minRestartMs: 10, maxRestartMs: 9 }, "ERR_ARGUMENT_RANGE", "maxRestartMs"],
  ["a signal that is none", { signal: {} }, "ERR_ARGUMENT_TYPE", "signal"],
])("startWorkers() refuses %s before it starts a thread", async (_name, wrong, code, argument) => {
  const options: unknown = wrong && { module: ECHO, port: 0, workers: 1, ...wrong };
  await expect(startWorkers(js(options))).rejects.toMatchObject({ code, argument, operation: "startWorkers" });
});
