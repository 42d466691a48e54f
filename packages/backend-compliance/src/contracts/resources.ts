/** Resources of a backend, and their release. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { type Contract, contracts } from "../contract.js";
import { textsOf } from "../endpoint/endpoint.js";
import { answered, assertOutcome } from "../endpoint/refusal.js";
import { SocketEndpoint, WIDE } from "../endpoint/socket-endpoint.js";
import type { Trial } from "../trial/trial.js";

const CYCLES = 300;
const PROGRAM_DEADLINE_MS = 5_000; // a Node process starts in 50 ms; this bounds one that does not end
const DESCRIPTOR_LIMIT = 100; // Node starts with some 20
const NO_DESCRIPTOR = 1_000_000; // above any limit of descriptors

export const RESOURCES: readonly Contract[] = contracts([
  {
    id: "RES-1",
    title: `${CYCLES} endpoints opened and closed, one after the other, leave nothing open`,
    access: "both",
    why: "twisted.names leaked descriptors (#3217, #10648)",
    async run(trial) {
      for (let cycle = 0; cycle < CYCLES; cycle++) await trial.open().close();
    },
  },
  {
    id: "RES-2",
    title: "a hundred endpoints at once each receive what is sent to them",
    access: "both",
    why: "select(2) ends at 1,024 descriptors; epoll(7) does not",
    async run(trial) {
      const sender = trial.open();
      const ends = Array.from({ length: 100 }, () => trial.open());
      for (const [number, end] of ends.entries()) sender.write(String(number), end.local);
      for (const end of ends) await trial.received(end, 1);
      assert.deepEqual(
        ends.map((end) => textsOf(end)),
        ends.map((_, number) => [String(number)]),
      );
    },
  },
  {
    id: "RES-3",
    title: "a closed socket releases its observer",
    access: "bare",
    why: "a socket that is closed is garbage; zeromq.js and serialport kept static references",
    async run(trial) {
      const observers = Array.from({ length: 10 }, () => closedSocket(trial));
      setFlagsFromString("--expose-gc");
      const collectGarbage = runInNewContext("gc") as () => void;
      const isOneGone = (): boolean => {
        collectGarbage();
        return observers.some((observer) => observer.deref() === undefined);
      };
      await trial.fence(trial.listen()); // handles are released on a later turn
      await trial.until("an observer is garbage", isOneGone);
    },
  },
  {
    id: "RES-4",
    title: "a process ends when only unreferenced sockets are left, though they read",
    access: "bare",
    host: ["program"],
    why: "libuv: uv_unref(); backend.ts: unref()",
    run: (trial) => runsToItsEnd(trial, `${opened(trial)} socket.unref();`),
  },
  {
    id: "RES-5",
    title: "a socket keeps its process alive, until it is closed",
    access: "bare",
    host: ["program"],
    why: "backend.ts: sockets start referenced",
    run: (trial) =>
      runsToItsEnd(
        trial,
        `${opened(trial)} const sender = backend.openSocket(${trial.family}, observer);
         setTimeout(() => sender.send(batchTo(socket.localAddress()), 0, 1), 100).unref();
         arrived = () => { console.log("arrived"); socket.close(); sender.close(); }; sender.unref();`,
        { output: "arrived\n" },
      ),
  },
  {
    id: "RES-6",
    title: "a socket that is unreferenced and referenced again keeps its process alive",
    access: "bare",
    host: ["program"],
    why: "libuv: uv_ref() and uv_unref() do not count",
    run: (trial) =>
      runsToItsEnd(
        trial,
        `${opened(trial)} socket.unref(); socket.unref(); socket.ref();
         setTimeout(() => { console.log("still alive"); socket.close(); }, 100).unref();`,
        { output: "still alive\n" },
      ),
  },
  {
    id: "RES-7",
    title: "watching the interfaces does not keep a process alive",
    access: "bare",
    host: ["program"],
    why: "backend.ts: watch does not keep the process alive",
    run: (trial) => runsToItsEnd(trial, `${trial.site.program} backend.network.watch(() => {});`),
  },
  {
    id: "RES-8",
    title: "a process may end with sockets open, in the middle of traffic",
    access: "bare",
    host: ["program"],
    why: "Node-API: napi_add_env_cleanup_hook",
    run: (trial) =>
      runsToItsEnd(
        trial,
        `${opened(trial)} let count = 0;
         arrived = () => { if (++count === 50) process.exit(0); socket.send(batchTo(socket.localAddress()), 0, 1); };
         socket.send(batchTo(socket.localAddress()), 0, 1);`,
      ),
  },
  {
    id: "RES-9",
    title: "a worker thread has a backend of its own, and may be ended while its socket reads",
    access: "bare",
    host: ["program"],
    why: "Node-API: an addon keeps its state for each environment",
    async run(trial) {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(workerSource(trial))}`));
      trial.defer(() => worker.terminate());
      const [first] = (await once(worker, "message", { signal: AbortSignal.timeout(PROGRAM_DEADLINE_MS) })) as [string];
      assert.equal(first, "arrived");
      await worker.terminate();
    },
  },
  {
    id: "RES-15",
    title: "the network answers with an errno, and throws nothing, while the process has no descriptor left",
    access: "bare",
    families: [4],
    host: ["descriptorLimit"],
    why: "getrlimit(2): RLIMIT_NOFILE; backend.ts: numbers, not errors",
    run: (trial) =>
      runsToItsEnd(trial, questionsWithoutDescriptors(trial), { output: "all answered\n", descriptorLimit: DESCRIPTOR_LIMIT }),
  },
  {
    id: "RES-10",
    title: "a socket made of a descriptor has the binding, the family and the options it had, and sends and receives",
    access: "bare",
    needs: ["adopt"],
    host: ["foreignSocket"],
    why: "Twisted: adoptDatagramPort; backend.ts: options, binding and peer stay as they are",
    async run(trial) {
      const { adopted, port } = adopt(trial);
      assert.deepEqual([adopted.local.port, adopted.local.address, adopted.socket.family], [port, trial.addresses.loopback, trial.family]);
      const other = trial.listen();
      other.write("question", adopted.local);
      adopted.write("answer", (await trial.first(adopted)).from);
      assert.equal((await trial.first(other)).from.port, port);
    },
  },
  {
    id: "RES-11",
    title: "closing a socket made of a descriptor leaves the descriptor to its owner",
    access: "bare",
    needs: ["adopt"],
    host: ["foreignSocket"],
    why: "backend.ts: duplicates fd; the caller keeps, and closes, its own",
    async run(trial) {
      const { adopted, foreign } = adopt(trial);
      await adopted.close();
      const again = trial.adopt(foreign.fd);
      assert.equal(again.local.port, foreign.port);
    },
  },
  {
    id: "RES-12",
    title: "adopting anything but an open descriptor of a UDP socket is refused with an errno",
    access: "bare",
    needs: ["adopt"],
    why: "dup(2): EBADF; getsockopt(2): ENOTSOCK",
    run(trial) {
      assertOutcome(trial.backend.adoptSocket(NO_DESCRIPTOR, trial.socket(), undefined), "EBADF", "EINVAL");
    },
  },
  {
    id: "RES-13",
    title: "two backends of one process, as two reactors have them, both receive datagrams",
    access: "bare",
    host: ["another"],
    why: "backend.ts: nothing is shared that belongs to one of them",
    async run(trial) {
      const other = trial.site.openAnother!();
      const [here, there] = [trial.listen(), SocketEndpoint.listen(other, trial.family)];
      trial.defer(() => there.close());
      here.write("from here", there.local);
      there.write("from there", here.local);
      assert.equal((await trial.first(there)).bytes.toString(), "from here");
      assert.equal((await trial.first(here)).bytes.toString(), "from there");
    },
  },
  {
    id: "RES-14",
    title: "two backends of one process both report changes of the interfaces",
    access: "bare",
    host: ["another", "interfaceControl"],
    why: "decision 7: each reactor keeps its memberships by them",
    async run(trial) {
      const heard = [0, 0];
      for (const [number, backend] of [trial.backend, trial.site.openAnother!()].entries()) {
        trial.defer(answered(backend.network.watch(() => (heard[number]! += 1))));
      }
      await trial.addInterface();
      await trial.until("both report it", () => heard.every((count) => count > 0));
    },
  },
]);

/** Opens it in a function of its own, so that the stack keeps no reference to it. */
function closedSocket(trial: Trial): WeakRef<object> {
  const endpoint = SocketEndpoint.listen(trial.backend, trial.family);
  endpoint.socket.close();
  return new WeakRef(endpoint);
}

