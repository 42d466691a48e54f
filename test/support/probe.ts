// Asks the machine what it can do, so that a test that needs more is skipped for a reason that it gives.
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const PROBE_GROUP = "239.255.255.250";
const ANSWER_DEADLINE_MS = 1_000;

/** What a probe found out. */
export interface Finding {
  readonly isAvailable: boolean;
  /** What is missing, and what to do about it: the reason of a skip. */
  readonly reason: string;
}

/** Asks once; the answer does not change while tests run. */
export type Probe = () => Promise<Finding>;

/** What skipping needs of the context that vitest passes to a test. */
export interface Skippable {
  skip(condition: boolean, note?: string): void;
}

/** Skips the test that calls it, with the first reason there is, unless the machine has it all. */
export async function skipUnless(context: Skippable, ...probes: readonly Probe[]): Promise<void> {
  const { isAvailable, reason } = await allOf(...probes)();
  context.skip(!isAvailable, reason);
}

/** @returns A probe that is available when all are, with the reason of the first that is not. */
export function allOf(...probes: readonly Probe[]): Probe {
  return async () => {
    for (const probe of probes) {
      const finding = await probe();
      if (!finding.isAvailable) return finding;
    }
    return { isAvailable: true, reason: "" };
  };
}

/** Root of the machine, or of the user namespace that `npm test` makes for an ordinary user, or else says why it cannot. */
export const isRoot: Probe = probe(
  process.env.GROUPCAST_NO_NAMESPACE ?? "an ordinary user needs a user namespace for this, which npm test makes",
  () => process.getuid?.() === 0,
);

export const hasIPv6: Probe = probe("no IPv6: ::1 cannot be bound", async () => {
  const socket = createSocket("udp6");
  const isBound = once(socket, "listening").then(
    () => true,
    () => false, // EADDRNOTAVAIL or EAFNOSUPPORT: that is the answer
  );
  socket.bind(0, "::1");
  const answer = await isBound;
  socket.close();
  return answer;
});

export const hasMulticastLoopback: Probe = probe("a multicast datagram on loopback does not come back", async () => {
  const socket = createSocket("udp4");
  try {
    socket.bind(0, "0.0.0.0");
    await once(socket, "listening");
    socket.addMembership(PROBE_GROUP, "127.0.0.1");
    socket.setMulticastInterface("127.0.0.1");
    socket.send("probe", socket.address().port, PROBE_GROUP);
    await once(socket, "message", { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) });
    return true;
  } catch {
    return false; // whatever refused it, it is not there
  } finally {
    socket.close();
  }
});

export const canMakeNamespaces: Probe = probe("network namespaces cannot be made, as in a container without CAP_SYS_ADMIN", () => {
  return spawnSync("unshare", ["--net", "--mount", "true"]).status === 0;
});

/** Interfaces without a MAC address are made by this device: tun of the kernel's documentation. */
export const hasTunnels: Probe = probe("/dev/net/tun cannot be opened, as udev lets everybody: chmod 666 /dev/net/tun", () => {
  return canAccess("/dev/net/tun", constants.R_OK | constants.W_OK);
});

/** @param debianPackage - Where it is to be had. */
export function hasCommand(name: string, debianPackage: string): Probe {
  return probe(`there is no command "${name}": apt-get install ${debianPackage}`, () => {
    const directories = (process.env.PATH ?? "").split(delimiter);
    return directories.some((directory) => canAccess(join(directory, name), constants.X_OK));
  });
}

/** A sender of RTP. Its elements come in packages of their own. */
export const hasGStreamer: Probe = probe(
  "there is no GStreamer: apt-get install gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good",
  () => ["audiotestsrc", "rtppcmupay", "udpsink"].every((element) => spawnSync("gst-inspect-1.0", ["--exists", element]).status === 0),
);

/** Everything that the lab is made of. */
export const canRunLab: Probe = allOf(
  isRoot,
  hasCommand("ip", "iproute2"),
  hasCommand("tcpdump", "tcpdump"),
  hasCommand("nft", "nftables"),
  hasCommand("smcrouted", "smcroute"),
  canMakeNamespaces,
);

function probe(reason: string, ask: () => boolean | Promise<boolean>): Probe {
  let finding: Promise<Finding> | undefined;
  const find = async (): Promise<Finding> => {
    const isAvailable = await ask();
    return { isAvailable, reason: isAvailable ? "" : reason };
  };
  return () => {
    finding ??= find();
    return finding;
  };
}

function canAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
