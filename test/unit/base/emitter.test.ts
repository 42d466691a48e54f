import { Emitter, Eventful } from "@groupcast/base";
import { expect, test, vi } from "vitest";

type Events = { closed: () => void; failed: (reason: string) => void };

function made(): { emitter: Emitter<Events>; thrown: [unknown, string][] } {
  const emitter = new Emitter<Events>({ closed: "it closed", failed: "it failed" });
  const thrown: [unknown, string][] = [];
  emitter.listenerThrew = (error, event) => thrown.push([error, event]);
  return { emitter, thrown };
}

test("emit() calls each listener with the arguments, in order, and returns whether there was one", () => {
  const { emitter } = made();
  const calls: string[] = [];
  emitter.on("failed", (reason) => calls.push(`first ${reason}`));
  emitter.on("failed", (reason) => calls.push(`second ${reason}`));
  expect([emitter.emit("failed", "worn out"), emitter.emit("closed")]).toEqual([true, false]);
  expect(calls).toEqual(["first worn out", "second worn out"]);
});

test("emit() calls the listeners after one that throws, and hands over what was thrown with its event", () => {
  const { emitter, thrown } = made();
  const error = new Error("listener");
  const after = vi.fn();
  emitter.on("closed", () => {
    throw error;
  });
  emitter.on("closed", after);
  expect(emitter.emit("closed")).toBe(true);
  expect(after).toHaveBeenCalledOnce();
  expect(thrown).toEqual([[error, "closed"]]);
});

test("emit() hands over what a listener rejects with", async () => {
  const { emitter, thrown } = made();
  const error = new Error("listener");
  emitter.on("closed", async () => {
    throw error;
  });
  emitter.emit("closed");
  await vi.waitFor(() => expect(thrown).toEqual([[error, "closed"]]));
});

test("isHeard() tells for which event somebody listens", () => {
  const { emitter } = made();
  const listener = (): void => {};
  const heard = (): boolean[] => [emitter.isHeard("closed"), emitter.isHeard("failed")];
  expect(heard()).toEqual([false, false]);
  emitter.on("closed", listener);
  expect(heard()).toEqual([true, false]);
  emitter.off("closed", listener);
  expect(heard()).toEqual([false, false]);
});

test("once() calls a listener for the next event only, also when it throws", () => {
  const { emitter, thrown } = made();
  const listener = vi.fn(() => {
    throw new Error("listener");
  });
  emitter.once("closed", listener);
  emitter.emit("closed");
  expect(emitter.emit("closed")).toBe(false);
  expect(listener).toHaveBeenCalledOnce();
  expect(thrown).toHaveLength(1);
});

test.each(["on", "once"] as const)("off() takes away what %s() added, however often, and for that event only", (add) => {
  const { emitter } = made();
  const listener = vi.fn();
  emitter[add]("closed", listener);
  emitter[add]("closed", listener);
  emitter.on("failed", listener);
  emitter.off("closed", listener);
  expect(emitter.emit("closed")).toBe(false);
  expect(emitter.emit("failed", "")).toBe(true);
  expect(listener).toHaveBeenCalledOnce();
});

test.each(["on", "once", "off"] as const)("%s() refuses an event that does not exist, and what is no function", (method) => {
  const { emitter } = made();
  for (const event of ["close", "toString", "__proto__", 1, undefined]) {
    const code = typeof event === "string" ? "ERR_NAME_UNKNOWN" : "ERR_ARGUMENT_TYPE";
    const expected = expect.objectContaining({ code, argument: "event", value: event, operation: method });
    expect(() => emitter[method](event as "closed", () => {})).toThrow(expected);
  }
  const expected = expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument: "listener" });
  expect(() => emitter[method]("closed", null as never)).toThrow(expected);
});

test("emit() warns of nothing, however many listen", () => {
  const { emitter } = made();
  const warn = vi.spyOn(process, "emitWarning");
  for (let i = 0; i < 1000; i++) emitter.on("closed", () => {});
  expect(warn).not.toHaveBeenCalled();
});

test("Eventful has on(), once() and off(), which return the object, and nothing that emits", () => {
  const { emitter } = made();
  const subject = new (class extends Eventful<Events> {})(emitter);
  const listener = vi.fn();
  expect(subject.on("closed", listener).once("closed", listener).off("closed", listener)).toBe(subject);
  expect(subject).not.toHaveProperty("emit");
});
