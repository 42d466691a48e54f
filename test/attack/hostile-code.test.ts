import type { ManualClock } from "@groupcast/backend-memory";
import { type Clock, DatagramProtocol, LoopingCall, Reactor, type Resolver, systemClock } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { Attacked, fakeReactor, strayFailures } from "./support/attacked.js";
import { bite, HOSTILE_VALUES } from "./support/hostile-values.js";
import { SILENT } from "./support/silent.js";
import { until } from "./support/until.js";
import { WEAPONS } from "./support/weapons.js";

const LOOPBACK = { interface: "127.0.0.1" } as const;

class Idle extends DatagramProtocol {}

/** Hooks that are called while a port lives. */
const HOOKS = ["datagramReceived", "datagramsReceived", "stopProtocol"] as const;

for (const backend of BACKENDS) {
  describe(backend, () => {
    test.for(HOOKS)("%s that throws, rejects or returns poison is reported each time, and stops nothing", async (hook, context) => {
      await skipUnless(context, canLoad(backend));
      const strays = strayFailures();
      await using attacked = new Attacked(backend);
      for (const [, fire] of WEAPONS) {
        const before = attacked.errors.length;
        const protocol = new Idle();
        Object.defineProperty(protocol, hook, { value: fire });
        const port = attacked.reactor.listenUDP(0, protocol, LOOPBACK);
        const sender = attacked.reactor.listenUDP(0, new Idle(), LOOPBACK);
        sender.write("1", port.getHost());
        if (hook !== "stopProtocol") await until("what the hook did to be reported", () => attacked.errors.length > before);
        await port.stopListening();
        await until("what the hook did to be reported", () => attacked.errors.length > before);
        await sender.stopListening();
      }
      expect(strays).toEqual([]);
    });

    test.for(HOOKS)(
      "%s that is a getter that throws is refused at first, and reported later, and the port goes on",
      async (hook, context) => {
        await skipUnless(context, canLoad(backend));
        const strays = strayFailures();
        await using attacked = new Attacked(backend);
        const protocol = new Idle();
        let isBiting = true;
        Object.defineProperty(protocol, hook, { get: () => (isBiting ? bite() : undefined) });
        expect(() => attacked.reactor.listenUDP(0, protocol, LOOPBACK)).toThrow(expect.objectContaining({ argument: `protocol.${hook}` }));
        isBiting = false;
        const port = attacked.reactor.listenUDP(0, protocol, LOOPBACK);
        isBiting = true;
        port.write("1", port.getHost());
        if (hook !== "stopProtocol") await until("the getter to be reported", () => attacked.errors.length === 1);
        await port.stopListening();
        await until("the getter to be reported", () => attacked.errors.length === 1);
        expect([attacked.errors[0]?.message, strays]).toEqual(["bite", []]);
      },
    );

    test("startProtocol and logPrefix that throw anything leave nothing open", async (context) => {
      await skipUnless(context, canLoad(backend));
      await using attacked = new Attacked(backend);
      for (const hook of ["startProtocol", "logPrefix"]) {
        for (const make of Object.values(HOSTILE_VALUES)) {
          const protocol = new Idle();
          const thrown = make();
          Object.defineProperty(protocol, hook, {
            value: () => {
              throw thrown;
            },
          });
          expect(thrownBy(() => attacked.reactor.listenUDP(0, protocol, LOOPBACK)) === thrown).toBe(true);
        }
      }
      expect(attacked.reactor.ports).toEqual([]);
    });

    test("logPrefix that listens with the same protocol, or returns what cannot be a text, leaves one port at most", async (context) => {
      await skipUnless(context, canLoad(backend));
      await using attacked = new Attacked(backend);
      const greedy = new (class extends DatagramProtocol {
        #hasListened = false;
        override logPrefix(): string {
          if (!this.#hasListened) {
            this.#hasListened = true;
            attacked.reactor.listenUDP(0, this, LOOPBACK);
          }
          return "greedy";
        }
      })();
      expect(() => attacked.reactor.listenUDP(0, greedy, LOOPBACK)).toThrow(expect.objectContaining({ code: "ERR_ALREADY_LISTENING" }));
      expect(attacked.reactor.ports).toHaveLength(1);
      for (const prefix of [Symbol("p"), undefined, { toString: bite }]) {
        const protocol = Object.assign(new Idle(), { logPrefix: () => prefix as unknown as string });
        if (typeof prefix === "object") expect(() => attacked.reactor.listenUDP(0, protocol, LOOPBACK)).toThrow("bite");
        else await attacked.reactor.listenUDP(0, protocol, LOOPBACK).stopListening();
      }
      expect(attacked.reactor.ports).toHaveLength(1);
    });

    test("listeners of every event that throw or reject are reported, and starve nobody", async (context) => {
      await skipUnless(context, canLoad(backend));
      const strays = strayFailures();
      await using attacked = new Attacked(backend);
      for (const [, fire] of WEAPONS) {
        const before = attacked.errors.length;
        const port = attacked.reactor.listenUDP(0, new Idle(), LOOPBACK);
        const heard: string[] = [];
        port.on("closed", fire as () => void).on("closed", () => heard.push("closed"));
        port.on("error", fire as () => void).on("error", () => heard.push("error"));
        await port.stopListening();
        await until("the failure of the listener", () => heard.includes("error") && attacked.errors.length > before);
        expect(heard).toContain("closed");
      }
      expect(strays).toEqual([]);
    });

    test("an error listener of port and reactor that throws poison does not throw into the loop", async (context) => {
      await skipUnless(context, canLoad(backend));
      const strays = strayFailures();
      const logged: unknown[] = [];
      await using attacked = new Attacked(backend, { logger: { ...SILENT, error: (_, fields) => logged.push(fields?.error) } });
      for (const [, fire] of WEAPONS) {
        const before = logged.length;
        attacked.reactor.on("error", fire as () => void);
        attacked.reactor.callLater(0, bite);
        await until("the failure of the listener to be logged", () => logged.length > before);
        attacked.reactor.off("error", fire as () => void);
      }
      expect(strays).toEqual([]);
    });
  });
}

