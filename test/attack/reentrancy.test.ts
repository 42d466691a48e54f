import {
  DatagramProtocol,
  isGroupcastError,
  LoopingCall,
  type MulticastPort,
  type PortEvents,
  Reactor,
  type ReactorEvents,
} from "@groupcast/reactor";
import { chooseBackend } from "groupcast";
import { describe, expect, test } from "vitest";
import { BACKENDS, type BackendName, canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { strayFailures } from "./support/attacked.js";
import { Audit } from "./support/audit.js";

const LOOPBACK = { interface: "127.0.0.1" } as const;
const GROUP = "239.255.77.1";
const NO_DESCRIPTOR = 0x7fff_ffff;
const DISCARD = { address: "127.0.0.1", port: 9 } as const;

class Idle extends DatagramProtocol {}

/** Method → a call of it. Every method of the prototypes is here or in {@link INTERNAL}: a new one that is forgotten fails a test. */
const PORT_CALLS: Readonly<Record<string, (port: MulticastPort) => unknown>> = {
  write: (port) => port.write("again", DISCARD),
  writeSequence: (port) => port.writeSequence([Buffer.from("a"), Buffer.from("b")], DISCARD),
  send: (port) => port.send("again", DISCARD),
  post: (port) => port.post("again", DISCARD),
  flush: (port) => port.flush(),
  cork: (port) => port.cork(),
  uncork: (port) => port.uncork(),
  drained: (port) => port.drained(),
  connect: (port) => port.connect("127.0.0.1", 9),
  disconnect: (port) => port.disconnect(),
  getHost: (port) => port.getHost(),
  getPeer: (port) => port.getPeer(),
  setBroadcastAllowed: (port) => port.setBroadcastAllowed(true),
  getBroadcastAllowed: (port) => port.getBroadcastAllowed(),
  setTrafficClass: (port) => port.setTrafficClass(8),
  getTrafficClass: (port) => port.getTrafficClass(),
  setUnicastTTL: (port) => port.setUnicastTTL(2),
  getUnicastTTL: (port) => port.getUnicastTTL(),
  setMaxBytesPerSecond: (port) => port.setMaxBytesPerSecond(1_000_000),
  getMaxBytesPerSecond: (port) => port.getMaxBytesPerSecond(),
  setBindToInterface: (port) => port.setBindToInterface("lo"),
  getBindToInterface: (port) => port.getBindToInterface(),
  setReceiveBufferBytes: (port) => port.setReceiveBufferBytes(8192),
  getReceiveBufferBytes: (port) => port.getReceiveBufferBytes(),
  setSendBufferBytes: (port) => port.setSendBufferBytes(8192),
  getSendBufferBytes: (port) => port.getSendBufferBytes(),
  joinGroup: (port) => port.joinGroup("239.255.77.2", "lo"),
  leaveGroup: (port) => port.leaveGroup(GROUP, "lo"),
  blockSource: (port) => port.blockSource(GROUP, "127.0.0.2", "lo"),
  unblockSource: (port) => port.unblockSource(GROUP, "127.0.0.2", "lo"),
  memberships: (port) => port.memberships,
  setTTL: (port) => port.setTTL(0),
  getTTL: (port) => port.getTTL(),
  setLoopbackMode: (port) => port.setLoopbackMode(false),
  getLoopbackMode: (port) => port.getLoopbackMode(),
  setOutgoingInterface: (port) => port.setOutgoingInterface("lo"),
  getOutgoingInterface: (port) => port.getOutgoingInterface(),
  outgoingInterface: (port) => port.outgoingInterface,
  isolation: (port) => port.isolation,
  pauseReading: (port) => port.pauseReading(),
  resumeReading: (port) => port.resumeReading(),
  statistics: (port) => port.statistics(),
  buffers: (port) => port.buffers,
  stopListening: (port) => port.stopListening(),
  stopNow: (port) => port.stopNow(),
  ref: (port) => port.ref(),
  unref: (port) => port.unref(),
  toString: (port: MulticastPort) => port.toString(),
  on: (port) => port.on("closed", () => port.statistics()),
  once: (port) => port.once("error", () => port.statistics()),
  off: (port) => port.off("closed", () => {}),
  removeListener: (port) => port.removeListener("closed", () => {}),
};

const REACTOR_CALLS: Readonly<Record<string, (reactor: Reactor) => unknown>> = {
  listenUDP: (reactor) => reactor.listenUDP(0, new Idle(), LOOPBACK),
  listenMulticast: (reactor) => reactor.listenMulticast(0, new Idle()),
  connectUDP: (reactor) => reactor.connectUDP("127.0.0.1", 9, new Idle()),
  adoptDatagramPort: (reactor) => reactor.adoptDatagramPort(NO_DESCRIPTOR, new Idle()),
  callLater: (reactor) => reactor.callLater(0, () => {}),
  deferLater: (reactor) => reactor.deferLater(0),
  getDelayedCalls: (reactor) => reactor.getDelayedCalls(),
  callWhenRunning: (reactor) => reactor.callWhenRunning(() => {}),
  addSystemEventTrigger: (reactor) => reactor.addSystemEventTrigger("during", "shutdown", () => {}),
  removeSystemEventTrigger: (reactor) => reactor.removeSystemEventTrigger(reactor.addSystemEventTrigger("after", "startup", () => {})),
  fireSystemEvent: (reactor) => reactor.fireSystemEvent("startup"),
  resolve: (reactor) => reactor.resolve("another.name"),
  run: (reactor: Reactor) => reactor.run({ installSignalHandlers: false }),
  stop: (reactor) => reactor.stop(),
  running: (reactor) => reactor.running,
  hasStopped: (reactor) => reactor.hasStopped,
  ports: (reactor) => reactor.ports,
  on: (reactor) => reactor.on("closed", () => {}),
  once: (reactor) => reactor.once("listening", () => {}),
  off: (reactor) => reactor.off("closed", () => {}),
  removeListener: (reactor) => reactor.removeListener("closed", () => {}),
};

/** Methods of the class that are in no public type. */
const INTERNAL = [
  "start",
  "interfacesChanged",
  "connectionRefused",
  "readFailed",
  "countDrops",
  "warn",
  "report",
  "listenerThrew",
  "checkOpen",
];

const PORT_EVENTS: readonly (keyof PortEvents)[] = ["closed", "membership", "error"];
const REACTOR_EVENTS: readonly (keyof ReactorEvents)[] = ["listening", "closed", "error"];

/** Everything that calls user code. */
const HOOKS = [
  "startProtocol",
  "datagramReceived",
  "datagramsReceived",
  "connectionRefused",
  "stopProtocol",
  "logPrefix",
  "logger",
  "resolver",
  "callLater",
  "LoopingCall",
  "shutdown",
  ...PORT_EVENTS.map((event) => `port ${event}`),
  ...REACTOR_EVENTS.map((event) => `reactor ${event}`),
] as const;

describe.for(BACKENDS)("%s", (backend) => {
  test("every public method of ports and reactors is in the tables", async (context) => {
    await skipUnless(context, canLoad(backend));
    await using reactor = new Reactor({ backend: chooseBackend(backend) });
    const port = reactor.listenMulticast(0, new Idle());
    expect(methodsOf(port).sort()).toEqual([...Object.keys(PORT_CALLS), ...INTERNAL].sort());
    expect(methodsOf(reactor).sort()).toEqual(Object.keys(REACTOR_CALLS).sort());
  });

  test.for(HOOKS)("every public method can be called in %s: it is done, or refused with a typed error", async (hook, context) => {
    await skipUnless(context, canLoad(backend));
    const strays = strayFailures();
    const audit = new Audit(chooseBackend(backend));
    const calls = { ...prefixed("port", PORT_CALLS), ...prefixed("reactor", REACTOR_CALLS) };
    const wrong: string[] = [];
    let fired = 0;
    for (const [name, call] of Object.entries(calls)) {
      const play = new Play(backend, hook, call);
      await play.perform();
      fired += play.fired;
      for (const error of play.wrong) wrong.push(`${name}: ${String(error)}`);
    }
    expect(wrong).toEqual([]);
    expect(fired).toBeGreaterThan(0);
    expect(strays).toEqual([]);
    await audit.end(chooseBackend(backend));
  });
});

/** A reactor and a port that go through everything that calls hooks, with one call made from one of them. */
class Play {
  fired = 0;
  readonly wrong: unknown[] = [];
  readonly #reactor: Reactor;
  #port: MulticastPort | undefined;
  readonly #hook: string;
  readonly #call: (reactor: Reactor, port: MulticastPort) => unknown;

  constructor(backend: BackendName, hook: string, call: (reactor: Reactor, port: MulticastPort) => unknown) {
    this.#hook = hook;
    this.#call = call;
    const log = (): void => this.#fire("logger");
    const resolver = async (): Promise<string> => {
      this.#fire("resolver");
      return "127.0.0.1";
    };
    this.#reactor = new Reactor({ backend: chooseBackend(backend), logger: { info: log, warn: log, error: log }, resolver });
  }

  async perform(): Promise<void> {
    const reactor = this.#reactor;
    for (const event of REACTOR_EVENTS) reactor.on(event, () => this.#fire(`reactor ${event}`));
    reactor.addSystemEventTrigger("before", "shutdown", () => this.#fire("shutdown"));
    this.#try(() => reactor.callLater(0, () => this.#fire("callLater")));
    this.#try(() => new LoopingCall(reactor, () => this.#fire("LoopingCall")).start(1));
    this.#try(() => reactor.resolve("a.name"));
    this.#try(() => this.#listen());
    for (let i = 0; i < 3; i++) await turn();
    await reactor.stop();
    await turn();
  }

  #listen(): void {
    const port = this.#reactor.listenMulticast(0, this.#protocol());
    this.#port = port;
    for (const event of PORT_EVENTS) port.on(event, () => this.#fire(`port ${event}`));
    this.#try(() => port.joinGroup(GROUP, "lo"));
    const self = { address: "127.0.0.1", port: port.getHost().port };
    for (const to of [self, self, DISCARD]) this.#try(() => port.write("x", to));
    this.#try(() => this.#reactor.connectUDP(DISCARD.address, DISCARD.port, this.#protocol()).write("x"));
  }

  #protocol(): DatagramProtocol<MulticastPort> {
    const fire = (hook: string): void => this.#fire(hook);
    const setPort = (port: MulticastPort): void => {
      this.#port ??= port;
    };
    class Hooked extends DatagramProtocol<MulticastPort> {
      override startProtocol(): void {
        setPort(this.transport);
        fire("startProtocol");
      }
      override datagramReceived(): void {
        fire("datagramReceived");
        throw new Error("for the error event");
      }
      override connectionRefused(): void {
        fire("connectionRefused");
      }
      override stopProtocol(): void {
        fire("stopProtocol");
      }
      override logPrefix(): string {
        fire("logPrefix");
        return "Hooked";
      }
    }
    const protocol = new Hooked();
    if (this.#hook === "datagramsReceived") protocol.datagramsReceived = () => fire("datagramsReceived");
    return protocol;
  }

  #fire(hook: string): void {
    if (hook !== this.#hook || this.fired > 0) return;
    const port = this.#port ?? BEFORE_THE_PORT;
    this.fired++;
    this.#try(() => this.#call(this.#reactor, port));
  }

  /** Typed errors are answers; anything else is wrong. */
  #try(call: () => unknown): void {
    const judge = (error: unknown): void => {
      if (!isGroupcastError(error)) this.wrong.push(error);
    };
    try {
      Promise.resolve(call()).catch(judge);
    } catch (error) {
      judge(error);
    }
  }
}

/** Stands for the port in hooks that are called before there is one. */
const BEFORE_THE_PORT = new Proxy({} as MulticastPort, { get: () => () => undefined });

function prefixed<T>(kind: "port" | "reactor", calls: Readonly<Record<string, (of: T) => unknown>>) {
  return Object.fromEntries(
    Object.entries(calls).map(([name, call]) => [
      `${kind}.${name}`,
      (reactor: Reactor, port: MulticastPort) => call((kind === "port" ? port : reactor) as unknown as T),
    ]),
  );
}

/** Names of methods and getters of an object's classes. */
function methodsOf(object: object): string[] {
  const names = new Set<string>();
  for (let at = Object.getPrototypeOf(object); at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) if (name !== "constructor") names.add(name);
  }
  return [...names];
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
