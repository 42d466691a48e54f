// The compilers for the platforms that addons ship for, and an emulator to try a foreign one: Debian packages.
import { existsSync } from "node:fs";
import { fail, runQuietly } from "../command.mjs";

export const EMULATOR = "/usr/bin/qemu-aarch64-static";
export const FOREIGN_ROOT = "/usr/aarch64-linux-gnu"; // the C library for arm64, which the cross compiler brings

/** Debian package → what shows that it is there. */
const PACKAGES = {
  "g++": "/usr/bin/x86_64-linux-gnu-g++",
  "g++-aarch64-linux-gnu": "/usr/bin/aarch64-linux-gnu-g++",
  "musl-tools": "/usr/lib/x86_64-linux-musl/musl-gcc.specs",
  "qemu-user-static": EMULATOR,
};

/** Installs what is missing, where root may; elsewhere says how. */
export function installToolchains() {
  const missing = Object.entries(PACKAGES).flatMap(([name, file]) => (existsSync(file) ? [] : [name]));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    fail(`The addons of all platforms need ${missing.join(", ")}; on Debian, as root: apt-get install ${missing.join(" ")}`);
  }
  process.stdout.write(`Installing ${missing.join(", ")} … `);
  const environment = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];
  for (const action of [["update"], ["install", "-y", "--no-install-recommends", ...missing]]) {
    const [program = "", ...args] = [...environment, ...action];
    const { succeeded, output } = runQuietly(program, args);
    if (!succeeded) fail(output);
  }
  process.stdout.write("done\n");
}
