// Parameters of nodes, on the network in memory.
import { randomBytes } from "node:crypto";
import {
  ChannelNode,
  type NodeOptions,
  type ParameterDefinitions,
  type RemoteParameterChange,
  type StandardSchema,
} from "@groupcast/channels";
import { describe, expect, expectTypeOf, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";

/** A number of 1 to 10 that is rounded, as a library of schemas would take it. */
const gain: StandardSchema<number, number> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "number" && value >= 1 && value <= 10 ? { value: Math.round(value) } : { issues: [{ message: "no gain" }] },
  },
};

const anything: StandardSchema<string, string> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: value as string }) },
};

const DEFINITIONS = {
  exposureMs: { value: 10, minimum: 0.1, maximum: 1000, description: "Time for which the shutter is open.", settable: true },
  mode: { value: "auto", choices: ["auto", "manual"], settable: true },
  gain: { value: 2, schema: gain, settable: true },
  isOn: { value: true },
  serial: { value: "A1", readOnly: true },
  region: { value: { x: 0, y: 0 }, settable: true },
} as const satisfies ParameterDefinitions;

/** A camera with parameters, and a node that asks for them. */
class Studio {
  readonly site = new MemorySite();
  readonly camera = this.open("camera", DEFINITIONS);
  readonly desk = this.site.node("desk", { ttl: 1, heartbeatMs: 1000 });
  readonly remote = this.desk.parametersOf("camera");

  open<const P extends ParameterDefinitions>(host: string, parameters: P, options: Partial<NodeOptions> = {}) {
    const base = { name: host, ttl: 1, heartbeatMs: 1000, logger: this.site.log };
    return new ChannelNode(this.site.reactor(host), { ...base, ...(options as object), parameters });
  }

  pass(ms: number): Promise<void> {
    return this.site.network.clock.advance(ms);
  }

  /** The value or the error of a promise, once time has passed. */
  async outcome<T>(promise: Promise<T>, ms = 50): Promise<unknown> {
    const settled = promise.then(
      (value) => value,
      (error: unknown) => error,
    );
    await this.pass(ms);
    return await settled;
  }
}

