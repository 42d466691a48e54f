// The host that this process runs on, as contracts see it: in a namespace with interfaces of its own, or as it is.
import { readFileSync, realpathSync } from "node:fs";
import type { DatagramBackend, Family } from "@groupcast/backend";
import { answered, type ForeignSocket, realClock, type Site } from "@groupcast/backend-compliance";
import { DgramBackend } from "@groupcast/backend-dgram";
import { NativeBackend } from "@groupcast/backend-native";
import { interfaceControl, routeControl } from "./interface-control.js";

const POLL_INTERVAL_MS = 50; // of a backend that cannot be told of changes

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

/** What there is in a namespace. */
export interface NamespaceFacts {
  /** Names of the interfaces. */
  readonly interfaces: readonly string[];
  /** Name of the namespace that holds the other ends of the cables. */
  readonly farSide: string;
  readonly foreignSockets: ForeignSocket[];
}

/** The namespace this process is in. */
export function openNamespaceSite(backend: HostBackend, { interfaces, farSide, foreignSockets }: NamespaceFacts): Site {
  return {
    backend: MAKE[backend](),
    openAnother: MAKE[backend],
    clock: realClock,
    interfaces,
    control: interfaceControl(farSide),
    routes: routeControl,
    program: PROGRAMS[backend],
    ...(foreignSockets.length > 0 && { foreignSocket: () => foreignSockets.pop()! }),
  };
}

/** The host as it is: loopback, which carries multicast of IPv4 on most hosts, and of IPv6 on few (it has no route there). */
export function openHostSite(backend: HostBackend, family: Family, hasMulticast: boolean): Site {
  const made = MAKE[backend]();
  const loopback = answered(made.network.interfaces()).find(({ flags }) => flags.loopback);
  const isMissing = loopback === undefined || !hasMulticast || family === 6;
  return {
    backend: made,
    openAnother: MAKE[backend],
    clock: realClock,
    interfaces: loopback === undefined ? [] : [loopback.name],
    program: PROGRAMS[backend],
    ...(isMissing && { multicastIsMissing: `loopback carries no multicast of IPv${family}, and namespaces cannot be made on this host` }),
  };
}
