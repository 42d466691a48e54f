import type { SystemEvent, TriggerPhase } from "@groupcast/reactor";
import { expect, test, vi } from "vitest";
import { Notes, Stage, turn } from "./stage.js";

const QUIET = { installSignalHandlers: false };

/** Notes the names of triggers as they run. */
function noteTriggers({ reactor }: Stage, event: SystemEvent, order: string[]): void {
  for (const phase of ["after", "during", "before"] as const) reactor.addSystemEventTrigger(phase, event, () => order.push(phase));
}

test("run() makes startup's triggers in the order of their phases, running from the second on", async () => {
  const stage = new Stage();
  const order: string[] = [];
  for (const phase of ["after", "during", "before"] as const) {
    stage.reactor.addSystemEventTrigger(phase, "startup", () => order.push(`${phase} ${stage.reactor.running}`));
  }
  expect(stage.reactor.running).toBe(false);
  const done = stage.reactor.run(QUIET);
  await turn();
  expect(order).toEqual(["before false", "during true", "after true"]);
  await stage.reactor.stop();
  await done;
  expect(stage.reactor.running).toBe(false);
});

test("stop() makes shutdown's triggers before and after every port's stopProtocol()", async () => {
  const stage = new Stage();
  const order: string[] = [];
  noteTriggers(stage, "shutdown", order);
  const protocol = new Notes();
  protocol.onStop = () => order.push("stopProtocol");
  stage.reactor.listenUDP(0, protocol);
  const done = stage.reactor.run(QUIET).then(() => order.push("run"));
  await turn();
  await stage.reactor.stop();
  await done;
  expect(order).toEqual(["before", "during", "stopProtocol", "after", "run"]);
});

test("triggers of one phase run in the order they were added, all of them before any is waited for", async () => {
  const { reactor } = new Stage();
  const order: string[] = [];
  reactor.addSystemEventTrigger("before", "shutdown", async () => {
    order.push("first starts");
    await turn();
    order.push("first ends");
  });
  reactor.addSystemEventTrigger("before", "shutdown", () => order.push("second"));
  reactor.addSystemEventTrigger("during", "shutdown", () => order.push("during"));
  await reactor.stop();
  expect(order).toEqual(["first starts", "second", "first ends", "during"]);
});

test("a trigger that throws, or rejects, is told, and the rest still run", async () => {
  const { reactor } = new Stage();
  const errors: unknown[] = [];
  reactor.on("error", (error) => errors.push(error));
  const [thrown, rejected] = [new Error("thrown"), new Error("rejected")];
  const last = vi.fn();
  reactor.addSystemEventTrigger("before", "shutdown", () => {
    throw thrown;
  });
  reactor.addSystemEventTrigger("before", "shutdown", async () => {
    throw rejected;
  });
  reactor.addSystemEventTrigger("after", "shutdown", last);
  await reactor.stop();
  expect(errors).toEqual([thrown, rejected]);
  expect(last).toHaveBeenCalledOnce();
});

test("a trigger may add another of its phase, which runs too", async () => {
  const { reactor } = new Stage();
  const inner = vi.fn();
  reactor.addSystemEventTrigger("before", "shutdown", () => reactor.addSystemEventTrigger("before", "shutdown", inner));
  await reactor.stop();
  expect(inner).toHaveBeenCalledOnce();
});

test("a port that a before-trigger stops and waits for has closed when the next phase begins", async () => {
  const { reactor } = new Stage();
  const port = reactor.listenUDP(0, new Notes());
  reactor.addSystemEventTrigger("before", "shutdown", () => port.stopListening());
  const seen: unknown[] = [];
  reactor.addSystemEventTrigger("during", "shutdown", () => seen.push(reactor.ports.length));
  await reactor.stop();
  expect(seen).toEqual([0]);
});

test("removeSystemEventTrigger() keeps a trigger from running, once", async () => {
  const { reactor } = new Stage();
  const fn = vi.fn();
  const id = reactor.addSystemEventTrigger("before", "shutdown", fn);
  reactor.removeSystemEventTrigger(id);
  expect(() => reactor.removeSystemEventTrigger(id)).toThrow(
    expect.objectContaining({ code: "ERR_TRIGGER_UNKNOWN", name: "InvalidArgumentError", argument: "id", value: id }),
  );
  await reactor.stop();
  expect(fn).not.toHaveBeenCalled();
});

