// What every attack ends with: nothing left behind, nothing unaccounted for, and the process still answers.
import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { DatagramBackend, PortStatistics } from "@groupcast/reactor";
import { DatagramProtocol, Reactor, type SocketAddress } from "@groupcast/reactor";

const DEADLINE_MS = 5_000; // closing goes through the loop: handles end some turns later, on a busy machine some more
const LOOK_AGAIN_MS = 5;
const SIGNALS = ["SIGINT", "SIGTERM", "exit", "beforeExit", "uncaughtException", "unhandledRejection"] as const;

/** What a process holds: kind → how many. */
type Holdings = Readonly<Record<string, number>>;

/** Remembers what the process holds, and later proves that it holds no more. */
export class Audit {
  readonly #before: Holdings;

  /** @param backends - What is attacked. Native watches the interfaces from the first zone on that it translates, for good. */
  constructor(...backends: readonly DatagramBackend[]) {
    for (const { network, capabilities } of backends) if (capabilities.has("routes")) network.routeTo("fe80::1%lo", undefined);
    this.#before = holdings();
  }

  /**
   * Ends an attack.
   *
   * @param backends - Each carries an echo, to prove that the process still works.
   */
  async end(...backends: readonly DatagramBackend[]): Promise<void> {
    for (const backend of backends) await answersAnEcho(backend);
    const deadline = performance.now() + DEADLINE_MS;
    while (surplus(this.#before).length > 0 && performance.now() < deadline) await sleep(LOOK_AGAIN_MS);
    assert.deepEqual(surplus(this.#before), [], "the attack left something behind");
  }
}

/** Everything that was written is sent, waiting, dropped, failed or suppressed. */
export function assertSendsCounted({ sent, queued, dropped, sendFailed, suppressed }: PortStatistics, written: number): void {
  assert.equal(sent + queued + dropped + sendFailed + suppressed, written, "a written datagram is in no counter");
}

/** Everything that reached a port is delivered, kept from it, or counted as lost. */
export function assertArrivalsCounted(statistics: PortStatistics, arrived: number): void {
  const { received, foreign, discarded, kernelDrops, unreadDrops } = statistics;
  assert.equal(received + foreign + discarded + kernelDrops + unreadDrops, arrived, "a datagram that arrived is in no counter");
}

function surplus(before: Holdings): string[] {
  return Object.entries(holdings()).flatMap(([kind, count]) => {
    const more = count - (before[kind] ?? 0);
    return more > 0 ? [`${more} × ${kind}`] : [];
  });
}

/** Descriptors by kind, resources that keep the loop alive, and listeners on the process. Timers belong to the test runner, too. */
function holdings(): Holdings {
  const counts: Record<string, number> = {};
  const count = (kind: string): void => {
    counts[kind] = (counts[kind] ?? 0) + 1;
  };
  for (const kind of openDescriptors()) count(`descriptor: ${kind}`);
  for (const resource of process.getActiveResourcesInfo()) if (/UDP|Poll|GetAddrInfo|Worker/.test(resource)) count(`resource: ${resource}`);
  for (const event of SIGNALS) counts[`listener: ${event}`] = process.listenerCount(event);
  return counts;
}

function openDescriptors(): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`).replace(/:?\[.*/, "")];
    } catch {
      return []; // the one that listed the folder
    }
  });
}

/** Answers with what it is asked. */
class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

class Asker extends DatagramProtocol {
  answered: (text: string) => void = () => {};

  override datagramReceived(data: Buffer): void {
    this.answered(data.toString());
  }
}

async function answersAnEcho(backend: DatagramBackend): Promise<void> {
  await using reactor = new Reactor({ backend });
  const echo = reactor.listenUDP(0, new Echo(), { interface: "127.0.0.1" });
  const asker = new Asker();
  const answer = new Promise<string>((resolve) => {
    asker.answered = resolve;
  });
  reactor.connectUDP("127.0.0.1", echo.getHost().port, asker).write("are you there?");
  const text = await Promise.race([answer, sleep(DEADLINE_MS, "no answer", { ref: false })]);
  assert.equal(text, "are you there?");
}
