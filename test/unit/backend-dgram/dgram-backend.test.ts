import { FEATURE_NAMES } from "@groupcast/backend";
import { answered } from "@groupcast/backend-compliance";
import { DgramBackend } from "@groupcast/backend-dgram";
import { expect, test } from "vitest";
import { DgramSockets } from "./dgram-sockets.js";

test("load() makes a backend, as NativeBackend.load() does", () => {
  expect(DgramBackend.load()).toMatchObject({ name: "dgram", reason: "node:dgram was asked for" });
  expect(DgramBackend.load("because").reason).toBe("because");
});

test("DgramBackend says its name and why it is in use", () => {
  expect(new DgramBackend()).toMatchObject({ name: "dgram", reason: "node:dgram was asked for" });
  expect(new DgramBackend({ reason: "there is no addon" }).reason).toBe("there is no addon");
});

test("capabilities has of the features adopt, and the indexes that Linux tells", () => {
  const { capabilities } = new DgramBackend();
  expect(FEATURE_NAMES.filter((name) => capabilities.has(name))).toEqual(["adopt", "interfaceIndexes"]);
});

test("capabilities has reusePort where this Node knows it", () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isKnown = major > 23 || (major === 23 && minor > 0) || (major === 22 && minor > 11);
  expect(new DgramBackend().capabilities.has("set reusePort")).toBe(isKnown && process.platform === "linux");
});

test("capabilities leaves out getting what dgram can set but nobody can ask for", () => {
  const { capabilities } = new DgramBackend();
  expect(capabilities.has("set unicastTtl")).toBe(true);
  expect(capabilities.has("get unicastTtl")).toBe(false);
});

test.each(["blockSource", "unblockSource"] as const)("%s() throws ERR_UNSUPPORTED_OPERATION", (operation) => {
  using sockets = new DgramSockets();
  const { socket } = sockets.listen();
  const [loopback] = answered(sockets.backend.network.interfaces());
  if (loopback === undefined) throw new Error("the host has no interface");
  const refusal = expect.objectContaining({ code: "ERR_UNSUPPORTED_OPERATION", operation, backend: "dgram" });
  expect(() => socket[operation]("239.255.0.1", loopback, "127.0.0.1")).toThrow(refusal);
});
