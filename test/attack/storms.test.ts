import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DatagramProtocol } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { BACKENDS, type BackendName, canLoad } from "../support/backends.js";
import { canMakeNamespaces, hasCommand, hasMulticastLoopback, isRoot, skipUnless } from "../support/probe.js";
import { runAttack } from "./support/attack-program.js";
import { Attacked, strayFailures } from "./support/attacked.js";
import { assertArrivalsCounted, assertSendsCounted } from "./support/audit.js";
import { until } from "./support/until.js";

const run = promisify(execFile);
const INTERFACE_STORM = fileURLToPath(new URL("programs/interface-storm.mjs", import.meta.url));
const INTERFACES = 150;
const STORM_MS = 1_500;
const SETTLED_MS = 1_000;
const LOOK_INTERVAL_MS: Readonly<Record<BackendName, number>> = { native: 0, dgram: 1_000 }; // dgram is not told of changes, and looks
const LOOPBACK = { interface: "127.0.0.1" } as const;
const PORTS = 300;
const CALLS = 20_000;
const RECONNECTS = 200;
const STUBBORN = 60;
const GROUPS = 200;
const BURSTS = 50;
const BURST = 100;

class Idle extends DatagramProtocol {}

class Counting extends DatagramProtocol {
  readonly #heard: () => void;

  constructor(heard: () => void) {
    super();
    this.#heard = heard;
  }

  override datagramReceived(): void {
    this.#heard();
  }
}

test.for([
  [1, "name"],
  [1, "index"],
  [100, "name"],
] as const)("%i interfaces made again with their old names and indices, joined by %s, have their memberships", async (how, context) => {
  const [count, selector] = how;
  await skipUnless(context, canLoad("native"), isRoot, hasCommand("ip", "iproute2"), canMakeNamespaces);
  const outcome = await runAttack("replaced-interface.ts", [String(count), selector], { under: ["unshare", "--net"] });
  expect(outcome).toEqual({
    strays: [],
    beforeDeletion: { joined: 3 * count, lost: 0 },
    events: { joined: 6 * count, lost: 3 * count },
    memberships: { joined: 3 * count, lost: 0 },
  });
});

