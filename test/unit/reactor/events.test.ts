import { expect, test, vi } from "vitest";
import { Notes, Stage, turn } from "./stage.js";

/** Whoever has events, and one of them. */
const SUBJECTS = {
  reactor: ({ reactor }: Stage) => ({ subject: reactor, event: "closed" as const }),
  port: (stage: Stage) => ({ subject: stage.reactor.listenUDP(0, new Notes()), event: "closed" as const }),
  network: ({ reactor }: Stage) => ({ subject: reactor.network, event: "change" as const }),
};

type Subject = { on(event: string, listener: () => void): unknown; once: Subject["on"]; off: Subject["on"] };

test.each(Object.entries(SUBJECTS))("%s refuses a listener that is no function, and an event it does not have", (_name, find) => {
  const { subject, event } = find(new Stage()) as { subject: Subject; event: string };
  for (const method of ["on", "once", "off"] as const) {
    for (const listener of [undefined, null, "fn", {}]) {
      expect(() => subject[method](event, listener as never)).toThrow(
        expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "listener", value: listener, operation: method }),
      );
    }
    for (const wrong of ["close", "message", "toString", "", 5, undefined, Symbol("closed")]) {
      expect(() => subject[method](wrong as string, () => {})).toThrow(
        expect.objectContaining({
          code: typeof wrong === "string" ? "ERR_NAME_UNKNOWN" : "ERR_ARGUMENT_TYPE",
          argument: "event",
          value: wrong,
          operation: method,
        }),
      );
    }
  }
});

test.each(Object.entries(SUBJECTS))("%s returns itself from on(), once() and off()", (_name, find) => {
  const { subject, event } = find(new Stage()) as { subject: Subject; event: string };
  const listener = (): void => {};
  expect(subject.on(event, listener)).toBe(subject);
  expect(subject.once(event, listener)).toBe(subject);
  expect(subject.off(event, listener)).toBe(subject);
});

test.each(Object.entries(SUBJECTS))("%s has no emit(), so nobody but its owner tells", (_name, find) => {
  const { subject } = find(new Stage());
  expect(subject).not.toHaveProperty("emit");
  expect(subject).not.toHaveProperty("removeAllListeners");
});

test("once() hears the first time only, off() ends on()", async () => {
  const { reactor } = new Stage();
  const [once, on, off] = [vi.fn(), vi.fn(), vi.fn()];
  reactor.once("listening", once);
  reactor.on("listening", on);
  reactor.on("listening", off);
  reactor.off("listening", off);
  reactor.listenUDP(0, new Notes());
  reactor.listenUDP(0, new Notes());
  await turn();
  expect(once).toHaveBeenCalledTimes(1);
  expect(on).toHaveBeenCalledTimes(2);
  expect(off).not.toHaveBeenCalled();
});

test("a port's listener that throws is told as an error of the port and of the reactor", async () => {
  const { reactor } = new Stage();
  const thrown = new Error("spam");
  const heard: unknown[] = [];
  const port = reactor.listenUDP(0, new Notes());
  port.on("closed", () => {
    throw thrown;
  });
  port.on("error", (error) => heard.push(["port", error]));
  reactor.on("error", (error, on) => heard.push(["reactor", error, on]));
  await port.stopListening();
  expect(heard).toEqual([
    ["port", thrown],
    ["reactor", thrown, port],
  ]);
  expect(reactor.ports).toEqual([]);
});

test("a port's error listener that throws is told above it, once, and never to itself", () => {
  const stage = new Stage();
  const protocol = new Notes();
  const port = stage.reactor.listenUDP(9999, protocol);
  const [first, second] = [new Error("protocol"), new Error("listener")];
  protocol.onReceived = () => {
    throw first;
  };
  const listener = vi.fn(() => {
    throw second;
  });
  port.on("error", listener);
  stage.backend.last.deliver("x");
  expect(listener).toHaveBeenCalledExactlyOnceWith(first);
  expect(stage.loggedErrors).toEqual([second]);
});

test("a reactor's error listener that throws is logged", () => {
  const stage = new Stage();
  const protocol = new Notes();
  stage.reactor.listenUDP(9999, protocol);
  protocol.onReceived = () => {
    throw new Error("protocol");
  };
  const second = new Error("listener");
  stage.reactor.on("error", () => {
    throw second;
  });
  stage.backend.last.deliver("x");
  expect(stage.loggedErrors).toEqual([second]);
});

test("a reactor's listener that throws is told as its error event", async () => {
  const stage = new Stage();
  const thrown = new Error("spam");
  const heard = vi.fn();
  stage.reactor.on("error", heard);
  stage.reactor.on("listening", () => {
    throw thrown;
  });
  stage.reactor.listenUDP(0, new Notes());
  await turn();
  expect(heard).toHaveBeenCalledExactlyOnceWith(thrown);
  expect(stage.loggedErrors).toEqual([]);
});

test("a network's listener that throws is told as the reactor's error event", () => {
  const stage = new Stage();
  const thrown = new Error("spam");
  const heard = vi.fn();
  stage.reactor.on("error", heard);
  stage.reactor.network.on("change", () => {
    throw thrown;
  });
  stage.backend.network.change([]);
  expect(heard).toHaveBeenCalledExactlyOnceWith(thrown);
});