test("callLater, callWhenRunning and triggers that throw poison are reported, and shutdown ends", async () => {
  const strays = strayFailures();
  const { reactor, errors } = await attackedRun((running) => {
    for (const [, fire] of WEAPONS) {
      running.callLater(0, fire);
      running.callWhenRunning(fire as () => void);
      for (const phase of ["before", "during", "after"] as const) running.addSystemEventTrigger(phase, "shutdown", fire);
    }
  });
  expect(reactor.running).toBe(false);
  expect(errors.length).toBeGreaterThanOrEqual(WEAPONS.length * 5);
  expect(strays).toEqual([]);
});

test("LoopingCall, ended by poison, rejects and calls no more", async () => {
  const strays = strayFailures();
  await using reactor = new Reactor({ backend: fakeReactor().backend, logger: SILENT });
  for (const [, fire] of WEAPONS) {
    let calls = 0;
    const loop = new LoopingCall(reactor, () => {
      calls++;
      return fire();
    });
    const outcome = await loop.start(0).then(
      () => "resolved",
      () => "rejected",
    );
    await new Promise((resolve) => setTimeout(resolve, 3));
    expect([outcome, calls, loop.running]).toEqual(["rejected", 1, false]);
  }
  expect(strays).toEqual([]);
});

test("LoopingCall of a thenable that calls back twice calls once each interval", async () => {
  const { reactor } = fakeReactor();
  let calls = 0;
  const loop = new LoopingCall(reactor, () => {
    calls++;
    // biome-ignore lint/suspicious/noThenProperty: a thenable is the weapon here
    return { then: (resolve: () => void) => [resolve(), resolve(), resolve()] };
  });
  const ended = loop.start(10);
  for (let i = 0; i < 3; i++) {
    await settle();
    await (reactor.clock as ManualClock).advance(10);
  }
  await settle();
  loop.stop();
  await ended;
  expect(calls).toBe(4);
});

describe("resolver", () => {
  test.for(WEAPONS)("that %s: resolve() rejects with ERR_RESOLVE", async ([, fire]) => {
    const strays = strayFailures();
    const { reactor } = fakeReactor({ resolver: fire as Resolver });
    await expect(reactor.resolve("name")).rejects.toMatchObject({ code: "ERR_RESOLVE" });
    expect(strays).toEqual([]);
  });

  test("that aborts the signal before it returns, and never answers: resolve() rejects with the reason", async () => {
    const abort = new AbortController();
    const resolver: Resolver = () => {
      abort.abort(new Error("enough"));
      return new Promise(() => {});
    };
    await expect(fakeReactor({ resolver }).reactor.resolve("name", { signal: abort.signal })).rejects.toThrow("enough");
  });
});

