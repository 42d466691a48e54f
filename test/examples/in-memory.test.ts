// The same programs in this process, on a network in memory. Not 07-adopted-descriptor: there is no descriptor to pass.
import { ManualClock, MemoryNetwork } from "@groupcast/backend-memory";
import { DatagramProtocol, Reactor } from "groupcast";
import { expect, test } from "vitest";
import { main as echoServer } from "../../examples/dist/01-echo-server/main.js";
import { main as connectedClient } from "../../examples/dist/02-connected-client/main.js";
import { main as multicastServer } from "../../examples/dist/03-multicast-server/main.js";
import { main as multicastClient } from "../../examples/dist/04-multicast-client/main.js";
import { main as broadcast } from "../../examples/dist/05-broadcast/main.js";
import { main as ipv6 } from "../../examples/dist/06-ipv6/main.js";
import { main as beacon } from "../../examples/dist/08-beacon/main.js";
import type { Stage } from "../../examples/dist/support/run-main.js";
import { expectedOutput } from "./played.js";

const PORT = 9999;

/** One host in memory, on which examples play until they end or are stopped. */
class Theatre {
  readonly clock = new ManualClock();
  readonly #network = new MemoryNetwork({ clock: this.clock });

  reactor(): Reactor {
    return new Reactor({ backend: this.#network.host("here"), clock: this.clock });
  }

  play(main: (stage: Stage) => Promise<void>): Play {
    return new Play(main, this.reactor());
  }
}

class Play {
  readonly reactor: Reactor;
  readonly ended: Promise<void>;
  hasEnded = false;
  #output = "";

  constructor(main: (stage: Stage) => Promise<void>, reactor: Reactor) {
    this.reactor = reactor;
    const out = (line: string): void => {
      this.#output += `${line}\n`;
    };
    this.ended = main({ reactor, out, port: PORT }).finally(() => {
      this.hasEnded = true;
    });
  }

  /** All that it printed, once it is over. */
  async output(): Promise<string> {
    await this.ended;
    return this.#output;
  }

  /** All that it printed, after it was stopped. */
  async outputWhenStopped(): Promise<string> {
    await this.reactor.stop();
    return this.output();
  }
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
  const server = theatre.play(echoServer);
  const client = theatre.play(connectedClient);
  await theatre.clock.runUntil(() => client.hasEnded);
  expect(await client.output()).toBe(expectedOutput("02-connected-client", PORT));
  expect(await server.outputWhenStopped()).toBe(expectedOutput("01-echo-server", PORT));
});

test("02-connected-client hears in memory that nobody listens", async () => {
  const theatre = new Theatre();
  const client = theatre.play(connectedClient);
  await theatre.clock.runUntil(() => client.hasEnded);
  expect(await client.output()).toBe(expectedOutput("02-connected-client", PORT, "expected-refused.txt"));
});

test("03-multicast-server and 04-multicast-client play in memory", async () => {
  const theatre = new Theatre();
  const server = theatre.play(multicastServer);
  const client = theatre.play(multicastClient);
  await theatre.clock.runUntil(() => client.hasEnded);
  expect(await client.output()).toBe(expectedOutput("04-multicast-client", PORT));
  expect(await server.outputWhenStopped()).toBe(expectedOutput("03-multicast-server", PORT));
});

test("04-multicast-client waits five seconds of its clock, when nobody answers", async () => {
  const theatre = new Theatre();
  const client = theatre.play(multicastClient);
  await theatre.clock.runUntil(() => client.hasEnded);
  expect(await client.output()).toBe(expectedOutput("04-multicast-client", PORT, "expected-silence.txt"));
  expect(theatre.clock.nowMs()).toBe(5000);
});

test("05-broadcast hears itself in memory", async () => {
  const theatre = new Theatre();
  const shouter = theatre.play(broadcast);
  await theatre.clock.runUntil(() => shouter.hasEnded);
  expect(await shouter.output()).toBe(expectedOutput("05-broadcast", PORT));
});

test("06-ipv6 answers in memory over IPv6 and over IPv4", async () => {
  const theatre = new Theatre();
  const server = theatre.play(ipv6);
  await using reactor = theatre.reactor();
  for (const address of ["::1", "127.0.0.1"]) {
    const speaker = new Speaker("hello");
    reactor.connectUDP(address, PORT, speaker);
    await theatre.clock.runUntil(() => speaker.isEchoed);
  }
  expect(await server.outputWhenStopped()).toBe(expectedOutput("06-ipv6", PORT));
});

test("08-beacon announces five times a second of its clock", async () => {
  const theatre = new Theatre();
  const announcer = theatre.play(beacon);
  await theatre.clock.runUntil(() => announcer.hasEnded);
  expect(await announcer.output()).toBe(expectedOutput("08-beacon", PORT));
  expect(theatre.clock.nowMs()).toBe(400); // the first at 0
});
