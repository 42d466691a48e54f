// Backends that break one promise each, with the contract that finds it out.

import { type DatagramSocket, type Family, type SendBatch, type SocketObserver, socketAddress } from "@groupcast/backend";
import type { Access, ContractId } from "@groupcast/backend-compliance";
import { answered } from "@groupcast/backend-compliance";
import { ERRNO } from "@groupcast/base";
import { changed, changedBatches, changedObservers, changedSockets, type Disguise, indexesOf, pickedFrom } from "./disguise.js";

/** A broken backend. */
export interface Mutant {
  readonly killedBy: ContractId;
  readonly disguise: Disguise;
  readonly family?: Family; // default 4
  readonly access?: Access; // default: bare
}

const kept = new Set<unknown>(); // objects that a mutant never releases

/** Name → how it is broken. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  deliversInsideSend: {
    killedBy: "RX-4",
    disguise: changedSockets((socket, observer) => ({
      send(batch, from, to) {
        const outcome = socket.send(batch, from, to);
        const local = socket.localAddress();
        if (outcome > 0 && typeof local !== "number" && batch.to[from]?.port === local.port)
          observer.received(batchOfSent(batch, from, socket));
        return outcome;
      },
    })),
  },
  dropsEmptyDatagrams: {
    killedBy: "RX-14",
    disguise: picking((batch) => indexesOf(batch).filter((index) => batch.lengthBytes(index) > 0)),
  },
  duplicatesEveryFifth: {
    killedBy: "RX-15",
    disguise: picking((batch, count) => indexesOf(batch).flatMap((index) => ((count + index) % 5 === 4 ? [index, index] : [index]))),
  },
  deliversBackwards: { killedBy: "RX-16", disguise: picking((batch) => indexesOf(batch).reverse()) },
  reusesTheReceiveBuffer: {
    killedBy: "RX-18",
    disguise: (backend) => {
      const shared = Buffer.alloc(65_535);
      const reusing = changedBatches((batch) => ({
        copy(index) {
          batch.view(index).copy(shared);
          return shared.subarray(0, batch.lengthBytes(index));
        },
      }));
      return reusing(backend);
    },
  },
  leavesNothingOut: {
    killedBy: "RX-20",
    disguise: changedBatches((batch) => ({ copy: (index) => batch.copy(index) })),
  },
  mixesBeginnings: {
    killedBy: "RX-42",
    disguise: changedBatches((batch) => ({ runEnd: () => batch.length })),
  },
  mixesSenders: {
    killedBy: "RX-42",
    disguise: changedBatches((batch) => ({
      runEnd(first, prefixBytes) {
        const prefix = batch.copy(first).subarray(0, prefixBytes);
        let end = first + 1;
        while (end < batch.length && batch.view(end).length > prefixBytes && prefix.equals(batch.view(end).subarray(0, prefixBytes))) end++;
        return end;
      },
    })),
  },
  forgetsTheLeastLength: {
    killedBy: "RX-42",
    disguise: changedBatches((batch) => ({ runEnd: (first, prefixBytes) => batch.runEnd(first, prefixBytes) })),
  },
  readsTheOtherEndian: {
    killedBy: "RX-42",
    disguise: changedBatches((batch) => ({ uint32: (index, offset) => batch.view(index).readUInt32LE(offset) })),
  },
  truncatesSilently: {
    killedBy: "RX-17",
    disguise: changedBatches((batch) => ({
      truncated: () => false,
      arrival: (index) => ({ ...batch.arrival(index), truncated: false }),
    })),
  },
  cutsAtTheMtu: {
    killedBy: "RX-22",
    disguise: changedBatches((batch) => ({ copy: (index) => batch.copy(index).subarray(0, 1_472) })),
  },
  tellsTheWrongSenderPort: {
    killedBy: "ADDR-3",
    disguise: changedBatches((batch) => ({
      from: (index) => socketAddress(batch.from(index).address, batch.from(index).port + 1),
    })),
  },
  makesAddressesThatCanBeChanged: {
    killedBy: "ADDR-4",
    disguise: changedBatches((batch) => ({ from: (index) => ({ ...batch.from(index) }) })),
  },
  forgetsTheScope: {
    killedBy: "ADDR-16",
    family: 6,
    disguise: changedBatches((batch) => ({
      from: (index) => socketAddress(batch.from(index).address.replace(/%.*/, ""), batch.from(index).port),
    })),
  },
  sharesEveryPort: {
    killedBy: "ADDR-6",
    disguise: changedSockets((socket) => ({
      bind(local) {
        socket.setOption("reuseAddress", 1);
        return socket.bind(local);
      },
    })),
  },
  ignoresLimits: {
    killedBy: "RX-7",
    disguise: changedSockets((socket) => ({ startReading: (limits) => socket.startReading({ ...limits, maxDatagrams: 1_000 }) })),
  },
  countsBytesOnly: {
    killedBy: "RX-8",
    disguise: changedSockets((socket) => ({
      startReading: (limits) => socket.startReading({ ...limits, maxDatagrams: Math.max(limits.maxDatagrams, 100) }),
    })),
  },
  readsOnWhenStopped: { killedBy: "RX-2", disguise: changedSockets(() => ({ stopReading() {} })) },
  readsBeforeItIsAsked: {
    killedBy: "RX-1",
    disguise: changedSockets((socket) => ({
      bind(local) {
        const outcome = socket.bind(local);
        socket.startReading({ maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 });
        return outcome;
      },
    })),
  },
  deliversAfterClose: { killedBy: "LIFE-22", disguise: changedSockets(() => ({ close() {} })) },
  leaksThePort: {
    killedBy: "LIFE-21",
    disguise: changedSockets((socket) => ({
      close() {
        socket.stopReading();
        kept.add(socket);
      },
    })),
  },
  throwsAfterClose: {
    killedBy: "LIFE-26",
    disguise: changedSockets((socket) => {
      let isClosed = false;
      return {
        close() {
          isClosed = true;
          socket.close();
        },
        send(batch, from, to) {
          if (isClosed) throw new Error("the socket is closed");
          return socket.send(batch, from, to);
        },
      };
    }),
  },
  keepsItsObservers: {
    killedBy: "RES-3",
    disguise: changedSockets((_, observer) => {
      kept.add(observer);
      return {};
    }),
  },
  sendsLater: {
    killedBy: "TX-23",
    disguise: changedSockets((socket) => ({
      send(batch, from, to) {
        queueMicrotask(() => void socket.send(batch, from, to)); // by then the caller may have written over the batch
        return to - from;
      },
    })),
  },
  sendsTheWholeBatch: {
    killedBy: "TX-21",
    disguise: changedSockets((socket) => ({ send: (batch) => socket.send(batch, 0, batch.to.length) })),
  },
  losesTheErrorOfASend: {
    killedBy: "TX-2",
    disguise: changedSockets((socket) => ({
      send: (batch, from, to) => Math.max(1, socket.send(batch, from, to)),
    })),
  },
  losesTheRestOfABatch: {
    killedBy: "TX-24",
    disguise: changedSockets((socket) => ({
      send(batch, from, to) {
        const outcome = socket.send(batch, from, to);
        return outcome > 0 ? to - from : outcome;
      },
    })),
  },
  keepsLossesToItself: { killedBy: "TX-51", disguise: changedObservers(() => ({ sendFailed() {} })) },
  tellsEveryLossTwice: {
    killedBy: "TX-51",
    disguise: changedObservers((observer) => ({
      sendFailed(errno, peer) {
        observer.sendFailed(errno, peer);
        observer.sendFailed(errno, peer);
      },
    })),
  },
  forgetsWhoRefused: {
    killedBy: "TX-54",
    disguise: changedObservers((observer) => ({ sendFailed: (errno) => observer.sendFailed(errno, undefined) })),
  },
  neverSaysWritable: { killedBy: "TX-30", disguise: changedObservers(() => ({ writable() {} })) },
  ignoresWhereADatagramLeaves: {
    killedBy: "TX-12",
    disguise: changedSockets((socket) => ({
      send: (batch, from, to) => socket.send({ ...batch, via: batch.via.map(() => undefined) }, from, to),
    })),
  },
  hearsStrangersWhenConnected: {
    killedBy: "TX-43",
    disguise: changedSockets((socket) => {
      let peer: ReturnType<DatagramSocket["peerAddress"]>;
      return {
        connect(to) {
          peer = to;
          return 0;
        },
        peerAddress: () => peer,
        send: (batch, from, to) => socket.send({ ...batch, to: batch.to.map((each) => each ?? peer) }, from, to),
      };
    }),
  },
  staysConnected: { killedBy: "TX-44", disguise: changedSockets(() => ({ disconnect: () => 0 })) },
  joinsAlwaysSucceed: {
    killedBy: "MC-5",
    disguise: changedSockets((socket) => ({ join: (...membership) => Math.max(0, socket.join(...membership)) })),
  },
  leavesNothing: { killedBy: "MC-3", disguise: changedSockets(() => ({ leave: () => 0 })) },
  leavesOnEveryInterface: {
    killedBy: "MC-32",
    disguise: (backend) =>
      changedSockets((socket) => ({
        leave(group, at, source) {
          for (const other of answered(backend.network.interfaces())) if (other.name !== at?.name) socket.leave(group, other, source);
          return socket.leave(group, at, source);
        },
      }))(backend),
  },
  joinsOnEveryInterface: {
    killedBy: "MC-30",
    disguise: (backend) =>
      changedSockets((socket) => ({
        join(group, at, source) {
          for (const other of answered(backend.network.interfaces())) if (other.name !== at?.name) socket.join(group, other, source);
          return socket.join(group, at, source);
        },
      }))(backend),
  },
  deliversForeignGroups: {
    killedBy: "MC-33",
    disguise: changedSockets((socket) => ({
      setOption: (name, value) => (name === "multicastAll" ? 0 : socket.setOption(name, value)),
    })),
  },
  deliversForeignGroupsThroughAPort: {
    killedBy: "MC-36",
    access: "reactor",
    disguise: changedSockets((socket) => ({
      setOption: (name, value) => (name === "multicastAll" ? 0 : socket.setOption(name, value)),
    })),
  },
  ignoresTheSourceFilter: {
    killedBy: "MC-50",
    disguise: changedSockets((socket) => ({ join: (group, at) => socket.join(group, at, undefined) })),
  },
  blocksNobody: { killedBy: "MC-58", disguise: changedSockets(() => ({ blockSource: () => 0, unblockSource: () => 0 })) },
  pretendsToBlock: {
    killedBy: "MC-58", // the capability is missing, and being asked for it is not refused
    disguise: (backend) =>
      changed(changedSockets(() => ({ blockSource: () => 0 }))(backend), {
        capabilities: new Set([...backend.capabilities].filter((capability) => capability !== "blockSource")),
      }),
  },
  sendsByTheFirstInterface: {
    killedBy: "MC-70",
    disguise: (backend) =>
      changedSockets((socket) => ({
        setMulticastInterface: () =>
          socket.setMulticastInterface(answered(backend.network.interfaces()).find(({ flags }) => flags.multicast)),
      }))(backend),
  },
  loopsBackAlways: {
    killedBy: "MC-73",
    disguise: changedSockets((socket) => ({
      setOption: (name, value) => (name === "multicastLoopback" ? 0 : socket.setOption(name, value)),
    })),
  },
  ignoresTheTtl: {
    killedBy: "MC-76",
    disguise: changedSockets((socket) => ({
      setOption: (name, value) => (name === "multicastTtl" ? 0 : socket.setOption(name, value)),
    })),
  },
  ignoresTheTtlOfUnicast: {
    killedBy: "OPT-5",
    disguise: changedSockets((socket) => ({
      setOption: (name, value) => (name === "unicastTtl" ? 0 : socket.setOption(name, value)),
    })),
  },
  takesOneTtlForAnother: {
    killedBy: "OPT-6",
    disguise: changedSockets((socket) => ({
      setOption: (name, value) => {
        if (name === "unicastTtl") socket.setOption("multicastTtl", value);
        return socket.setOption(name, value);
      },
    })),
  },
  ignoresTheTrafficClass: {
    killedBy: "OPT-7",
    disguise: changedSockets((socket) => ({
      setOption: (name, value) => (name === "trafficClass" ? 0 : socket.setOption(name, value)),
    })),
  },
  keepsTheSizeOfABuffer: {
    killedBy: "OPT-8",
    disguise: changedSockets((socket) => ({
      setOption: (name, value) => (name === "receiveBufferBytes" ? 0 : socket.setOption(name, value)),
    })),
  },
  receivesByEveryInterface: {
    killedBy: "OPT-9",
    disguise: changedSockets((socket) => ({
      setOption: (name, value) => (name === "bindToInterface" ? 0 : socket.setOption(name, value)),
    })),
  },
  sendsByTheRoute: {
    killedBy: "OPT-10",
    disguise: changedSockets((socket) => ({
      setOption: (name, value) => (name === "bindToInterface" ? 0 : socket.setOption(name, value)),
    })),
  },
  hidesUnicastFromPorts: {
    killedBy: "OPT-11",
    access: "reactor",
    disguise: picking((batch) => indexesOf(batch).filter((index) => batch.destination(index).startsWith("239."))),
  },
  ignoresOptionWrites: { killedBy: "OPT-trafficClass-2", disguise: changedSockets(() => ({ setOption: () => 0 })) },
  setsOptionsOfEverySocket: {
    killedBy: "OPT-trafficClass-3",
    disguise: (backend) => {
      const sockets: DatagramSocket[] = [];
      const sharing = changedSockets((socket) => {
        sockets.push(socket);
        return { setOption: (name, value) => Math.min(...sockets.map((each) => each.setOption(name, value))) };
      });
      return sharing(backend);
    },
  },
  tellsTheWrongDestination: {
    killedBy: "RX-33",
    disguise: changedBatches((batch) => ({ arrival: (index) => ({ ...batch.arrival(index), destination: batch.from(index).address }) })),
  },
  tellsWhatWasNotAsked: {
    killedBy: "RX-30",
    disguise: changedBatches((batch) => ({ arrival: (index) => ({ ttl: 64, ...batch.arrival(index) }) })),
  },
  countsNoDrops: {
    killedBy: "RX-37",
    disguise: changedSockets((socket) => ({ getOption: (name) => (name === "kernelDrops" ? 0 : socket.getOption(name)) })),
  },
  takesIPv4PortsToo: {
    killedBy: "ADDR-19",
    family: 6,
    disguise: changedSockets((socket) => ({ setOption: (name, value) => (name === "ipv6Only" ? 0 : socket.setOption(name, value)) })),
  },
  tellsNoChanges: {
    killedBy: "MC-105",
    disguise: (backend) => changed(backend, { network: changed(backend.network, { watch: () => () => {} }) }),
  },
  tellsChangesForEver: {
    killedBy: "MC-107",
    disguise: (backend) =>
      changed(backend, {
        network: changed(backend.network, {
          watch(listener) {
            const stop = answered(backend.network.watch(listener));
            kept.add(stop);
            return () => {};
          },
        }),
      }),
  },
  findsAWayRoundEveryRoute: {
    killedBy: "MC-120",
    disguise: (backend) =>
      changed(backend, {
        network: changed(backend.network, {
          routeTo(address, source) {
            const route = backend.network.routeTo(address, source);
            return typeof route === "number" ? { interface: answered(backend.network.interfaces())[0]! } : route;
          },
        }),
      }),
  },
  losesSilentlyWhatARouteRefuses: {
    killedBy: "MC-122",
    disguise: changedSockets((socket) => ({ send: (batch, from, to) => Math.max(1, socket.send(batch, from, to)) })),
  },
  throwsWhereARouteRefuses: {
    killedBy: "MC-125",
    access: "reactor",
    disguise: (backend) =>
      changed(backend, {
        network: changed(backend.network, { routeTo: (address, source) => answered(backend.network.routeTo(address, source)) }),
      }),
  },
  namesItselfInCapitals: { killedBy: "LIFE-9", disguise: (backend) => changed(backend, { name: "MEMORY" }) },
  bindsTwice: { killedBy: "LIFE-3", disguise: changedSockets((socket) => ({ bind: (local) => bound(socket.bind(local)) })) },
};

