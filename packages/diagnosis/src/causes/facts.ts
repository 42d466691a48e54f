/** Facts of an examination that several causes look at. */
import type { NetworkInterface } from "@groupcast/backend";
import type { KernelMembership } from "../kernel/memberships.js";
import type { UDPSocket } from "../kernel/udp-sockets.js";
import { SOCKET_FILES } from "../kernel/udp-sockets.js";
import type { ArrivalSummary, Evidence, Fix } from "../verdict/diagnosis.js";
import { CannotCheck, known } from "./cause.js";
import type { Examination } from "./examination.js";

/** Returns the memberships of the group that were there before the probe's own. @throws CannotCheck */
export function earlierMemberships({ before, target }: Examination): readonly KernelMembership[] {
  return known(before.memberships).filter(({ group }) => group === target.address);
}

/** Returns the sockets of other programs that are bound to the port. @throws CannotCheck */
export function socketsAtPort({ before, target }: Examination): readonly UDPSocket[] {
  if (target.port === undefined) throw new CannotCheck("no port was given", "name the port of the receiver, as in 239.1.2.3:5000");
  const own = known(before.sockets).filter(({ port }) => port === target.port);
  if (target.family === 6) return own;
  const dualStack = known(before.dualStackSockets).filter(({ port, address }) => port === target.port && address === "::");
  return [...own, ...dualStack];
}

/** Returns what other hosts sent to the group and port meanwhile. @throws CannotCheck */
export function foreignArrivals({ observations }: Examination): readonly ArrivalSummary[] {
  return known(observations.arrivals).filter(({ isThisHost }) => !isThisHost);
}

/** Returns whether datagrams of other hosts came in where they are expected; where nobody knows how they came in, anywhere. */
export function arrivesAsExpected({ observations, target }: Examination): boolean {
  const arrivals = "value" in observations.arrivals ? observations.arrivals.value : [];
  return arrivals.some(({ isThisHost, interface: at }) => !isThisHost && (at === undefined || at === target.interface?.name));
}

/** Returns whether nothing arrived, not even from this host. @throws CannotCheck: nothing could listen. */
export function isSilent({ observations }: Examination): boolean {
  return known(observations.arrivals).length === 0;
}

/** Returns the interface that datagrams are expected by. @throws CannotCheck */
export function expectedInterface({ target }: Examination): NetworkInterface {
  if (target.interface !== undefined) return target.interface;
  throw new CannotCheck("the interface on which they should arrive is not known", "name it: -i eth0");
}

/** Returns `nginx (pid 1)` for a socket, or its user where the process is hidden. */
export function ownerOf({ owners }: Examination, { inode, uid }: UDPSocket): string {
  const owner = owners.get(inode);
  return owner === undefined ? `a program of user ${uid}` : `${owner.name} (pid ${owner.pid})`;
}

/** Returns a socket as evidence. */
export function socketEvidence(examination: Examination, socket: UDPSocket, fact = "bound to"): Evidence {
  const at = socket.address.includes(":") ? `[${socket.address}]:${socket.port}` : `${socket.address}:${socket.port}`;
  const source = SOCKET_FILES[socket.address.includes(":") ? 6 : 4];
  return { source, fact: `${ownerOf(examination, socket)} ${fact}`, value: at };
}

/** Returns a command as a fix. */
export function command(text: string): Fix {
  return { kind: "command", text };
}

/** Returns a line of a program as a fix. */
export function code(text: string): Fix {
  return { kind: "code", text };
}

/** Returns a sentence as a fix. */
export function advice(text: string): Fix {
  return { kind: "advice", text };
}
