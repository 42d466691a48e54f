// Reactors on real loopback sockets, and a protocol whose datagrams can be waited for.

import { DatagramProtocol, Reactor, type SocketAddress } from "@groupcast/reactor";
import { chooseBackend } from "groupcast";
import { beforeEach } from "vitest";
import { type BackendName, canLoad } from "../../support/backends.js";
import { type Probe, skipUnless } from "../../support/probe.js";

const DEADLINE_MS = 5_000;

/** Skips each test of the file or group that calls it where the backend cannot be loaded, or a probe says no. */
export function needs(backend: BackendName, ...probes: readonly Probe[]): void {
  beforeEach((context) => skipUnless(context, canLoad(backend), ...probes));
}

/** A reactor whose log is quiet; `await using` stops it. */
export function reactorOn(backend: BackendName): Reactor {
  return new Reactor({ backend: chooseBackend(backend), logger: { info() {}, warn() {}, error() {} } });
}

/** Remembers what comes, and lets a test wait for it. */
export class Received extends DatagramProtocol {
  readonly packets: { readonly text: string; readonly data: Buffer; readonly from: SocketAddress }[] = [];
  refusals = 0;
  starts = 0;
  stops = 0;
  onReceived: (text: string) => void = () => {};
  readonly #waiters = new Set<() => void>();

  get texts(): string[] {
    return this.packets.map(({ text }) => text);
  }

  override startProtocol(): void {
    this.starts++;
  }

  override datagramReceived(data: Buffer, from: SocketAddress): void {
    const text = data.toString();
    this.packets.push({ text, data, from });
    for (const look of this.#waiters) look();
    this.onReceived(text);
  }

  override connectionRefused(): void {
    this.refusals++;
    for (const look of this.#waiters) look();
  }

  override stopProtocol(): void {
    this.stops++;
  }

  /** Waits for `count` datagrams in all. */
  arrivals(count: number): Promise<void> {
    return this.until(`${count} datagrams`, () => this.packets.length >= count);
  }

  until(what: string, isReached: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`Waited ${DEADLINE_MS} ms in vain for ${what}; there are ${this.texts}`)),
        DEADLINE_MS,
      );
      const look = (): void => {
        if (!isReached()) return;
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }
}
