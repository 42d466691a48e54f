// A machine of one's own for tests that make interfaces, routes and namespaces: root has one, an ordinary user gets one from unshare(1).
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { runVisibly } from "./command.mjs";

const SYSTEM_PROGRAMS = "/usr/local/sbin:/usr/sbin:/sbin"; // ip, tc and nft: an ordinary user's PATH lacks these folders

/** New network and mount namespaces. An ordinary user needs a user namespace, too, is uid 0 inside, and has every capability there: user_namespaces(7). */
const UNSHARE = isPrivileged() ? ["--net", "--mount"] : ["--user", "--map-root-user", "--net", "--mount"];

/**
 * A directory for the names of network namespaces, as the user may not write to the host's (ip-netns(8)); /sys with the interfaces of
 * this namespace, read-only where a container's is; loopback; and a cable to a host outside with a default route over it, as nearly
 * every machine has one.
 */
const SET_UP = `
mount -t tmpfs tmpfs /run
mount -t sysfs sysfs /sys 2>/dev/null || mount -t sysfs -o ro sysfs /sys
ip link set dev lo up
ip netns add outside
ip link add name eth0 type veth peer name eth0 netns outside
for end in "" "-n outside"; do
  ip $end link set dev eth0 addrgenmode none
  ip $end link set dev eth0 up
done
ip address add 198.18.0.2/24 broadcast 198.18.0.255 dev eth0
ip address add fd00::2/64 dev eth0 nodad
ip address add fe80::2/64 dev eth0 nodad
ip -n outside address add 198.18.0.1/24 dev eth0
ip -n outside address add fd00::1/64 dev eth0 nodad
ip route add default via 198.18.0.1
ip -6 route add default via fd00::1 dev eth0
exec "$@"`;

/**
 * Settings of a kernel or a distribution that forbid an ordinary user to make namespaces.
 *
 * @type {readonly { path: string, forbids: string, remedy: string }[]}
 */
const SETTINGS = [
  // Debian's and Arch's own
  { path: "/proc/sys/kernel/unprivileged_userns_clone", forbids: "0", remedy: "sysctl -w kernel.unprivileged_userns_clone=1" },
  // user_namespaces(7), namespaces(7)
  { path: "/proc/sys/user/max_user_namespaces", forbids: "0", remedy: "sysctl -w user.max_user_namespaces=10000" },
  { path: "/proc/sys/user/max_net_namespaces", forbids: "0", remedy: "sysctl -w user.max_net_namespaces=10000" },
  { path: "/proc/sys/user/max_mnt_namespaces", forbids: "0", remedy: "sysctl -w user.max_mnt_namespaces=10000" },
  // Ubuntu from 23.10 on: the namespace is made, and has no capabilities
  {
    path: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    forbids: "1",
    remedy: 'an AppArmor profile with "userns," for /usr/bin/unshare, or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
  },
];

/** Whether programs can run in a namespace, and if not, why: which setting forbids it. */
/** @typedef {{ isAvailable: boolean, reason: string }} Finding */

/** @returns {boolean} Whether this process can make networks as it is. */
function isPrivileged() {
  return process.getuid?.() === 0;
}

/**
 * Asks the kernel for a namespace of this user, with all that tests set up in it.
 *
 * @returns {Finding}
 */
function askForNamespace() {
  if (process.platform !== "linux") return { isAvailable: false, reason: "only Linux has network namespaces" };
  const { status, error, stderr } = spawnSync("unshare", inNamespace("true", []), { encoding: "utf8", env: environment() });
  if (status === 0) return { isAvailable: true, reason: "" };
  return { isAvailable: false, reason: `an ordinary user cannot make namespaces here: ${obstacle(error?.message ?? stderr.trim())}` };
}

/**
 * Runs a program on this terminal: as it is for root, and in a namespace of its own for an ordinary user whom the kernel allows one.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {number} Its exit code.
 */
export function runWithNetworks(program, args) {
  if (isPrivileged()) return runVisibly(program, args);
  const { isAvailable, reason } = askForNamespace();
  if (!isAvailable) {
    process.env.GROUPCAST_NO_NAMESPACE = reason; // test/support/probe.ts gives it as the reason of each skip
    return runVisibly(program, args);
  }
  process.stdout.write("Running in a user namespace, with interfaces of its own (unshare -Urnm)\n");
  process.env.PATH = environment().PATH;
  return runVisibly("unshare", inNamespace(program, args));
}

/**
 * Runs a program on this terminal in a namespace of its own, also for root: it may take interfaces down. Where there is none, it runs as it
 * is, without the mark that says that it has one.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {number} Its exit code.
 */
export function runInOwnNetwork(program, args) {
  const { isAvailable, reason } = askForNamespace();
  process.env[isAvailable ? "GROUPCAST_OWN_NETWORK" : "GROUPCAST_NO_NAMESPACE"] = isAvailable ? "1" : reason;
  if (!isAvailable) return runVisibly(program, args);
  process.env.PATH = environment().PATH;
  return runVisibly("unshare", inNamespace(program, args));
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {string[]} Arguments of unshare(1).
 */
function inNamespace(program, args) {
  return [...UNSHARE, "sh", "-e", "-c", SET_UP, "sh", program, ...args];
}

function environment() {
  return { ...process.env, PATH: `${process.env.PATH ?? ""}:${SYSTEM_PROGRAMS}` };
}

/** @param {string} complaint What unshare(1), or the set-up after it, has printed. */
function obstacle(complaint) {
  const setting = SETTINGS.find(({ path, forbids }) => textOf(path) === forbids);
  if (setting !== undefined) return `${settingName(setting.path)} is ${setting.forbids}; ${setting.remedy}`;
  if (/ENOENT/.test(complaint)) return "there is no command unshare; apt-get install util-linux";
  if (/\bip: not found/.test(complaint)) return "there is no command ip; apt-get install iproute2";
  if (/^Seccomp:\s+2$/m.test(textOf("/proc/self/status") ?? "")) {
    return `a seccomp profile may forbid it, as a container's own does (docker run --security-opt seccomp=unconfined): ${complaint}`;
  }
  return complaint;
}

/** @param {string} path */
function settingName(path) {
  return path.replace("/proc/sys/", "").replaceAll("/", ".");
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined; // a kernel without it
  }
}
