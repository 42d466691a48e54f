import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BackendLoadError } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";
import { InvalidArgumentError } from "@groupcast/base";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { runInNamespace } from "../../support/backend-native-program.js";
import { hasNativeAddon, NativeSockets, sendTo } from "../../support/native-sockets.js";
import { canMakeNamespaces, hasCommand, isRoot, skipUnless } from "../../support/probe.js";

const BUILD_SCRIPT = fileURLToPath(new URL("../../../packages/backend-native/scripts/build-addon.mjs", import.meta.url));

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "groupcast-"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test("load() says why it is in use, in the words it is given or in its own", async (context) => {
  await skipUnless(context, hasNativeAddon);
  expect(NativeBackend.load("because").reason).toBe("because");
  expect(NativeBackend.load().reason).toMatch(/^the addon for .+ loads$/);
  expect(NativeBackend.load().name).toBe("native");
});

test.each([
  ["is missing", undefined, "MODULE_NOT_FOUND"],
  ["is no library", "not a library", "ERR_DLOPEN_FAILED"],
])("load() of an addon that %s throws BackendLoadError with the loader's reason as its cause", (_what, content, code) => {
  const path = join(folder, "addon.node");
  if (content !== undefined) writeFileSync(path, content);
  vi.stubEnv("GROUPCAST_ADDON", path);
  expect(() => NativeBackend.load()).toThrow(BackendLoadError);
  expect(() => NativeBackend.load()).toThrow(
    expect.objectContaining({ code: "ERR_BACKEND_LOAD", cause: expect.objectContaining({ code }) }),
  );
});

test("load() on another platform throws BackendLoadError", () => {
  vi.spyOn(process, "platform", "get").mockReturnValue("darwin");
  expect(() => NativeBackend.load()).toThrow(BackendLoadError);
  vi.restoreAllMocks();
});

test("load() without /proc, where Node does not know its own path, throws BackendLoadError with a remedy", () => {
  const { execPath } = process;
  vi.stubEnv("GROUPCAST_ADDON", "");
  process.execPath = "no-such-node";
  onTestFinished(() => {
    process.execPath = execPath;
  });
  expect(() => NativeBackend.load()).toThrow(BackendLoadError);
  expect(() => NativeBackend.load()).toThrow(/executable of this Node cannot be read: ENOENT.*mount \/proc/);
});

test("load() twice serves sockets of both backends", async (context) => {
  await skipUnless(context, hasNativeAddon);
  using first = new NativeSockets();
  const one = first.listen();
  using second = new NativeSockets();
  const two = second.listen();
  sendTo(one.socket, two.local, "to the second");
  sendTo(two.socket, one.local, "to the first");
  await Promise.all([one.seen.arrivals(1), two.seen.arrivals(1)]);
  expect([one.seen.texts, two.seen.texts]).toEqual([["to the first"], ["to the second"]]);
});

test("two evaluations of the backend in one thread serve their sockets and watches side by side", async (context) => {
  await skipUnless(context, hasNativeAddon, isRoot, canMakeNamespaces, hasCommand("ip", "iproute2"));
  expect(await runInNamespace("two-evaluations.mjs")).toEqual({
    received: { first: ["to first from 127.0.0.1"], second: ["to second from 127.0.0.1"] },
    changed: ["first", "second"],
  });
});

test("the addon refuses arguments of wrong types, and offsets outside the bytes, with TypeError", async (context) => {
  await skipUnless(context, hasNativeAddon);
  using sockets = new NativeSockets();
  const { socket, local } = sockets.listen();
  const send = (bytes: unknown, ...offsets: number[]): unknown => {
    return socket.send({ bytes: bytes as Buffer, offsets: Int32Array.from(offsets), to: [local], via: [] }, 0, 1);
  };
  expect(() => socket.setOption(7 as never, 1)).toThrow(InvalidArgumentError);
  expect(() => socket.setOption("broadcast", "on" as never)).toThrow(TypeError);
  expect(() => send("text", 0, 4)).toThrow(TypeError);
  expect(() => send(Buffer.alloc(4), 0, 5)).toThrow(TypeError);
  expect(() => send(Buffer.alloc(4), -1, 4)).toThrow(TypeError);
  expect(() => send(Buffer.alloc(4), 3, 2)).toThrow(TypeError);
  expect(() => send(Buffer.alloc(4), 0)).toThrow(TypeError);
});

test("the build says in one line that there is no compiler, and succeeds", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BUILD_SCRIPT], { encoding: "utf8", env: { PATH: folder } });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toBe("The native addon was not built, because there is no C++ compiler (g++, c++ or clang++); node:dgram will be used.\n");
});