describe("clock", () => {
  /** A clock with one method broken, from the moment that `isBroken` is set. */
  function breaking(broken: Partial<Clock>): { clock: Clock; breakIt(): void } {
    let isBroken = false;
    const clock: Clock = {
      nowMs: () => (isBroken && broken.nowMs ? broken.nowMs() : systemClock.nowMs()),
      schedule: (delayMs, fn) => (isBroken && broken.schedule ? broken.schedule(delayMs, fn) : systemClock.schedule(delayMs, fn)),
      hold: () => (isBroken && broken.hold ? broken.hold() : systemClock.hold()),
    };
    return {
      clock,
      breakIt: () => {
        isBroken = true;
      },
    };
  }

  test.for<[string, Partial<Clock>]>([
    ["schedule() throws", { schedule: bite }],
    ["nowMs() throws", { nowMs: bite }],
  ])("whose %s: callLater throws that, and the reactor stops", async ([, broken]) => {
    const { clock, breakIt } = breaking(broken);
    const { reactor } = fakeReactor({ clock });
    breakIt();
    expect(() => reactor.callLater(1, () => {})).toThrow("bite");
    reactor.listenUDP(9, new Idle());
    await reactor.stop();
    expect(reactor.ports).toEqual([]);
  });

  test("that calls at once, twice, and after cancel(): a call is made once, or never, and the reactor stops", async () => {
    const { clock, breakIt } = breaking({
      schedule: (_, fn) => {
        fn();
        fn();
        return { cancel: fn };
      },
    });
    const { reactor } = fakeReactor({ clock });
    breakIt();
    let calls = 0;
    reactor.callLater(1, () => calls++);
    await reactor.stop();
    expect(calls).toBe(1);
  });

  test("whose cancel() throws: the error is reported, and the reactor stops", async () => {
    const { clock, breakIt } = breaking({ schedule: () => ({ cancel: bite }) });
    const { reactor, errors } = fakeReactor({ clock });
    breakIt();
    reactor.callLater(1, () => {});
    reactor.callLater(2, () => {});
    await reactor.stop();
    expect(errors.map(({ message }) => message)).toEqual(["bite", "bite"]);
  });

  test("whose hold() throws: run() rejects, and can be called again", async () => {
    let isBroken = true;
    const clock: Clock = { ...systemClock, hold: () => (isBroken ? bite() : systemClock.hold()) };
    const { reactor } = fakeReactor({ clock });
    await expect(reactor.run()).rejects.toThrow("bite");
    isBroken = false;
    const ended = reactor.run();
    await reactor.stop();
    await ended;
  });

  test("whose release throws: run() ends all the same, and the error is reported", async () => {
    const { reactor, errors } = fakeReactor({ clock: { ...systemClock, hold: () => bite } });
    const ended = reactor.run();
    await reactor.stop();
    await ended;
    expect(errors.map(({ message }) => message)).toEqual(["bite"]);
  });
});

test("arguments that throw when they are shown are refused with the typed error all the same", () => {
  const { reactor } = fakeReactor();
  for (const [name, make] of Object.entries(HOSTILE_VALUES)) {
    if (name.startsWith("a proxy") || name.startsWith("a revoked")) continue; // they throw as soon as they are looked at, to their owner
    expect(() => reactor.callLater(make() as number, () => {}), name).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE" }));
    expect(() => reactor.callLater(1, make() as () => void), name).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE" }));
  }
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("it threw nothing");
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function attackedRun(attack: (reactor: Reactor) => void): Promise<{ reactor: Reactor; errors: Error[] }> {
  const { backend } = fakeReactor();
  const reactor = new Reactor({ backend, logger: SILENT });
  const errors: Error[] = [];
  reactor.on("error", (error) => errors.push(error));
  const ended = reactor.run({ installSignalHandlers: false });
  attack(reactor);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await reactor.stop();
  await ended;
  await settle();
  return { reactor, errors };
}
