/** Surroundings of this host, as far as they matter to multicast: a container, a cloud. */
import { type HostFiles, isUnread } from "../host-files.js";

/** A fact, and the file that tells it. */
export interface SurroundingFact {
  /** Name of what it is. */
  readonly name: string;
  /** File. */
  readonly path: string;
}

/** Surroundings of this host. */
export interface Surroundings {
  /** Container engine; undefined on a host of its own. */
  readonly container: SurroundingFact | undefined;
  /** Cloud; undefined elsewhere, and where the firmware is not to be read. */
  readonly cloud: SurroundingFact | undefined;
}

/** Map of file → container engine that puts it into its containers. */
const CONTAINER_MARKS: Readonly<Record<string, string>> = {
  "/.dockerenv": "Docker",
  "/run/.containerenv": "Podman",
  "/var/run/secrets/kubernetes.io/serviceaccount/namespace": "Kubernetes",
};

const VENDOR_FILE = "/sys/class/dmi/id/sys_vendor";

/** Vendors of machines whose networks carry no multicast, or not without further steps, in the words of their firmware. */
const CLOUDS: readonly (readonly [RegExp, string])[] = [
  [/^Amazon EC2/, "Amazon EC2"],
  [/^Google/, "Google Cloud"],
  [/^Alibaba Cloud/, "Alibaba Cloud"],
  [/^DigitalOcean/, "DigitalOcean"],
  [/^Hetzner/, "Hetzner Cloud"],
  [/^Vultr/, "Vultr"],
  [/^OVHcloud/i, "OVHcloud"],
  [/^OracleCloud/i, "Oracle Cloud"],
];

/** Azure's machines have the vendor of every machine of Hyper-V; this tag of the chassis is Azure's own. */
const AZURE_FILE = "/sys/class/dmi/id/chassis_asset_tag";
const AZURE_TAG = "7783-7084-3265-9085-8269-3286-77";

/** Reads the surroundings. */
export function readSurroundings(files: HostFiles): Surroundings {
  const mark = Object.entries(CONTAINER_MARKS).find(([path]) => !isUnread(files.read(path)));
  return { container: mark && { path: mark[0], name: mark[1] }, cloud: cloudOf(files) };
}

function cloudOf(files: HostFiles): SurroundingFact | undefined {
  const tag = files.read(AZURE_FILE);
  if (!isUnread(tag) && tag.value.trim() === AZURE_TAG) return { path: AZURE_FILE, name: "Microsoft Azure" };
  const vendor = files.read(VENDOR_FILE);
  const found = isUnread(vendor) ? undefined : CLOUDS.find(([pattern]) => pattern.test(vendor.value));
  return found && { path: VENDOR_FILE, name: found[1] };
}