function adopt(trial: Trial) {
  const foreign = trial.site.foreignSocket!();
  const adopted = trial.adopt(foreign.fd);
  adopted.read(WIDE);
  return { adopted, foreign, port: foreign.port };
}

/** Returns a module that leaves a bound, reading socket in `socket`, and calls `arrived` for each batch. */
function opened({ site, family, addresses }: Trial): string {
  return `${site.program}
    let arrived = () => {};
    const observer = { received: () => arrived(), writable() {}, sendFailed() {}, failed() {} };
    const socket = backend.openSocket(${family}, observer);
    socket.bind({ address: "${addresses.loopback}", port: 0, family: ${family} });
    socket.startReading({ maxPacketBytes: 65535, maxDatagrams: 64, maxBytes: 1048576 });
    const batchTo = (to) => ({ bytes: Buffer.from("x"), offsets: Int32Array.of(0, 1), to: [to], via: [undefined] });`;
}

/** Returns a module that receives one datagram and reads on. No other follows: Node 20 may abort when a worker is ended inside dgram's callback. */
function workerSource(trial: Trial): string {
  return `import { parentPort } from "node:worker_threads"; ${opened(trial)}
    arrived = () => parentPort.postMessage("arrived");
    socket.send(batchTo(socket.localAddress()), 0, 1);`;
}

