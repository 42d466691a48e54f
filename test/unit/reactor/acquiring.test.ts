// Whoever acquires gives back on every way out: each call that opening a port makes of its backend is refused in turn, and each piece of
// user code that runs meanwhile throws in turn. Whatever comes of it, nothing is left open that nobody has.
import type { Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { Reactor } from "@groupcast/reactor";
import { expect, test } from "vitest";
import { FakeBackend } from "../../support/fake-backend.js";
import { Notes, Stage, turn } from "./stage.js";

const GROUP = "239.255.1.1";
const FD = 7;

/** Refuses one call, by its number; -1: none. */
class RefusingBackend extends FakeBackend {
  refusedCall = -1;
  #made = 0;

  override answer(method: string): Outcome | undefined {
    const answer = super.answer(method);
    return this.#made++ === this.refusedCall ? ERRNO.EPERM : answer;
  }

  get madeCalls(): number {
    return this.#made;
  }
}

const SIZES = { receiveBufferBytes: 4096, sendBufferBytes: 4096 };

/** Ways to a port that together set and ask for everything that opening can. */
const OPENINGS: Readonly<Record<string, (reactor: Reactor, protocol: Notes) => { stopListening(): Promise<void> }>> = {
  listenUDP: (reactor, protocol) => reactor.listenUDP(0, protocol, { ...SIZES, arrival: true, reuseAddress: true, reusePort: true }),
  listenMulticast: (reactor, protocol) =>
    reactor.listenMulticast(0, protocol, { ...SIZES, ttl: 0, loopback: false, outgoingInterface: "eth0", group: GROUP }),
  connectUDP: (reactor, protocol) => reactor.connectUDP("192.0.2.1", 9, protocol, { ttl: 0 }),
  adoptDatagramPort: (reactor, protocol) => reactor.adoptDatagramPort(FD, protocol, SIZES),
  "a port that needs a second socket": (reactor, protocol) => {
    protocol.onStart = () => {
      protocol.transport.joinGroup(GROUP, "eth0");
      protocol.transport.joinGroup("239.255.1.2", "eth0");
    };
    return reactor.listenMulticast(0, protocol, SIZES);
  },
  "a port that guards a group": (reactor, protocol) => {
    protocol.onStart = () => {
      protocol.transport.setTTL(0);
      protocol.transport.setOutgoingInterface("eth0");
      protocol.transport.write("held back", { address: GROUP, port: 9 });
    };
    return reactor.listenMulticast(0, protocol);
  },
};

function backend(): RefusingBackend {
  const made = new RefusingBackend();
  made.maxMemberships = 1;
  const options = { multicastTtl: 0, broadcast: 1 };
  made.descriptors.set(FD, { local: { address: "192.0.2.9", port: 999, family: 4 }, options });
  return made;
}

/** Opens a port with call number `refusedCall` refused, and stops it if it opened. */
async function openAndStop(way: string, refusedCall: number): Promise<RefusingBackend> {
  const refusing = backend();
  const reactor = new Reactor({ backend: refusing, logger: { info() {}, warn() {}, error() {} } });
  reactor.network.on("change", () => {});
  refusing.refusedCall = refusedCall;
  const protocol = new Notes();
  let opened: { stopListening(): Promise<void> } | undefined;
  try {
    opened = OPENINGS[way]!(reactor, protocol);
  } catch {
    expect(refusing.openSockets, `open after call ${refusedCall} (${refusing.calls[refusedCall]}) was refused`).toEqual([]);
    expect(reactor.ports).toEqual([]);
    expect(() => protocol.transport).toThrow(expect.objectContaining({ code: "ERR_NOT_LISTENING" }));
  }
  await turn();
  await opened?.stopListening();
  return refusing;
}

test.each(Object.keys(OPENINGS))("%s leaves nothing open, whichever call of the backend is refused", async (way) => {
  const undisturbed = await openAndStop(way, -1);
  expect(undisturbed.openSockets).toEqual([]);
  expect(undisturbed.madeCalls).toBeGreaterThan(5);
  for (let call = 0; call < undisturbed.madeCalls; call++) {
    const { openSockets, calls } = await openAndStop(way, call);
    expect(openSockets, `open after call ${call} (${calls[call]}) was refused and the port was stopped`).toEqual([]);
  }
});

const boom = (): never => {
  throw new Error("user code");
};

test.each(["listenUDP", "listenMulticast", "connectUDP", "adoptDatagramPort"])("%s leaves nothing open when user code throws", (way) => {
  const failing: readonly ((protocol: Notes) => void)[] = [
    (protocol) => Object.assign(protocol, { onStart: boom }),
    (protocol) => Object.assign(protocol, { logPrefix: boom }),
    (protocol) => Object.defineProperty(protocol, "startProtocol", { get: boom }),
  ];
  for (const fail of failing) {
    const made = backend();
    const reactor = new Reactor({ backend: made });
    const protocol = new Notes();
    fail(protocol);
    expect(() => OPENINGS[way]!(reactor, protocol)).toThrow("user code");
    expect(made.openSockets).toEqual([]);
    expect(reactor.ports).toEqual([]);
  }
});

test("a port whose signal cannot be listened to is closed, and its protocol stopped", async () => {
  const made = backend();
  const reactor = new Reactor({ backend: made });
  const protocol = new Notes();
  const get = (target: AbortSignal, key: string | symbol): unknown => (made.openSockets.length > 0 ? boom() : Reflect.get(target, key));
  const signal = new Proxy(new AbortController().signal, { get });
  expect(() => reactor.listenUDP(0, protocol, { signal })).toThrow(); // refused at once where Node knows that it is no signal
  await turn();
  expect(made.openSockets).toEqual([]);
  expect(() => protocol.transport).toThrow(expect.objectContaining({ code: "ERR_NOT_LISTENING" }));
});

test("a protocol that user code puts on a port while another opens stays on that one", async () => {
  const made = backend();
  const reactor = new Reactor({ backend: made });
  const protocol = new Notes();
  const inner: unknown[] = [];
  const options = {
    get arrival(): boolean {
      if (inner.length === 0) inner.push(reactor.listenUDP(0, protocol));
      return false;
    },
  };
  expect(() => reactor.listenUDP(0, protocol, options)).toThrow(expect.objectContaining({ code: "ERR_ALREADY_LISTENING" }));
  expect(made.openSockets).toHaveLength(1);
  expect(reactor.ports).toEqual(inner);
  expect(protocol.transport).toBe(inner[0]);
  await reactor.stop();
});

test("a logger that throws keeps no port from opening, closing and settling", async () => {
  const stage = new Stage({}, { logger: { info: boom, warn: boom, error: boom } });
  const { port } = stage.listen({ receiveBufferBytes: 4096 });
  await port.stopListening();
  expect(stage.backend.openSockets).toEqual([]);
  const running = stage.reactor.run({ installSignalHandlers: false });
  await stage.reactor.stop();
  await running;
});

test("a guard that cannot be bound is closed, however often it is tried", async () => {
  const stage = new Stage();
  const listening = stage.listenMulticast({ ttl: 0, outgoingInterface: "eth0" });
  for (let i = 0; i < 5; i++) {
    stage.backend.refuse("bind", "ENOBUFS");
    listening.port.write("held back", { address: GROUP, port: 9 });
  }
  await turn();
  expect(stage.backend.openSockets).toEqual([listening.socket]);
  expect(listening.socket.sent).toEqual([]);
  expect(listening.port.statistics()).toMatchObject({ sendFailed: 5, sent: 0 });
});

test("a further socket that cannot read is closed, and the join is refused", () => {
  const stage = new Stage();
  stage.backend.maxMemberships = 1;
  const { port, socket } = stage.listenMulticast();
  port.joinGroup(GROUP, "eth0");
  stage.backend.refuse("startReading", "ENOMEM");
  expect(() => port.joinGroup("239.255.1.2", "eth0")).toThrow(expect.objectContaining({ code: "ERR_JOIN", errnoName: "ENOBUFS" }));
  expect(stage.backend.openSockets).toEqual([socket]);
  expect(port.memberships).toHaveLength(1);
});
