// Ports that spin, and others, whose protocols stop, pause, open and throw while the loop spins; beside them all else that a program waits
// for. Argument: a seed. It is left with open ports that spin and keep nothing alive, and has to end by itself.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chooseBackend, DatagramProtocol, Reactor, type SocketAddress, type UDPPort } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { Dice } from "../support/dice.js";
import { SILENT } from "../support/silent.js";
import { until } from "../support/until.js";

const TIMES_US = [undefined, 0, 1, 50, 5_000, 1_000_000];
const MOST_PORTS = 60;
const TURNS = 60; // of each kind
const LOOPBACK = { interface: "127.0.0.1" } as const;

const dice = new Dice(Number(process.argv[2]));
const reactor = new Reactor({ backend: chooseBackend("native"), logger: SILENT });
const ports: UDPPort[] = [];
let events = 0;

class Restless extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    events++;
    const { transport } = this;
    const acts = [
      () => transport.write(data, from),
      () => transport.write(data, dice.pick(ports)!.getHost()),
      () => void dice.pick(ports)!.stopListening(),
      () => dice.pick(ports)!.stopNow(),
      () => {
        transport.pauseReading();
        transport.resumeReading();
      },
      () => {
        transport.pauseReading();
        setImmediate(() => attempt(() => transport.resumeReading()));
      },
      () => void transport.unref(),
      () => open(),
      () => {
        throw new Error("of the protocol");
      },
    ];
    attempt(dice.pick(acts)!);
  }
}

/** A port that has stopped refuses. */
function attempt(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_CLOSED") throw error;
  }
}

function open(): void {
  if (reactor.ports.length < MOST_PORTS) ports.push(reactor.listenUDP(0, new Restless(), { ...LOOPBACK, busyPollUs: dice.pick(TIMES_US) }));
}

/** Lets one kind of event come again and again. */
async function wait(forIt: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  for (; turns < TURNS; turns++) await forIt();
  return turns;
}

await attackProcess(async () => {
  const spinning = reactor.listenUDP(0, {}, { ...LOOPBACK, busyPollUs: 1_000_000 });
  spinning.write("again", spinning.getHost());
  let served = 0;
  const other = reactor.listenUDP(0, { datagramReceived: () => void served++ }, LOOPBACK);
  const poke = (): void => {
    while (reactor.ports.length < 20) open();
    for (let i = 0; i < 20; i++) spinning.write("x", dice.pick(reactor.ports)!.getHost());
  };
  const turns = await Promise.all([
    wait(async () => {
      poke();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }),
    wait(() => new Promise(setImmediate)),
    wait(() => readFile(fileURLToPath(import.meta.url))),
    wait(() => reactor.deferLater(1)),
    wait(async () => {
      const { received } = other.statistics();
      spinning.write("to the other", other.getHost());
      await until("it is served", () => other.statistics().received > received);
    }),
  ]);
  const [childCode] = (await once(spawn(process.execPath, ["-e", "process.exit(7)"], { stdio: "ignore" }), "exit")) as [number];
  const signal = once(process, "SIGINT");
  process.kill(process.pid, "SIGINT");
  await signal;
  for (const port of reactor.ports) port.unref();
  spinning.write("the last", spinning.getHost());
  return { turns, childCode, isServed: served >= TURNS, isRestless: events > TURNS };
});
