// The host that this process runs on, as contracts see it: in a namespace with interfaces of its own, or as it is.
import { readFileSync, realpathSync } from "node:fs";
import type { DatagramBackend, Family } from "@groupcast/backend";
import { type ForeignSocket, hasPrivilege, loopbackSite, realClock, type Site } from "@groupcast/backend-compliance";
import { DgramBackend } from "@groupcast/backend-dgram";
import { NativeBackend } from "@groupcast/backend-native";
import { interfaceControl, routeControl } from "./interface-control.js";

const POLL_INTERVAL_MS = 50; // of a backend that polls for changes

/** A backend of the host. */
export type HostBackend = "native" | "dgram";

const MAKE: Readonly<Record<HostBackend, () => DatagramBackend>> = {
  native: loadNative,
  dgram: () => new DgramBackend({ pollIntervalMs: POLL_INTERVAL_MS }),
};

/** Path of a file in prebuilds/, or in another folder that prebuild.mjs has filled; the addons of vitest have other names. */
const ADDON_FILE = /\S+\/linux-[^/\s]*\.node$/gm;

function loadNative(): NativeBackend {
  const backend = NativeBackend.load();
  refuseOtherAddons();
  return backend;
}

/** Checks that a run which names an addon is a run of that addon alone, by what the kernel has mapped into the process. */
function refuseOtherAddons(): void {
  const named = process.env.GROUPCAST_ADDON;
  if (named === undefined || named === "") return;
  const path = realpathSync(named);
  const maps = readFileSync("/proc/self/maps", "utf8");
  const others = new Set(maps.match(ADDON_FILE)?.filter((other) => other !== path));
  if (maps.includes(` ${path}\n`) && others.size === 0) return;
  throw new Error(`GROUPCAST_ADDON is ${named}, and the process has loaded ${[...others].join(", ") || "none"}`);
}

const PROGRAMS: Readonly<Record<HostBackend, string>> = {
  native: `import { NativeBackend } from "${import.meta.resolve("@groupcast/backend-native")}"; const backend = NativeBackend.load();`,
  dgram: `import { DgramBackend } from "${import.meta.resolve("@groupcast/backend-dgram")}"; const backend = new DgramBackend();`,
};

/** Facts of the namespace that this process is in. */
export interface NamespaceFacts {
  /** Names of the interfaces. */
  readonly interfaces: readonly string[];
  /** Name of the namespace that holds the other ends of the cables. */
  readonly farSide: string;
  readonly foreignSockets: ForeignSocket[];
}

/** Makes a site of the namespace that this process is in. */
export function openNamespaceSite(backend: HostBackend, { interfaces, farSide, foreignSockets }: NamespaceFacts): Site {
  return {
    backend: MAKE[backend](),
    openAnother: MAKE[backend],
    clock: realClock,
    hasPrivilege,
    interfaces,
    control: interfaceControl(farSide),
    routes: routeControl,
    program: PROGRAMS[backend],
    ...(foreignSockets.length > 0 && { foreignSocket: () => foreignSockets.pop()! }),
  };
}

/** Makes a site of the host as it is, where `hasMulticast` says whether loopback carries IPv4 groups. */
export function openHostSite(backend: HostBackend, family: Family, hasMulticast: boolean): Site {
  const site = loopbackSite(MAKE[backend](), family);
  const missing = site.multicastIsMissing ?? (hasMulticast ? undefined : "loopback carries no multicast");
  return {
    ...site,
    openAnother: MAKE[backend],
    program: PROGRAMS[backend],
    ...(missing !== undefined && { multicastIsMissing: missing }),
  };
}
