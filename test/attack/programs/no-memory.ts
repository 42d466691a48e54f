// Uses up the memory that the process may have, in one of several ways. Arguments: backend, way, bytes that are left.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { chooseBackend, DatagramProtocol, isGroupcastError, Reactor } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { Audit } from "../support/audit.js";
import { SILENT } from "../support/silent.js";

const LOOPBACK = { interface: "127.0.0.1" } as const;
const KIBIBYTE = 1024;
const LONG_BYTES = 60_000;
const MOST_CALLS = 20_000; // the memory is used up long before
const EACH_TURN = 20;

/** What a way uses, and what it keeps. */
interface Victim {
  readonly reactor: Reactor;
  readonly kept: unknown[];
}

class Idle extends DatagramProtocol {}

/** Keeps what it receives, if it is intact. */
class Hoarder extends DatagramProtocol {
  readonly kept: Buffer[] = [];

  override datagramReceived(data: Buffer): void {
    if (data.some((byte) => byte !== data[0])) throw new Error("a datagram is spoiled");
    this.kept.push(data);
  }
}

/** Name → what makes a function that uses up a little more at each call. */
const WAYS: Readonly<Record<string, (victim: Victim) => () => void>> = {
  "ports that stay open":
    ({ reactor }) =>
    () =>
      void reactor.listenUDP(0, new Idle(), LOOPBACK),
  "datagrams that are kept": ({ reactor, kept }) => {
    const hoarder = new Hoarder();
    kept.push(hoarder.kept);
    const port = reactor.listenUDP(0, hoarder, LOOPBACK);
    return () => void port.write(Buffer.alloc(LONG_BYTES, hoarder.kept.length), port.getHost());
  },
};

await attackProcess(async () => {
  const [backendName, way, leftBytes] = process.argv.slice(2);
  const backend = chooseBackend(backendName);
  const audit = new Audit(backend);
  const reactor = new Reactor({ backend, logger: SILENT });
  const errors: unknown[] = [];
  reactor.on("error", (error) => errors.push(error));
  const victim: Victim = { reactor, kept: [] };
  const use = WAYS[String(way)]!(victim);
  limitMemory(Number(leftBytes));
  const thrown = await useUp(use, errors);
  victim.kept.splice(0);
  spawnSync("prlimit", ["--pid", String(process.pid), "--as=unlimited"]);
  await reactor.stop();
  await audit.end(backend);
  return { thrown, errors: [...new Set(errors.map(String))] };
});

/** Calls until something is refused; returns what. */
async function useUp(use: () => void, errors: readonly unknown[]): Promise<string> {
  for (let calls = 1; calls < MOST_CALLS && errors.length === 0; calls++) {
    try {
      use();
    } catch (error) {
      return isGroupcastError(error) ? error.code : String(error);
    }
    if (calls % EACH_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return "nothing";
}

/** Leaves the process so many bytes of address space: setrlimit(2), RLIMIT_AS. */
function limitMemory(leftBytes: number): void {
  const used = Number(/^VmSize:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * KIBIBYTE;
  const limit = used + leftBytes;
  const { status, stderr } = spawnSync("prlimit", ["--pid", String(process.pid), `--as=${limit}:unlimited`], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}
