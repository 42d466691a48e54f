import { BackendLoadError } from "@groupcast/backend";
import { DgramBackend } from "@groupcast/backend-dgram";
import { NativeBackend } from "@groupcast/backend-native";
import { Reactor } from "groupcast";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const { versions } = process;

afterEach(() => {
  vi.unstubAllEnvs();
  pretendVersions(versions);
});

describe.each([
  ["bun", "Bun 1.4.5", "1.4.5"],
  ["deno", "Deno 2.9.6", "2.9.6"],
])("on %s", (key, name, version) => {
  beforeEach(() => pretendVersions({ ...versions, [key]: version }));

  test("NativeBackend.load() refuses in one sentence before it touches the addon", () => {
    vi.stubEnv("GROUPCAST_ADDON", "/nowhere/addon.node");
    const said = `Cannot load the native backend: it needs Node.js, and this is ${name}, which lacks the parts of libuv that it uses`;
    expect(() => NativeBackend.load()).toThrow(said);
  });

  test.each([undefined, "native", "dgram"])(
    "new Reactor() throws BackendLoadError that names the runtime, with GROUPCAST_BACKEND %s",
    (wanted) => {
      vi.stubEnv("GROUPCAST_BACKEND", wanted);
      expect(() => new Reactor()).toThrow(BackendLoadError);
      expect(() => new Reactor()).toThrow(`it needs Node.js, and this is ${name}`);
    },
  );

  test("new DgramBackend() throws BackendLoadError", () => {
    expect(() => new DgramBackend()).toThrow(BackendLoadError);
  });
});

function pretendVersions(value: NodeJS.ProcessVersions | Record<string, string | undefined>): void {
  Object.defineProperty(process, "versions", { value, configurable: true, enumerable: true, writable: false });
}