/** Delivers other datagrams than arrived. @param pick - The indexes to deliver; `count` datagrams have come before. */
function picking(pick: (batch: Parameters<SocketObserver["received"]>[0], count: number) => readonly number[]): Disguise {
  return changedObservers((observer) => {
    let count = 0;
    return {
      received(batch) {
        const picked = pick(batch, count);
        count += batch.length;
        if (picked.length > 0) observer.received(pickedFrom(batch, picked));
      },
    };
  });
}

/** A datagram as if it had arrived from whom it was sent by. */
function batchOfSent({ bytes, offsets }: SendBatch, index: number, by: DatagramSocket): Parameters<SocketObserver["received"]>[0] {
  const datagram = bytes.subarray(offsets[index], offsets[index + 1]);
  const from = by.localAddress();
  if (typeof from === "number") throw new Error(`localAddress() returned ${from}`);
  return {
    length: 1,
    lengthBytes: () => datagram.length,
    view: () => datagram,
    copy: () => Buffer.from(datagram),
    runEnd: () => 1,
    uint32: (_index, offset) => datagram.readUInt32BE(offset),
    from: () => from,
    truncated: () => false,
    arrival: () => ({ truncated: false }),
    destination: () => "",
    interfaceIndex: () => 0,
  };
}

function bound(outcome: number): number {
  return outcome === ERRNO.EINVAL ? 0 : outcome;
}
