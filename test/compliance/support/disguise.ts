// Puts changes between contracts and a backend: what a change does not name passes through.
import { type DatagramBackend, type DatagramBatch, type DatagramSocket, runEndOf, type SocketObserver } from "@groupcast/backend";

/** Makes a backend that is not quite the one it was given. */
export type Disguise = (backend: DatagramBackend) => DatagramBackend;

/** Some methods of an object, in place of its own. */
export type Changes<T> = Partial<T>;

/** `inner`, with `changes` in place of its own methods and values. */
export function changed<T extends object>(inner: T, changes: Changes<T>): T {
  return new Proxy(inner, {
    get(target, key) {
      if (key in changes) return Reflect.get(changes, key);
      const own = Reflect.get(target, key, target) as unknown;
      return typeof own === "function" ? own.bind(target) : own; // its private fields are in itself, not in the proxy
    },
  });
}

/** Changes every socket. `observer` is the observer that it was opened with. */
export function changedSockets(change: (socket: DatagramSocket, observer: SocketObserver) => Changes<DatagramSocket>): Disguise {
  return (backend) =>
    changed(backend, {
      openSocket(family, observer) {
        const socket = backend.openSocket(family, observer);
        return typeof socket === "number" ? socket : changed(socket, change(socket, observer));
      },
    });
}

/** Changes every observer. */
export function changedObservers(change: (observer: SocketObserver) => Changes<SocketObserver>): Disguise {
  return (backend) =>
    changed(backend, { openSocket: (family, observer) => backend.openSocket(family, changed(observer, change(observer))) });
}

/** Changes every batch on its way to an observer. */
export function changedBatches(change: (batch: DatagramBatch) => Changes<DatagramBatch>): Disguise {
  return changedObservers((observer) => ({ received: (batch) => observer.received(changed(batch, change(batch))) }));
}

/** A batch with only the datagrams `indexes` of `batch`, in that order. */
export function pickedFrom(batch: DatagramBatch, indexes: readonly number[]): DatagramBatch {
  const at = (index: number): number => indexes[index]!;
  const picked: DatagramBatch = {
    length: indexes.length,
    lengthBytes: (index) => batch.lengthBytes(at(index)),
    view: (index) => batch.view(at(index)),
    copy: (index, startBytes) => batch.copy(at(index), startBytes),
    runEnd: (first, prefixBytes, leastBytes) => runEndOf(picked, first, prefixBytes, leastBytes),
    uint32: (index, offset) => batch.uint32(at(index), offset),
    from: (index) => batch.from(at(index)),
    truncated: (index) => batch.truncated(at(index)),
    arrival: (index) => batch.arrival(at(index)),
    destination: (index) => batch.destination(at(index)),
    interfaceIndex: (index) => batch.interfaceIndex(at(index)),
  };
  return picked;
}

/** The indexes of a batch. */
export function indexesOf({ length }: { readonly length: number }): number[] {
  return Array.from({ length }, (_, index) => index);
}