describe("node.parameters", () => {
  test("has typed values", () => {
    const { parameters } = new Studio().camera;
    expectTypeOf(parameters.get("exposureMs")).toEqualTypeOf<number>();
    expectTypeOf(parameters.get("mode")).toEqualTypeOf<"auto" | "manual">();
    expectTypeOf(parameters.get("gain")).toEqualTypeOf<number>();
    expectTypeOf(parameters.get("isOn")).toEqualTypeOf<boolean>();
    expectTypeOf(parameters.get("region")).toEqualTypeOf<{ readonly x: number; readonly y: number }>();
    // @ts-expect-error: there is none of that name
    expect(() => parameters.get("exposure")).toThrow(expect.objectContaining({ code: "ERR_PARAMETER_UNKNOWN", parameter: "exposure" }));
    // @ts-expect-error: neither of the choices
    expect(() => parameters.set("mode", "off")).toThrow(expect.objectContaining({ code: "ERR_PARAMETER_RANGE" }));
    const node: ChannelNode = new MemorySite().node("plain");
    expect(node.parameters.list()).toEqual([]);
  });

  test("set() takes what fits, returns what it took, and emits change once", () => {
    const { parameters, name, session } = new Studio().camera;
    const changes: unknown[] = [];
    parameters.on("change", (change) => void changes.push(change));
    expect([parameters.set("exposureMs", 20), parameters.set("exposureMs", 20), parameters.set("gain", 3.4)]).toEqual([20, 20, 3]);
    expect([parameters.get("exposureMs"), parameters.get("gain"), parameters.revision]).toEqual([20, 3, 2]);
    const by = { name, session, isRemote: false };
    expect(changes).toEqual([
      { name: "exposureMs", value: 20, previous: 10, by, revision: 1 },
      { name: "gain", value: 3, previous: 2, by, revision: 2 },
    ]);
  });

  test.each([
    ["exposureMs", 0, "ERR_PARAMETER_RANGE", "0 is less than 0.1"],
    ["exposureMs", 1001, "ERR_PARAMETER_RANGE", "1001 is more than 1000"],
    ["exposureMs", Number.NaN, "ERR_PARAMETER_RANGE", "NaN is no number that JSON can represent"],
    ["exposureMs", "10", "ERR_PARAMETER_TYPE", '"10" is no number'],
    ["isOn", 1, "ERR_PARAMETER_TYPE", "1 is no boolean"],
    ["mode", "off", "ERR_PARAMETER_RANGE", '"off" is none of "auto, manual"'],
    ["gain", 11, "ERR_PARAMETER_RANGE", "no gain"],
    ["region", [], "ERR_PARAMETER_TYPE", "[] is no object"],
    ["region", { text: "x".repeat(16_400) }, "ERR_PARAMETER_RANGE", "it has 16411 bytes as JSON, more than 16384"],
    ["serial", "A2", "ERR_PARAMETER_READ_ONLY", "the parameter is read-only"],
  ])("set(%s, %o) is refused with %s: %s", (name, value, code, reason) => {
    const { parameters } = new Studio().camera;
    const before = parameters.list();
    expect(() => parameters.set(name as "isOn", value as never)).toThrow(
      expect.objectContaining({ code, reason, parameter: name, operation: "set" }),
    );
    expect([parameters.list(), parameters.revision]).toEqual([before, 0]);
  });

  test("set() takes what JSON makes of a value, if that has the parameter's type", () => {
    const { parameters } = new Studio().camera;
    const region = (value: unknown) => parameters.set("region", value as never);
    for (const value of [new Date(0), { toJSON: () => 5 }, new Number(3)])
      expect(() => region(value)).toThrow(expect.objectContaining({ code: "ERR_PARAMETER_TYPE", parameter: "region" }));
    expect(region({ toJSON: () => ({ x: 1, y: -0 }) })).toEqual({ x: 1, y: 0 });
    const named = JSON.parse('{ "__proto__": { "x": 1 }, "y": 2 }');
    expect(Object.keys(region(named))).toEqual(["__proto__", "y"]);
    expect(() => parameters.get(Symbol("a") as never)).toThrow(expect.objectContaining({ code: "ERR_PARAMETER_UNKNOWN" }));
  });

  test("list() returns choices that nobody can change, neither in the definition nor in the list", () => {
    const choices = ["a", "b"];
    const { parameters } = new Studio().open("other", { mode: { value: "a", choices } });
    choices.push("c");
    expect(() => (parameters.list()[0]!.choices as string[]).push("d")).toThrow(TypeError);
    for (const choice of ["c", "d"])
      expect(() => parameters.set("mode", choice)).toThrow(expect.objectContaining({ code: "ERR_PARAMETER_RANGE" }));
  });

  test("set() refuses a value whatever its schema throws, returns or rejects with", async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const behaviours: (() => unknown)[] = [
      () => undefined,
      () => ({ issues: [null] }),
      () => ({ value: 1n }),
      () => Promise.reject(new Error("later")),
      ...[undefined, null, "text", proxy].map((thrown) => () => {
        throw thrown;
      }),
    ];
    const state = { next: (): unknown => ({ value: 1 }) };
    const schema = { "~standard": { version: 1, vendor: "test", validate: () => state.next() } } as unknown as StandardSchema<number>;
    const studio = new Studio();
    const owner = studio.open("owner", { a: { value: 1, schema, settable: true } });
    await studio.pass(50);
    const remote = studio.desk.parametersOf("owner");
    for (const behaviour of behaviours) {
      state.next = behaviour;
      expect(() => owner.parameters.set("a", 2)).toThrow(expect.objectContaining({ code: "ERR_PARAMETER_TYPE" }));
      expect(await studio.outcome(remote.set("a", 2))).toMatchObject({ code: "ERR_PARAMETER_TYPE", parameter: "a" });
    }
    expect(owner.parameters.revision).toBe(0);
  });

  test("get() returns a frozen copy", () => {
    const { parameters } = new Studio().camera;
    const given = { x: 1, y: 1 };
    parameters.set("region", given);
    given.x = 2;
    expect(parameters.get("region")).toEqual({ x: 1, y: 1 });
    expect(() => Object.assign(parameters.get("region"), { x: 3 })).toThrow(TypeError);
  });

  test.each([
    [{ "a b": { value: 1 } }, "ERR_PARAMETER_NAME"],
    [{ ["x".repeat(65)]: { value: 1 } }, "ERR_PARAMETER_NAME"],
    [{ a: { value: undefined } }, "ERR_ARGUMENT_RANGE"],
    [{ a: { value: 1, minimum: 2 } }, "ERR_ARGUMENT_RANGE"],
    [{ a: { value: 1, minimum: "0" } }, "ERR_ARGUMENT_TYPE"],
    [{ a: { value: 1, minimum: Number.NaN } }, "ERR_ARGUMENT_TYPE"],
    [{ a: { value: 1, maximum: Number.POSITIVE_INFINITY } }, "ERR_ARGUMENT_TYPE"],
    [{ a: { value: new Date(0) } }, "ERR_ARGUMENT_RANGE"],
    [{ a: { value: "a", choices: ["a", "x".repeat(16_384)] } }, "ERR_ARGUMENT_TYPE"],
    [{ a: { value: 1, choices: [] } }, "ERR_ARGUMENT_TYPE"],
    [{ a: { value: 1, choices: [1, null] } }, "ERR_ARGUMENT_TYPE"],
    [{ a: { value: 1, schema: {} } }, "ERR_ARGUMENT_TYPE"],
    [{ a: { value: 1, description: "x".repeat(1025) } }, "ERR_ARGUMENT_RANGE"],
    [{ a: { value: 1, settable: true, readOnly: true } }, "ERR_ARGUMENT_RANGE"],
    [{ a: { value: 1, readonly: true } }, "ERR_OPTION_UNKNOWN"],
    [Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`p${i}`, { value: 1 }])), "ERR_ARGUMENT_RANGE"],
    [7, "ERR_ARGUMENT_TYPE"],
  ])("new ChannelNode() refuses the parameters %j", (parameters, code) => {
    const site = new MemorySite();
    expect(() => site.node("a", { parameters: parameters as never })).toThrow(
      expect.objectContaining({ code, operation: "new ChannelNode" }),
    );
    expect(site.reactor("a").ports).toEqual([]);
  });

  test("of a node without any opens no channel", async () => {
    const studio = new Studio();
    const plain = studio.site.node("plain", { ttl: 1, heartbeatMs: 1000 });
    await studio.pass(50);
    const named = (name: string) => studio.desk.nodes.find((node) => node.name === name)!.channels.map((channel) => channel.name);
    expect(named("plain")).toEqual([]);
    const own = `__groupcast_parameters/${studio.camera.session}`;
    expect(named("camera")).toEqual([own, `__groupcast_answer/${own}`, `__groupcast_ask/${own}`]);
    expect(await studio.outcome(studio.desk.parametersOf(plain.session).list({ timeoutMs: 20 }))).toMatchObject({
      code: "ERR_CHANNEL_REQUEST_TIMEOUT",
      responders: 0,
    });
  });
});

