/** Processes and their sockets: /proc/PID/fd, as far as this user may look. */
import { type HostFiles, isUnread } from "../host-files.js";

/** A process. */
export interface HostProcess {
  /** Process id. */
  readonly pid: number;
  /** Name of its program, as the kernel has it: 15 characters at most, chosen by the program. */
  readonly name: string;
}

/** Processes that have sockets, and whether all could be looked at. */
export interface SocketOwners {
  /** Map of inode of a socket → the process that has it; the one with the smallest id, if several do. */
  readonly byInode: ReadonlyMap<number, HostProcess>;
  /** Number of processes that this user may not look into. */
  readonly hidden: number;
}

/** Finds the processes that have the sockets `inodes`. */
export function findSocketOwners(files: HostFiles, inodes: ReadonlySet<number>): SocketOwners {
  const byInode = new Map<number, HostProcess>();
  let hidden = 0;
  for (const pid of processIds(files)) {
    if (byInode.size === inodes.size) break;
    const descriptors = files.list(`/proc/${pid}/fd`);
    if (isUnread(descriptors)) {
      hidden++;
      continue;
    }
    for (const descriptor of descriptors.value) {
      const inode = socketInode(files, `/proc/${pid}/fd/${descriptor}`);
      if (inode !== undefined && inodes.has(inode) && !byInode.has(inode)) byInode.set(inode, { pid, name: nameOf(files, pid) });
    }
  }
  return { byInode, hidden };
}

function processIds(files: HostFiles): number[] {
  const entries = files.list("/proc");
  if (isUnread(entries)) return [];
  return entries.value
    .filter((name) => /^\d{1,10}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function socketInode(files: HostFiles, path: string): number | undefined {
  const target = files.link(path);
  const [, inode] = isUnread(target) ? [] : (/^socket:\[(\d{1,20})\]$/.exec(target.value) ?? []);
  return inode === undefined ? undefined : Number(inode);
}

function nameOf(files: HostFiles, pid: number): string {
  const name = files.read(`/proc/${pid}/comm`);
  return isUnread(name) ? "?" : name.value.trim();
}
