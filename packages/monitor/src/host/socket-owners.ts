import { findSocketOwners, type HostFiles, type HostProcess } from "@groupcast/diagnosis";

const SHARE_OF_TIME = 50; // a search rests 50 times as long as it took: 2 % of a core at most

/**
 * Finds the processes of sockets, and remembers them.
 *
 * Theory of operation: a search opens the folder of every process, which takes longest of all that a monitor does. So it is made only when
 * there is a socket that no search has looked for, and not before the one before it has been rested from.
 */
export class SocketOwnerCache {
  readonly #files: HostFiles;
  readonly #nowMs: () => number;
  #owners = new Map<number, HostProcess | undefined>();
  #hidden = 0;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(files: HostFiles, nowMs: () => number) {
    this.#files = files;
    this.#nowMs = nowMs;
  }

  /** Number of processes that this user may not look into. */
  get hidden(): number {
    return this.#hidden;
  }

  /** Returns the process of each socket, by inode; those of processes that are hidden, or not found yet, are missing. */
  of(inodes: ReadonlySet<number>): ReadonlyMap<number, HostProcess | undefined> {
    const fresh = [...inodes].some((inode) => !this.#owners.has(inode));
    const startMs = this.#nowMs();
    if (fresh && startMs >= this.#nextMs) this.#search(inodes, startMs);
    return this.#owners;
  }

  /** Searches for every socket that has no process yet, as an inherited one may have got one that can be looked into. */
  #search(inodes: ReadonlySet<number>, startMs: number): void {
    const known = new Map([...inodes].map((inode) => [inode, this.#owners.get(inode)]));
    const unknown = new Set([...inodes].filter((inode) => known.get(inode) === undefined));
    const { byInode, hidden } = findSocketOwners(this.#files, unknown);
    for (const [inode, owner] of byInode) known.set(inode, owner);
    this.#owners = known;
    this.#hidden = hidden;
    this.#nextMs = this.#nowMs() + (this.#nowMs() - startMs) * SHARE_OF_TIME;
  }
}
