// The wrong programs of the guides go wrong as the guides say, and the right ones beside them do not.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { answered } from "@groupcast/backend-compliance";
import { NativeBackend } from "@groupcast/backend-native";
import { describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { ChildProgram } from "../support/child-program.js";
import { hasMulticastLoopback, type Probe, skipUnless } from "../support/probe.js";

const EXAMPLES = new URL("../../examples/", import.meta.url);
const NATIVE_ONLY = /^sharing-/; // dgram has reusePort on newer versions of Node only

const programs = readdirSync(new URL("pitfalls", EXAMPLES))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replace(".ts", ""));

/** Otherwise multicast that says no interface leaves by loopback, which is where silence-wrong listens. */
const hasWayOut: Probe = async () => {
  const isAvailable = answered(NativeBackend.load().network.defaultRoute(4))?.interface.flags.multicast === true;
  return { isAvailable, reason: "there is no default route over an interface that carries multicast" };
};

const NEEDS: Readonly<Record<string, readonly Probe[]>> = {
  "silence-right": [hasMulticastLoopback],
  "silence-wrong": [hasMulticastLoopback, canLoad("native"), hasWayOut],
};

describe.each(BACKENDS)("on %s", (backend) => {
  test.for(programs.filter((name) => backend === "native" || !NATIVE_ONLY.test(name)))(
    "%s prints what its guide shows",
    async (name, context) => {
      await skipUnless(context, canLoad(backend), ...(NEEDS[name] ?? []));
      await using program = new ChildProgram(process.execPath, [path(`dist/pitfalls/${name}.js`)], { env: { GROUPCAST_BACKEND: backend } });
      const stdout = readFileSync(path(`pitfalls/${name}.txt`), "utf8");
      expect(await program.ended).toEqual({ exitCode: 0, signal: null, stdout, stderr: "" });
    },
  );
});

function path(name: string): string {
  return fileURLToPath(new URL(name, EXAMPLES));
}