describe("node.parametersOf()", () => {
  test("gets, sets and lists; the owner's listeners hear who it was", async () => {
    const { remote, camera, desk, outcome } = bound(new Studio());
    const changes: unknown[] = [];
    camera.parameters.on("change", (change) => void changes.push(change));
    expect(await outcome(remote.get("exposureMs"))).toBe(10);
    expect(await outcome(remote.set("gain", 7.2))).toBe(7);
    expect([camera.parameters.get("gain"), await outcome(remote.get<number>("gain"))]).toEqual([7, 7]);
    const by = { name: "desk", session: desk.session, isRemote: true };
    expect(changes).toEqual([{ name: "gain", value: 7, previous: 2, by, revision: 1 }]);
    expect(await outcome(remote.list())).toEqual(camera.parameters.list());
    expect(camera.parameters.list()[0]).toEqual({
      name: "exposureMs",
      value: 10,
      minimum: 0.1,
      maximum: 1000,
      description: "Time for which the shutter is open.",
      readOnly: false,
      settable: true,
    });
  });

  test.each([
    ["exposureMs", 0, "ERR_PARAMETER_RANGE", "0 is less than 0.1"],
    ["exposureMs", "x", "ERR_PARAMETER_TYPE", '"x" is no number'],
    ["isOn", false, "ERR_PARAMETER_NOT_SETTABLE", "other nodes may not set the parameter"],
    ["serial", "A2", "ERR_PARAMETER_READ_ONLY", "the parameter is read-only"],
    ["shutter", 1, "ERR_PARAMETER_UNKNOWN", "the node has no such parameter"],
  ])("set(%s, %o) rejects with the owner's %s", async (name, value, code, reason) => {
    const { remote, camera, outcome } = bound(new Studio());
    const before = camera.parameters.list();
    expect(await outcome(remote.set(name, value))).toMatchObject({
      name: "ParameterError",
      code,
      reason,
      parameter: name,
      node: "camera",
      operation: "set",
    });
    expect(camera.parameters.list()).toEqual(before);
  });

  test.each([undefined, () => {}, Symbol("a")])("set() refuses %o, which JSON cannot represent, before it asks", async (value) => {
    const { remote } = new Studio();
    await expect(remote.set("gain", value as never)).rejects.toMatchObject({ code: "ERR_ARGUMENT_TYPE", operation: "set" });
  });

  test("get() rejects with the owner's refusal of a name that it does not have", async () => {
    const { remote, outcome } = bound(new Studio());
    expect(await outcome(remote.get("shutter"))).toMatchObject({ code: "ERR_PARAMETER_UNKNOWN", operation: "get", parameter: "shutter" });
  });

  test("waits for a node that is not known yet, and tells a name that two nodes have", async () => {
    const studio = new Studio();
    const value = studio.desk.parametersOf("late").get("a");
    await studio.pass(500);
    const late = studio.open("late", { a: { value: 5 } });
    expect(await studio.outcome(value)).toBe(5);
    const twin = studio.open("other", { a: { value: 6 } }, { name: "late" });
    await studio.pass(50);
    const ambiguous = await studio.outcome(studio.desk.parametersOf("late").get("a"));
    expect(ambiguous).toMatchObject({ code: "ERR_PARAMETER_NODE_AMBIGUOUS", node: "late" });
    for (const { session } of [late, twin]) expect((ambiguous as Error).message).toContain(session);
    expect(await studio.outcome(studio.desk.parametersOf(twin.session).get("a"))).toBe(6);
    const nobody = studio.desk.parametersOf("nobody");
    expect(await studio.outcome(nobody.get("a", { timeoutMs: 20 }))).toMatchObject({
      code: "ERR_PARAMETER_NODE_UNKNOWN",
      operation: "get",
    });
    const deaf = studio.site.node("deaf", { ttl: 1 });
    await expect(deaf.parametersOf("camera").get("a")).rejects.toMatchObject({ code: "ERR_PARAMETER_NODE_UNKNOWN" });
    expect(await studio.outcome(deaf.parametersOf(studio.camera.session).get("gain"))).toBe(2);
  });

  test("reads the parameters of the node itself", async () => {
    const { camera, outcome } = bound(new Studio());
    expect(await outcome(camera.parametersOf("camera").set("mode", "manual"))).toBe("manual");
    expect(camera.parameters.get("mode")).toBe("manual");
  });

  test("lists a thousand parameters, in parts", async () => {
    const studio = new Studio();
    const many = Object.fromEntries(Array.from({ length: 1024 }, (_, i) => [`p${i}`, { value: "x".repeat(i === 7 ? 16_000 : 40) }]));
    const { parameters } = studio.open("many", many);
    await studio.pass(50);
    expect(await studio.outcome(studio.desk.parametersOf("many").list(), 500)).toEqual(parameters.list());
  });

  test("lists the largest parameter that can be defined", async () => {
    const studio = new Studio();
    const value = "x".repeat(16_382);
    const largest = { value, schema: anything, description: "\u0001".repeat(1024), choices: ["y".repeat(16_380)], settable: true };
    const { parameters } = studio.open("large", { ["n".repeat(64)]: largest });
    await studio.pass(50);
    expect(await studio.outcome(studio.desk.parametersOf("large").list())).toEqual(parameters.list());
  });

  test("rejects when its node closes, also while it waits for another", async () => {
    const studio = new Studio();
    await studio.pass(50);
    const waits = [studio.desk.parametersOf("nobody").get("a"), studio.desk.parametersOf("0123456789abcdef").get("a")];
    const settled = Promise.allSettled(waits);
    await studio.pass(10);
    void studio.desk.close();
    expect((await settled).map((outcome) => (outcome as PromiseRejectedResult).reason.code)).toEqual([
      "ERR_NODE_CLOSED",
      "ERR_NODE_CLOSED",
    ]);
    await expect(studio.remote.get("gain")).rejects.toMatchObject({ code: "ERR_NODE_CLOSED" });
  });

  test("refuses wrong options and aborted signals of every call at once, also while the node is not known", async () => {
    const { desk } = new Studio();
    for (const name of ["nobody", "0123456789abcdef"]) {
      const remote = desk.parametersOf(name);
      const calls = {
        get: (options: never) => remote.get("a", options),
        set: (options: never) => remote.set("a", 1, options),
        list: (options: never) => remote.list(options),
        watch: (options: never) => remote.watch(() => {}, options),
      };
      for (const [operation, call] of Object.entries(calls)) {
        for (const options of [{ signal: 42 }, { timeoutMs: "7" }, { timeoutMs: Number.NaN }, { attempts: 0 }, { retries: 1 }])
          await expect(call(options as never)).rejects.toMatchObject({ operation, name: "InvalidArgumentError" });
        await expect(call({ signal: AbortSignal.abort("no more") } as never)).rejects.toBe("no more");
      }
    }
  });

  test("rejects when its node closes within the same turn, and leaves no watch behind", async () => {
    const studio = new Studio();
    await studio.pass(50);
    const { desk, remote } = studio;
    const watch = studio.outcome(remote.watch(() => {}));
    const closed = studio.outcome(remote.get("gain").then(() => void desk.close())); // its answer and the watch's come together
    expect(await watch).toMatchObject({ code: "ERR_NODE_CLOSED", operation: "watch" });
    await closed;
    const other = studio.site.node("other", { ttl: 1, heartbeatMs: 1000 });
    await studio.pass(50);
    const camera = other.parametersOf(studio.camera.session);
    const calls = Promise.allSettled([camera.get("gain"), camera.watch(() => {})]);
    void other.close();
    expect((await calls).map((outcome) => (outcome as PromiseRejectedResult).reason.code)).toEqual(["ERR_NODE_CLOSED", "ERR_NODE_CLOSED"]);
  });

  test("with a seal serves holders of the key alone, also after rotation", async () => {
    const studio = new Studio();
    const [old, next] = [randomBytes(32), randomBytes(32)];
    const seal = { keys: { 1: old }, current: 1 };
    const vault = studio.open("vault", { code: { value: 1, settable: true } }, { seal });
    const friend = studio.site.node("friend", { ttl: 1, heartbeatMs: 1000, seal });
    await studio.pass(50);
    expect(await studio.outcome(friend.parametersOf("vault").set("code", 2))).toBe(2);
    const stranger = studio.desk.parametersOf(vault.session);
    expect(await studio.outcome(stranger.set("code", 3, { timeoutMs: 20 }))).toMatchObject({ code: "ERR_CHANNEL_REQUEST_TIMEOUT" });
    for (const node of [vault, friend]) node.seal!.rotate({ keys: { 2: next }, current: 2 });
    expect(await studio.outcome(friend.parametersOf("vault").set("code", 4))).toBe(4);
    expect(vault.parameters.get("code")).toBe(4);
  });
});

