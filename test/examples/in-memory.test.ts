// The same programs in this process, on a network in memory: their `new Reactor()` gets a host of it. Not 07-adopted-descriptor, because
// there is no descriptor to pass.
import { ManualClock, MemoryNetwork } from "@groupcast/backend-memory";
import * as groupcast from "groupcast";
import { DatagramProtocol, Reactor } from "groupcast";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { expectedOutput } from "./played.js";

const PORT = 9999;

/** One host in memory, on which examples play until they end or are stopped. */
class Theatre {
  readonly clock = new ManualClock();
  readonly #network = new MemoryNetwork({ clock: this.clock });

  reactor(): Reactor {
    return new Reactor({ backend: this.#network.host("here"), clock: this.clock });
  }

  /** Starts the `main.ts` of an example, anew each time. */
  play(example: string): Play {
    const reactor = this.reactor();
    vi.resetModules();
    vi.doMock("groupcast", () => ({
      ...groupcast,
      Reactor: class {
        constructor() {
          // biome-ignore lint/correctness/noConstructorReturn: the program asks for a reactor and gets the one of its host
          return reactor;
        }
      },
    }));
    return new Play(import(`../../examples/${example}/main.ts`), reactor);
  }
}

class Play {
  readonly reactor: Reactor;
  readonly ended: Promise<void>;
  hasEnded = false;

  constructor(ended: Promise<unknown>, reactor: Reactor) {
    this.reactor = reactor;
    this.ended = ended.then(() => {
      this.hasEnded = true;
    });
  }

  /** Waits until the program has got as far as it gets by itself: it is loaded, and its reactor runs. */
  async begun(): Promise<this> {
    await vi.waitFor(() => expect(this.reactor.running || this.hasEnded).toBe(true));
    return this;
  }

  async stopped(): Promise<void> {
    await this.reactor.stop();
    await this.ended;
  }
}

/** Lines that the programs of a test have printed. */
let printed: string[];

beforeEach(() => {
  printed = [];
  vi.spyOn(console, "log").mockImplementation((line) => void printed.push(`${line}\n`));
  vi.stubGlobal("process", Object.create(process, { argv: { value: ["node", "main.js", String(PORT)] } }));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.doUnmock("groupcast");
});

/** Checks that the programs printed what they say, whoever of them printed first. */
function expectOutput(...files: readonly string[]): void {
  expect(printed.toSorted().join("")).toBe(
    files
      .flatMap((file) => file.match(/.*\n/g) ?? [])
      .toSorted()
      .join(""),
  );
}

/** Says one thing, and stops when it is echoed. */
class Speaker extends DatagramProtocol {
  readonly #text: string;
  isEchoed = false;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override startProtocol(): void {
    this.transport.write(this.#text);
  }

  override datagramReceived(data: Buffer): void {
    this.isEchoed = String(data) === this.#text;
  }
}

test("01-echo-server and 02-connected-client play in memory", async () => {
  const theatre = new Theatre();
  const server = await theatre.play("01-echo-server").begun();
  const client = await theatre.play("02-connected-client").begun();
  await theatre.clock.runUntil(() => client.hasEnded);
  await server.stopped();
  expectOutput(expectedOutput("02-connected-client", PORT), expectedOutput("01-echo-server", PORT));
});

test("02-connected-client learns in memory that nobody listens", async () => {
  const theatre = new Theatre();
  const client = await theatre.play("02-connected-client").begun();
  await theatre.clock.runUntil(() => client.hasEnded);
  expect(printed.join("")).toBe(expectedOutput("02-connected-client", PORT, "expected-refused.txt"));
});

test("03-multicast-server and 04-multicast-client play in memory", async () => {
  const theatre = new Theatre();
  const server = await theatre.play("03-multicast-server").begun();
  const client = await theatre.play("04-multicast-client").begun();
  await theatre.clock.runUntil(() => client.hasEnded);
  await server.stopped();
  expectOutput(expectedOutput("04-multicast-client", PORT), expectedOutput("03-multicast-server", PORT));
});

test("04-multicast-client waits five seconds of its clock, when nobody answers", async () => {
  const theatre = new Theatre();
  const client = await theatre.play("04-multicast-client").begun();
  await theatre.clock.runUntil(() => client.hasEnded);
  expect(printed.join("")).toBe(expectedOutput("04-multicast-client", PORT, "expected-silence.txt"));
  expect(theatre.clock.nowMs()).toBe(5000);
});

test("05-broadcast receives its own datagram in memory", async () => {
  const theatre = new Theatre();
  const shouter = await theatre.play("05-broadcast").begun();
  await theatre.clock.runUntil(() => shouter.hasEnded);
  expect(printed.join("")).toBe(expectedOutput("05-broadcast", PORT));
});

test("06-ipv6 answers in memory over IPv6 and over IPv4", async () => {
  const theatre = new Theatre();
  const server = await theatre.play("06-ipv6").begun();
  await using reactor = theatre.reactor();
  for (const address of ["::1", "127.0.0.1"]) {
    const speaker = new Speaker("hello");
    reactor.connectUDP(address, PORT, speaker);
    await theatre.clock.runUntil(() => speaker.isEchoed);
  }
  await server.stopped();
  expect(printed.join("")).toBe(expectedOutput("06-ipv6", PORT));
});

test("08-beacon announces five times a second of its clock", async () => {
  const theatre = new Theatre();
  const announcer = await theatre.play("08-beacon").begun();
  await theatre.clock.runUntil(() => announcer.hasEnded);
  expect(printed.join("")).toBe(expectedOutput("08-beacon", PORT));
  expect(theatre.clock.nowMs()).toBe(400); // the first at 0
});
