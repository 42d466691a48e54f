import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chooseBackend, InvalidArgumentError, Reactor } from "groupcast";
import { afterEach, expect, test, vi } from "vitest";

const GROUPCAST = import.meta.resolve("groupcast");

afterEach(() => {
  vi.unstubAllEnvs();
});

test("chooseBackend() returns the backend it is asked for", () => {
  expect(chooseBackend("dgram")).toMatchObject({ name: "dgram", reason: "it was asked for" });
});

test("chooseBackend() takes the variable GROUPCAST_BACKEND, when nothing else is said", () => {
  vi.stubEnv("GROUPCAST_BACKEND", "dgram");
  expect(chooseBackend()).toMatchObject({ name: "dgram", reason: "GROUPCAST_BACKEND asks for it" });
});

test("chooseBackend() takes an empty variable for an absent one", () => {
  vi.stubEnv("GROUPCAST_BACKEND", "");
  expect(["native", "dgram"]).toContain(chooseBackend().name);
});

test.each(["nativ", "memory", "toString", "__proto__"])("chooseBackend() refuses the name %s", (name) => {
  expect(() => chooseBackend(name)).toThrow(InvalidArgumentError);
  expect(() => chooseBackend(name)).toThrow(expect.objectContaining({ code: "ERR_NAME_UNKNOWN", argument: "backend", value: name }));
});

test("chooseBackend() falls back to dgram with the reason, when the addon cannot be loaded", () => {
  const { stdout, status } = run({ GROUPCAST_ADDON: "/nonexistent/addon.node" });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^dgram: Cannot load the native backend: there is no addon/);
});

test("chooseBackend() throws BackendLoadError, when native is asked for and the addon cannot be loaded", () => {
  const { stderr, status } = run({ GROUPCAST_ADDON: "/nonexistent/addon.node", GROUPCAST_BACKEND: "native" });
  expect(status).not.toBe(0);
  expect(stderr).toContain("BackendLoadError");
  expect(stderr).toContain("ERR_BACKEND_LOAD");
});

test("Reactor picks a backend by itself, and says which", async () => {
  const reactor = new Reactor();
  expect(["native", "dgram"]).toContain(reactor.backend.name);
  expect(reactor.backend.reason).not.toBe("");
  await reactor.stop();
});

function run(env: Record<string, string>): { stdout: string; stderr: string; status: number | null } {
  const program = `import { chooseBackend } from ${JSON.stringify(GROUPCAST)}; const { name, reason } = chooseBackend(); console.log(name + ": " + reason);`;
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  return spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
}