describe("watch()", () => {
  async function watched(studio: Studio) {
    const changes: RemoteParameterChange[] = [];
    const watching = studio.remote.watch((change) => void changes.push(change));
    await studio.pass(50);
    return { watch: await watching, changes };
  }

  test("reports changes of any author, in order, until it is closed", async () => {
    const studio = new Studio();
    const { watch, changes } = await watched(studio);
    studio.camera.parameters.set("exposureMs", 20);
    studio.camera.parameters.set("isOn", false);
    await studio.outcome(studio.remote.set("gain", 5));
    expect(changes.map(({ name, value, previous, by, revision }) => [name, value, previous, by?.name, revision])).toEqual([
      ["exposureMs", 20, 10, "camera", 1],
      ["isOn", false, true, "camera", 2],
      ["gain", 5, 2, "desk", 3],
    ]);
    expect([watch.isActive, watch.isConnected, watch.revision]).toEqual([true, true, 3]);
    watch.close();
    studio.camera.parameters.set("isOn", true);
    await studio.pass(6000);
    expect([changes.length, watch.isActive]).toEqual([3, false]);
  });

  test("recovers what was lost, at once when a later change comes, and else within seconds", async () => {
    const studio = new Studio();
    const { changes } = await watched(studio);
    const names = () => changes.map(({ name, value }) => `${name} ${value}`);
    const cut = (loss: number): void => studio.site.network.host("camera").setLink("eth0", { loss });
    cut(1);
    studio.camera.parameters.set("exposureMs", 20);
    studio.camera.parameters.set("exposureMs", 30);
    await studio.pass(10);
    cut(0);
    studio.camera.parameters.set("isOn", false);
    await studio.pass(200);
    expect(names()).toEqual(["exposureMs 30", "isOn false"]);
    cut(1);
    studio.camera.parameters.set("gain", 9);
    await studio.pass(10);
    cut(0);
    await studio.pass(8000);
    expect(names()).toEqual(["exposureMs 30", "isOn false", "gain 9"]);
  });

  test("reports what differs when a node of that name starts again", async () => {
    const studio = new Studio();
    const { changes, watch } = await watched(studio);
    studio.camera.parameters.set("exposureMs", 20);
    await studio.pass(50);
    const closed = studio.camera.close();
    await studio.pass(12_000);
    await closed;
    expect(watch.isConnected).toBe(false);
    const again = studio.open("camera", { ...DEFINITIONS, isOn: { value: false } });
    await studio.pass(12_000);
    again.parameters.set("mode", "manual");
    await studio.pass(50);
    expect(changes.map(({ name, value, previous }) => [name, value, previous])).toEqual([
      ["exposureMs", 20, 10],
      ["exposureMs", 10, 20],
      ["isOn", false, true],
      ["mode", "manual", "auto"],
    ]);
    expect(watch.isConnected).toBe(true);
  });

  test("a listener that throws is the node's error, and the others hear of the change", async () => {
    const studio = new Studio();
    const errors: unknown[] = [];
    studio.desk.on("error", (error) => errors.push(error.message));
    const { changes } = await watched(studio);
    const throwing = studio.remote.watch(() => {
      throw new Error("no");
    });
    await studio.pass(50);
    await throwing;
    studio.camera.parameters.on("change", () => {
      throw new Error("no, too");
    });
    studio.camera.on("error", (error) => errors.push(error.message));
    studio.camera.parameters.set("isOn", false);
    await studio.pass(50);
    expect([changes.length, errors.sort()]).toEqual([1, ["no", "no, too"]]);
  });
});

/** A studio whose nodes know one another, and its outcome() as a function. */
function bound(studio: Studio) {
  const outcome = async <T>(promise: Promise<T>): Promise<unknown> => await studio.outcome(promise, 100);
  return { remote: studio.remote, camera: studio.camera, desk: studio.desk, outcome };
}
