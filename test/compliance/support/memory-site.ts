// A host of a network in memory, made like the host of the other backends: two interfaces with two addresses each.

import type { DatagramBackend } from "@groupcast/backend";
import type { InterfaceControl, RouteControl, Site, TrialClock } from "@groupcast/backend-compliance";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { INTERFACES } from "./interfaces.js";

const PROGRAM = `
  import { MemoryNetwork } from "${import.meta.resolve("@groupcast/backend-memory")}";
  import { systemClock } from "${import.meta.resolve("@groupcast/reactor")}";
  const backend = new MemoryNetwork({ clock: systemClock }).host("host");`;

/** @param disguise - Puts something between the contracts and the backend; default: nothing. */
export function openMemorySite(disguise: (backend: DatagramBackend) => DatagramBackend = (backend) => backend): Site {
  const network = new MemoryNetwork();
  const host = network.host("host", { switch: null });
  for (const [name, addresses] of Object.entries(INTERFACES)) host.addInterface(name, { switch: network.switch(name), addresses });
  return {
    backend: disguise(host),
    openAnother: () => host, // a host in memory is one backend, for as many reactors as there are
    clock: trialClock(network),
    interfaces: Object.keys(INTERFACES),
    control: controlOf(network),
    routes: routesOf(network),
    program: PROGRAM,
    leftovers: () => (network.clock.pendingCalls === 0 ? [] : [`${network.clock.pendingCalls} calls of the clock`]),
  };
}

function controlOf(network: MemoryNetwork): InterfaceControl {
  const host = network.host("host");
  return {
    add: async (name, addresses) => host.addInterface(name, { switch: network.switch(name), addresses }),
    remove: async (name) => host.removeInterface(name),
    setUp: async (name, isUp) => host.setUp(name, isUp),
    throttle: async (name, bytesPerSecond) => host.setLink(name, { bandwidthBitsPerSecond: 8 * bytesPerSecond }),
  };
}

function routesOf(network: MemoryNetwork): RouteControl {
  const host = network.host("host");
  return {
    add: async (type, destination) => host.addRoute({ type, destination }),
    remove: async (_type, destination) => host.removeRoute(destination),
  };
}

function trialClock({ clock }: MemoryNetwork): TrialClock {
  return {
    nowMs: () => clock.nowMs(),
    schedule: (delayMs, fn) => clock.schedule(delayMs, fn),
    hold: () => clock.hold(),
    async until(isReached, deadlineMs) {
      try {
        await clock.runUntil(isReached, { limitMs: deadlineMs });
      } catch (error) {
        if ((error as { code?: string }).code !== "ERR_CLOCK_LIMIT") throw error;
      }
      return isReached();
    },
  };
}