test("removeSystemEventTrigger() in a before-trigger reaches one that has not run, and refuses one that has", async () => {
  const { reactor } = new Stage();
  const errors: unknown[] = [];
  reactor.on("error", (error) => errors.push(error));
  const second = vi.fn();
  const ids: ReturnType<typeof reactor.addSystemEventTrigger>[] = [];
  ids.push(
    reactor.addSystemEventTrigger("before", "shutdown", () => {
      reactor.removeSystemEventTrigger(ids[1]!);
      reactor.removeSystemEventTrigger(ids[0]!);
    }),
    reactor.addSystemEventTrigger("before", "shutdown", second),
  );
  await reactor.stop();
  expect(second).not.toHaveBeenCalled();
  expect(errors).toMatchObject([{ code: "ERR_TRIGGER_UNKNOWN" }]);
});

test.each([
  ["sometime", "shutdown", () => {}, "phase"],
  ["before", "crash", () => {}, "event"],
  ["before", "shutdown", "fn", "fn"],
])("addSystemEventTrigger(%o, %o, %o) is refused for its %s", (phase, event, fn, argument) => {
  const { reactor } = new Stage();
  expect(() => reactor.addSystemEventTrigger(phase as TriggerPhase, event as SystemEvent, fn as () => void)).toThrow(
    expect.objectContaining({
      code: argument === "fn" ? "ERR_ARGUMENT_TYPE" : "ERR_NAME_UNKNOWN",
      argument,
      operation: "addSystemEventTrigger",
    }),
  );
});

test("callWhenRunning() waits for startup, and calls at once when the reactor runs", async () => {
  const { reactor } = new Stage();
  const order: string[] = [];
  reactor.callWhenRunning(() => order.push("first"));
  reactor.callWhenRunning(() => order.push("second"));
  expect(order).toEqual([]);
  const done = reactor.run(QUIET);
  await turn();
  expect(order).toEqual(["first", "second"]);
  reactor.callWhenRunning(() => order.push("third"));
  expect(order).toEqual(["first", "second", "third"]);
  await reactor.stop();
  await done;
});

test("callWhenRunning() tells what the function throws, in both ways", async () => {
  const { reactor } = new Stage();
  const errors: unknown[] = [];
  reactor.on("error", (error) => errors.push(error));
  const throws = (message: string) => (): never => {
    throw new Error(message);
  };
  reactor.callWhenRunning(throws("at startup"));
  const done = reactor.run(QUIET);
  await turn();
  reactor.callWhenRunning(throws("at once"));
  expect(errors).toEqual([new Error("at startup"), new Error("at once")]);
  await reactor.stop();
  await done;
});

test("callWhenRunning() refuses what is no function, and throws ERR_REACTOR_STOPPED once stop() was called", () => {
  const { reactor } = new Stage();
  expect(() => reactor.callWhenRunning(5 as never)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "fn" }));
  void reactor.stop();
  expect(() => reactor.callWhenRunning(() => {})).toThrow(expect.objectContaining({ code: "ERR_REACTOR_STOPPED" }));
});

test("run() rejects with ERR_ALREADY_RUNNING while it runs, and with ERR_REACTOR_STOPPED afterwards", async () => {
  const { reactor } = new Stage();
  const done = reactor.run(QUIET);
  await expect(reactor.run(QUIET)).rejects.toMatchObject({ code: "ERR_ALREADY_RUNNING", name: "StateError" });
  await reactor.stop();
  await done;
  await expect(reactor.run(QUIET)).rejects.toMatchObject({ code: "ERR_REACTOR_STOPPED" });
});

test.each([
  [null, "options"],
  [5, "options"],
  [{ installSignalHandlers: "no" }, "installSignalHandlers"],
  [{ signals: false }, "option"],
])("run(%o) rejects with an InvalidArgumentError for %s, and the reactor can still run", async (options, argument) => {
  const { reactor } = new Stage();
  await expect(reactor.run(options as object)).rejects.toMatchObject({ name: "InvalidArgumentError", argument, operation: "run" });
  const done = reactor.run(QUIET);
  await reactor.stop();
  await done;
});

test("run() holds the process until it is over", async () => {
  const stage = new Stage();
  const letGo = vi.fn();
  vi.spyOn(stage.clock, "hold").mockReturnValue(letGo);
  const done = stage.reactor.run(QUIET);
  await turn();
  expect(letGo).not.toHaveBeenCalled();
  await stage.reactor.stop();
  await done;
  expect(letGo).toHaveBeenCalledOnce();
});

