// Opens a port, and a second one of its number that the kernel may refuse to steer. Prints the errors, and which port got the datagrams.
import { isGroupcastError, Reactor, type SystemError, startWorkers } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { SILENT } from "../support/silent.js";
import { until } from "../support/until.js";

const LOOPBACK = { interface: "127.0.0.1" } as const;
const LONG_KEY = { by: "payload", offsetBytes: 0, lengthBytes: 64 } as const; // the longest program
const DATAGRAMS = 20;

await attackProcess(async () => {
  const reactor = new Reactor({ logger: SILENT });
  const got = [0, 0];
  const counter = (place: number): object => ({
    datagramReceived() {
      got[place]! += 1;
    },
  });
  const first = reactor.listenUDP(0, counter(0), { ...LOOPBACK, reusePort: true });
  const host = first.getHost();
  const second = await errorOf(() => {
    reactor.listenUDP(host.port, counter(1), { ...LOOPBACK, reusePort: true, steering: { ...LONG_KEY, ports: 2 } });
  });
  for (let sent = 0; sent < DATAGRAMS; sent++) reactor.listenUDP(0, {}, LOOPBACK).write(`datagram ${sent}`, host);
  await until("all datagrams arrive", () => got[0]! + got[1]! === DATAGRAMS);
  const module = "data:text/javascript,export default {}";
  const workers = await errorOf(async () => {
    await (await startWorkers({ module, port: 0, workers: 2, listen: LOOPBACK, steering: LONG_KEY })).stop();
  });
  await reactor.stop();
  return { second, got, workers };
});

async function errorOf(act: () => unknown): Promise<object | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (!isGroupcastError(error)) throw error;
    const { code, errnoName, option, remedy } = ((error as Error).cause ?? error) as SystemError;
    return { code, errnoName, option, remedy };
  }
}
