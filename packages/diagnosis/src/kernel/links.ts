/** Kind, state and settings of interfaces: /sys/class/net and /proc/sys/net. */
import { type HostFiles, isUnread, type Reading } from "../host-files.js";

/** Kind of a link, as far as it matters to multicast. */
export type LinkKind = "bridge" | "bond" | "loopback" | "other" | "tunnel" | "vlan" | "vxlan" | "wifi";

/** A link, as the kernel describes it. A field is undefined where its file could not be read. */
export interface Link {
  /** Name of the interface. */
  readonly name: string;
  /** Kind. */
  readonly kind: LinkKind;
  /** State of RFC 2863: `up`, `down`, `lowerlayerdown`, `unknown` … */
  readonly operstate: string | undefined;
  /** Of a bridge: whether it sends groups to their members only (RFC 4541). */
  readonly snooping: boolean | undefined;
  /** Of a bridge: whether it asks for members itself. */
  readonly querier: boolean | undefined;
}

/** Settings of an interface that keep multicast out, or change how it is asked for. */
export interface LinkSettings {
  /** Reverse path filter that applies: the larger of the interface's and that of `all`. 0: none, 1: strict, 2: loose (RFC 3704). */
  readonly rpFilter: Reading<number>;
  /** Version of IGMP that is forced; 0: none. */
  readonly forcedIGMP: Reading<number>;
  /** Version of MLD that is forced; 0: none. */
  readonly forcedMLD: Reading<number>;
}

const TYPE_LOOPBACK = "772"; // ARPHRD_LOOPBACK of linux/if_arp.h
const KINDS: Readonly<Record<string, LinkKind>> = { bridge: "bridge", bond: "bond", vlan: "vlan", vxlan: "vxlan", wlan: "wifi" };

/** Reads what is known of one link. */
export function readLink(files: HostFiles, name: string): Link {
  const folder = `/sys/class/net/${name}`;
  return {
    name,
    kind: kindOf(files, folder),
    operstate: trimmed(files.read(`${folder}/operstate`)),
    snooping: flagOf(files.read(`${folder}/bridge/multicast_snooping`)),
    querier: flagOf(files.read(`${folder}/bridge/multicast_querier`)),
  };
}

/** Reads the settings of one interface. */
export function readLinkSettings(files: HostFiles, name: string): LinkSettings {
  const largest = (family: "ipv4" | "ipv6", setting: string) => {
    const [own, all] = [name, "all"].map((scope) => readNumber(files, `/proc/sys/net/${family}/conf/${scope}/${setting}`)) as [
      Reading<number>,
      Reading<number>,
    ];
    if (isUnread(own)) return own;
    return isUnread(all) ? all : { value: Math.max(own.value, all.value) };
  };
  return {
    rpFilter: largest("ipv4", "rp_filter"),
    forcedIGMP: largest("ipv4", "force_igmp_version"),
    forcedMLD: largest("ipv6", "force_mld_version"),
  };
}

/** Path of the limit of memberships that one socket may have. */
export const MEMBERSHIP_LIMIT_FILE = "/proc/sys/net/ipv4/igmp_max_memberships";

/** Reads a file that has one number. */
export function readNumber(files: HostFiles, path: string): Reading<number> {
  const text = files.read(path);
  if (isUnread(text)) return text;
  return /^\d{1,10}\n$/.test(text.value) ? { value: Number(text.value) } : { path, reason: "it has no number in it" };
}

function kindOf(files: HostFiles, folder: string): LinkKind {
  if (trimmed(files.read(`${folder}/type`)) === TYPE_LOOPBACK) return "loopback";
  const [, type] = /^DEVTYPE=(\S+)$/m.exec(trimmed(files.read(`${folder}/uevent`)) ?? "") ?? [];
  if (type !== undefined && Object.hasOwn(KINDS, type)) return KINDS[type]!;
  const has = (entry: string) => !isUnread(files.list(`${folder}/${entry}`));
  if (has("wireless") || !isUnread(files.link(`${folder}/phy80211`))) return "wifi";
  if (!isUnread(files.read(`${folder}/tun_flags`))) return "tunnel";
  return has("bridge") ? "bridge" : "other";
}

function trimmed(reading: Reading<string>): string | undefined {
  return isUnread(reading) ? undefined : reading.value.trim();
}

function flagOf(reading: Reading<string>): boolean | undefined {
  const text = trimmed(reading);
  return text === "1" || text === "0" ? text === "1" : undefined;
}