test("run() settles when stop() was called while a startup trigger never settles", async () => {
  const { reactor } = new Stage();
  const later = vi.fn();
  reactor.addSystemEventTrigger("before", "startup", () => new Promise(() => {}));
  reactor.addSystemEventTrigger("after", "startup", later);
  const done = reactor.run(QUIET);
  await reactor.stop();
  await done;
  expect(later).not.toHaveBeenCalled();
});

test("stop() during startup keeps later phases from running", async () => {
  const { reactor } = new Stage();
  const order: string[] = [];
  reactor.addSystemEventTrigger("before", "startup", () => {
    order.push("before");
    void reactor.stop();
  });
  reactor.addSystemEventTrigger("during", "startup", () => order.push("during"));
  await reactor.run(QUIET);
  expect(order).toEqual(["before"]);
  expect(reactor.running).toBe(false);
});

test("stop() returns the same promise however often it is called, and does nothing inside the call", async () => {
  const { reactor } = new Stage();
  const protocol = new Notes();
  reactor.listenUDP(0, protocol);
  const before = vi.fn();
  reactor.addSystemEventTrigger("before", "shutdown", before);
  const first = reactor.stop();
  expect(reactor.stop()).toBe(first);
  expect(before).not.toHaveBeenCalled();
  expect(protocol.calls).toEqual(["startProtocol"]);
  await first;
  expect(reactor.stop()).toBe(first);
  expect(before).toHaveBeenCalledOnce();
});

test("stop() before run() stops the ports, and run() rejects then", async () => {
  const { reactor } = new Stage();
  const protocol = new Notes();
  reactor.listenUDP(0, protocol);
  await reactor.stop();
  expect(protocol.calls).toEqual(["startProtocol", "stopProtocol"]);
  await expect(reactor.run(QUIET)).rejects.toMatchObject({ code: "ERR_REACTOR_STOPPED" });
});

test("stop() inside startProtocol() stops the port that is being opened too", async () => {
  const { backend, reactor } = new Stage();
  const protocol = new Notes();
  protocol.onStart = () => void reactor.stop();
  reactor.listenUDP(0, protocol);
  await reactor.stop();
  expect(protocol.calls).toEqual(["startProtocol", "stopProtocol"]);
  expect(backend.openSockets).toEqual([]);
});

test("stop() inside datagramReceived() keeps the rest of the batch from the protocol once ports stop", async () => {
  const stage = new Stage();
  const { protocol, socket } = stage.listen();
  protocol.onReceived = () => void stage.reactor.stop();
  socket.deliver("1");
  await stage.reactor.stop();
  expect(protocol.calls).toEqual(["startProtocol", "datagramReceived", "stopProtocol"]);
});

test.each(["listenUDP", "listenMulticast"] as const)("%s() throws ERR_REACTOR_STOPPED once stop() was called", async (operation) => {
  const { backend, reactor } = new Stage();
  const isStopped = expect.objectContaining({ code: "ERR_REACTOR_STOPPED", name: "StateError", operation });
  const stopped = reactor.stop();
  expect(() => reactor[operation](0, new Notes())).toThrow(isStopped);
  await stopped;
  expect(() => reactor[operation](0, new Notes())).toThrow(isStopped);
  expect(backend.calls).toEqual([]);
});

test("asyncDispose stops the reactor", async () => {
  const stage = new Stage();
  const protocol = new Notes();
  {
    await using reactor = stage.reactor;
    reactor.listenUDP(0, protocol);
  }
  expect(protocol.calls).toEqual(["startProtocol", "stopProtocol"]);
});

test("a reactor that has stopped begins no watch over the interfaces", async () => {
  const { backend, reactor } = new Stage();
  await reactor.stop();
  reactor.network.on("change", () => {});
  expect(backend.network.watcherCount).toBe(0);
});

test("stop() ends the watch over the interfaces, which nothing starts again", async () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.joinGroup("239.255.0.1", "eth0");
  stage.reactor.network.on("change", () => {});
  expect(stage.backend.network.watcherCount).toBe(1);
  await stage.reactor.stop();
  expect(stage.backend.network.watcherCount).toBe(0);
  stage.reactor.network.on("change", () => {});
  expect(port.getOutgoingInterface()).toBe("default");
  expect(stage.reactor.network.interfaces()).toHaveLength(2);
  expect(stage.backend.network.watcherCount).toBe(0);
});