describe.for(BACKENDS)("%s", (backend) => {
  test.for(["as fast as ip can", "while the event loop is blocked, so that the kernel drops notifications"])(
    "150 interfaces that change %s: no exception, and memberships right within a second of the end",
    async (how, context) => {
      await skipUnless(context, canLoad(backend), isRoot, hasCommand("ip", "iproute2"), canMakeNamespaces);
      const isBlocked = how.includes("blocked");
      const args = ["--net", process.execPath, INTERFACE_STORM, backend, String(INTERFACES), String(STORM_MS), isBlocked ? "blocked" : ""];
      const { stdout } = await run("unshare", args);
      const { stray, wrong, settledMs, unheard } = JSON.parse(stdout) as Record<"wrong" | "settledMs" | "unheard", number> & {
        stray: string[];
      };
      expect({ stray, wrong }).toEqual({ stray: [], wrong: 0 });
      expect(settledMs).toBeLessThanOrEqual(LOOK_INTERVAL_MS[backend] + SETTLED_MS);
      if (isBlocked && backend === "native") expect(unheard).toBeGreaterThan(0); // ENOBUFS on netlink
    },
  );

  test("ports that come and go while datagrams fly leave nothing", async (context) => {
    await skipUnless(context, canLoad(backend));
    const strays = strayFailures();
    await using attacked = new Attacked(backend);
    const sender = attacked.reactor.listenUDP(0, new Idle(), LOOPBACK);
    const stops: Promise<void>[] = [];
    for (let i = 0; i < PORTS; i++) {
      const port = attacked.reactor.listenUDP(0, new Idle(), LOOPBACK);
      for (let n = 0; n < 3; n++) sender.write("x", port.getHost());
      stops.push(i % 2 === 0 ? port.stopListening() : Promise.resolve().then(() => port.stopListening()));
    }
    await Promise.all(stops);
    await sender.stopListening();
    assertSendsCounted(sender.statistics(), 3 * PORTS);
    expect([attacked.reactor.ports, strays]).toEqual([[], []]);
  });

  test("a storm of bursts at one port: each datagram is counted at both ends", async (context) => {
    await skipUnless(context, canLoad(backend));
    await using attacked = new Attacked(backend);
    const port = attacked.reactor.listenUDP(0, new Idle(), { ...LOOPBACK, receiveBufferBytes: 4_000_000 });
    const sender = attacked.reactor.listenUDP(0, new Idle(), LOOPBACK);
    for (let burst = 1; burst <= BURSTS; burst++) {
      for (let n = 0; n < BURST; n++) sender.write("x", port.getHost());
      await until(`burst ${burst}`, () => port.statistics().received === burst * BURST);
    }
    assertSendsCounted(sender.statistics(), BURSTS * BURST);
    assertArrivalsCounted(port.statistics(), BURSTS * BURST);
  });

  test("a port that connects and disconnects in turns keeps its number, hears its peers only, and counts all it writes", async (context) => {
    await skipUnless(context, canLoad(backend));
    const strays = strayFailures();
    await using attacked = new Attacked(backend);
    const heard = [0, 0];
    const peers = heard.map((_, n) => attacked.reactor.listenUDP(0, new Counting(() => heard[n]!++), LOOPBACK).getHost().port);
    const port = attacked.reactor.listenUDP(0, new Idle(), LOOPBACK);
    const { port: number } = port.getHost();
    for (let i = 0; i < RECONNECTS; i++) {
      port.connect("127.0.0.1", peers[i % 2]!);
      port.write("x");
      if (i % 5 !== 0) port.write("x"); // now and then a run, now and then none
      port.disconnect();
      port.write("x", { address: "127.0.0.1", port: peers[1]! });
      await until(`round ${i}`, () => heard[0]! + heard[1]! === port.statistics().sent && port.statistics().queued === 0);
    }
    const single = Math.ceil(RECONNECTS / 5);
    assertSendsCounted(port.statistics(), 3 * RECONNECTS - single);
    expect([port.getHost().port, port.getPeer(), heard[0]! + heard[1]!]).toEqual([number, undefined, 3 * RECONNECTS - single]);
    port.connect("127.0.0.1", peers[0]!);
    expect(port.getPeer()?.port).toBe(peers[0]);
    expect(strays).toEqual([]);
  });

  test("connected ports that refuse, connect again and stop in the middle of it leave nothing", async (context) => {
    await skipUnless(context, canLoad(backend));
    const strays = strayFailures();
    await using attacked = new Attacked(backend);
    const closed = attacked.reactor.listenUDP(0, new Idle(), LOOPBACK);
    const { port: nobody } = closed.getHost();
    await closed.stopListening();
    let refusals = 0;
    class Stubborn extends DatagramProtocol {
      override connectionRefused(): void {
        refusals++;
        this.transport.disconnect();
        this.transport.connect("127.0.0.1", nobody);
        if (refusals % 3 === 0) void this.transport.stopListening();
        else this.transport.write("again");
      }
    }
    for (let i = 0; i < STUBBORN; i++) attacked.reactor.connectUDP("127.0.0.1", nobody, new Stubborn()).write("x");
    await until("every port to stop", () => attacked.reactor.ports.length <= (2 * STUBBORN) / 3);
    expect([refusals > STUBBORN / 3, strays]).toEqual([true, []]);
  });

  test("memberships that are joined and left in turns are none at the end", async (context) => {
    await skipUnless(context, canLoad(backend), hasMulticastLoopback);
    await using attacked = new Attacked(backend);
    const port = attacked.reactor.listenMulticast(0, new Idle());
    for (let i = 0; i < GROUPS; i++) {
      port.joinGroup(`239.255.79.${i}`, "lo");
      if (i >= 10) port.leaveGroup(`239.255.79.${i - 10}`, "lo");
    }
    for (const { group } of port.memberships) port.leaveGroup(group, "lo");
    expect(port.memberships).toEqual([]);
  });

  test("timers that are made, put off and cancelled from each other are called once, or never", async (context) => {
    await skipUnless(context, canLoad(backend));
    await using attacked = new Attacked(backend);
    let called = 0;
    const calls = Array.from({ length: CALLS }, (_, i) => attacked.reactor.callLater(i % 20, () => called++));
    for (const [i, call] of calls.entries()) {
      if (i % 3 === 0) call.cancel();
      else if (i % 3 === 1) call.reset(i % 7);
    }
    const left = calls.filter((_, i) => i % 3 !== 0).length;
    await until("every call", () => called >= left);
    expect(called).toBe(left);
  });
});
