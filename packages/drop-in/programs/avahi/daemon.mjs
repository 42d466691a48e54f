// Avahi on the interface of this network, with a bus of its own. /run is this network's alone.
import { mkdirSync, writeFileSync } from "node:fs";
import { start } from "../foreign.mjs";

/** A bus as the system's, for one user: a user namespace has no other. See dbus-daemon(1). */
const BUS = `<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>`;

const SETTINGS = `[server]
host-name=desktop
allow-interfaces=eth0
use-ipv4=yes
use-ipv6=no
[publish]
publish-workstation=no
`;

/** avahi-daemon(8) wants a user "avahi" and a directory that belongs to it: it sees a list where that is the user it runs as. */
const RUN_AS_AVAHI = `printf '%s\\n' root:x:0:0::/:/bin/sh avahi:x:0:0::/:/bin/sh > /run/passwd
printf '%s\\n' root:x:0: avahi:x:0: > /run/group
mount --bind /run/passwd /etc/passwd
mount --bind /run/group /etc/group
exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f /run/avahi.conf`;

/** Starts the bus and the daemon. Returns what ends them. */
export async function startAvahi() {
  for (const folder of ["/run/dbus", "/run/avahi-daemon"]) mkdirSync(folder, { recursive: true });
  writeFileSync("/run/bus.conf", BUS);
  writeFileSync("/run/avahi.conf", SETTINGS);
  const bus = start("dbus-daemon", ["--config-file=/run/bus.conf", "--nofork", "--nopidfile", "--print-address"]);
  await bus.printed(/^unix:/m);
  const daemon = start("unshare", ["--mount", "sh", "-e", "-c", RUN_AS_AVAHI]);
  await daemon.printed(/Server startup complete/);
  return async () => {
    await daemon.stop();
    await bus.stop();
  };
}