/** Returns a module that uses up the descriptors, asks the network every question, frees them and asks again. */
function questionsWithoutDescriptors(trial: Trial): string {
  const routes = trial.can("routes") ? '() => network.routeTo("127.0.0.1", undefined), () => network.defaultRoute(4),' : "";
  return `import { closeSync, openSync } from "node:fs";
    ${trial.site.program}
    const { network } = backend;
    const stopOf = (watch) => { if (typeof watch === "function") watch(); return watch; };
    const questions = [() => network.interfaces(), ${routes} () => stopOf(network.watch(() => {}))];
    const isAnswer = (answer) => typeof answer !== "number" || answer < 0;
    const files = [];
    for (;;) try { files.push(openSync("/dev/null", "r")); } catch { break; }
    for (const ask of questions) if (!isAnswer(ask())) throw new Error("neither an answer nor an errno: " + ask);
    for (const file of files) closeSync(file);
    if (!Array.isArray(network.interfaces())) throw new Error("interfaces() does not recover");
    console.log("all answered");`;
}

/** Conditions that a process runs under. */
interface ProcessSetting {
  /** Text it has to print; default: nothing. */
  readonly output?: string | undefined;
  /** Number of descriptors it may have; default: as many as this process. */
  readonly descriptorLimit?: number | undefined;
}

/** Runs a module in a process of its own. @throws AssertionError unless it ends by itself, without an error, having printed `output`. */
async function runsToItsEnd(trial: Trial, source: string, { output = "", descriptorLimit }: ProcessSetting = {}): Promise<void> {
  const node = [process.execPath, "--input-type=module", "-"];
  const [command = "", ...args] =
    descriptorLimit === undefined ? node : ["sh", "-c", `ulimit -n ${descriptorLimit} && exec "$@"`, "sh", ...node];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  trial.defer(() => child.kill("SIGKILL"));
  const printed = { out: "", err: "" };
  child.stdout.on("data", (text) => (printed.out += text));
  child.stderr.on("data", (text) => (printed.err += text));
  child.stdin.end(source);
  const isOver = once(child, "close", { signal: AbortSignal.timeout(PROGRAM_DEADLINE_MS) });
  const [code, signal] = (await isOver.catch(() => assert.fail(`the process does not end\n${printed.err}`))) as [number, string];
  assert.deepEqual([code, signal, printed.out], [0, null, output], printed.err);
}
