import { describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import type { Ending } from "../support/child-program.js";
import { canMakeNamespaces, hasCommand, isRoot, skipUnless } from "../support/probe.js";
import { runAttack, runToAnyEnd } from "./support/attack-program.js";

const SMALL_BUFFER_BYTES = 4_608; // the kernel's minimum: SOCK_MIN_SNDBUF
const LARGE_BUFFER_BYTES = 4_000_000;
const DESCRIPTOR_LIMIT = 100; // Node starts with some 20
const LEFT_BYTES = 8_000_000;
const HANGS_MS = 50_000; // it collects garbage again and again before it gives up
const CAN_SLOW_DOWN = [isRoot, hasCommand("tc", "iproute2"), hasCommand("taskset", "util-linux"), canMakeNamespaces];

test.for(BACKENDS)(
  "calls on %s without descriptors are done, or refused with a typed error, and keep nothing",
  async (backend, context) => {
    await skipUnless(context, canLoad(backend));
    const under = ["sh", "-c", `ulimit -n ${DESCRIPTOR_LIMIT} && exec "$@"`, "sh"];
    const outcome = await runAttack("no-descriptors.ts", [backend], { under });
    const { refused, ...rest } = outcome as { refused: Record<string, string[]> };
    expect(rest).toEqual({ wrong: [], strays: [] });
    expect(refused).toMatchObject({ listenUDP: ["ERR_LISTEN"], connectUDP: ["ERR_LISTEN"] });
  },
);

describe.for(BACKENDS)("a send buffer on %s", (backend) => {
  test("that is full: what waits leaves later, complete and in order", async (context) => {
    await skipUnless(context, canLoad(backend), ...CAN_SLOW_DOWN);
    const outcome = await runSlowed("limit 200kb", [backend, String(SMALL_BUFFER_BYTES)]);
    const { sent, dropped } = outcome;
    expect(outcome).toMatchObject({ hasWaited: true, isInOrder: true, sendFailed: 0, arrived: sent, strays: [] });
    expect([sent > 0, dropped]).toEqual([true, 0]);
  });

  test("that is larger than the queue of the interface: what the queue refuses is counted, and the rest is in order", async (context) => {
    await skipUnless(context, canLoad(backend), ...CAN_SLOW_DOWN);
    const outcome = await runSlowed("limit 20kb", [backend, String(LARGE_BUFFER_BYTES)]);
    const { sent, sendFailed, failures, arrived } = outcome;
    expect(outcome).toMatchObject({ isInOrder: true, dropped: 0, failures: sendFailed, strays: [] });
    // The kernel keeps ENOBUFS from sockets without IP_RECVERR (udp_send_skb() of net/ipv4/udp.c), and node:dgram cannot set that.
    if (backend === "native") expect([arrived, sendFailed > 0]).toEqual([sent, true]);
    else expect([arrived < sent, failures]).toEqual([true, 0]);
  });
});

type Slowed = Record<"sent" | "dropped" | "sendFailed" | "failures" | "arrived", number>;

describe.for(BACKENDS)("a process on %s without memory", (backend) => {
  test.for(["ports that stay open", "datagrams that are kept"])(
    "for %s gets a typed error, or ends as V8 does, and never hangs",
    async (way, context) => {
      await skipUnless(context, canLoad(backend), hasCommand("prlimit", "util-linux"));
      const ending = await runToAnyEnd("no-memory.ts", [backend, way, String(LEFT_BYTES)], { lifetimeLimitMs: HANGS_MS });
      if (isOutOfMemory(ending)) return;
      expect(ending, ending.stderr).toMatchObject({ exitCode: 0, signal: null });
      expect(JSON.parse(ending.stdout)).toMatchObject({ thrown: expect.stringMatching(/^(ERR_\w+|RangeError: .*|nothing)$/), strays: [] });
    },
  );
});

/** "terminate called recursively" is a `bad_alloc` that two threads throw at once. */
const OUT_OF_MEMORY = /out of memory|Allocation failed|bad_alloc|terminate called recursively|# Fatal error in/;

/**
 * Returns whether V8, or Node's own C++, has ended the process for want of memory. Node 20 does not look at each mapping that fails, and is
 * ended by SIGSEGV then: on dgram too, and in a program without sockets.
 */
function isOutOfMemory({ signal, stderr }: Ending): boolean {
  if (signal === "SIGSEGV") return process.versions.node.startsWith("20.");
  return (signal === "SIGABRT" || signal === "SIGTRAP") && OUT_OF_MEMORY.test(stderr);
}

/**
 * Runs the program on one processor, in a network namespace whose loopback interface sends 1 MB a second: tc-tbf(8). Each processor has a queue
 * of its own for what a loopback interface receives (netif_rx() of net/core/dev.c), so a program that moves between two finds datagrams that
 * the interface held back in another order, with plain `node:dgram`, too.
 */
async function runSlowed(limit: string, args: readonly string[]): Promise<Slowed> {
  const slowDown = `ip link set lo up && tc qdisc add dev lo root tbf rate 8mbit burst 4kb ${limit}`;
  const firstProcessor = "sed -n 's/^Cpus_allowed_list:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/self/status";
  const setUp = `${slowDown} && exec taskset --cpu-list "$(${firstProcessor})" "$@"`;
  return (await runAttack("full-buffers.ts", args, { under: ["unshare", "--net", "sh", "-c", setUp, "sh"] })) as Slowed;
}
