// Workers of which one uses up its heap. Node gives each worker the heap that --max-old-space-size says.
import { Reactor, startWorkers } from "groupcast";
import { attackProcess } from "../support/attack-process.js";

const LOOPBACK = { interface: "127.0.0.1" } as const;
const MODULE = `data:text/javascript,${encodeURIComponent(`export default {
  datagramReceived(data, from) {
    if (data.toString() === "<eat") for (let eaten; ; ) eaten = { eaten, more: [1, 2, 3] }; // small objects alone
    this.transport.write(data, from);
  },
}`)}`;

await attackProcess(async () => {
  const steering = { by: "payload", offsetBytes: 0, lengthBytes: 1 } as const;
  const workers = await startWorkers({ module: MODULE, port: 0, workers: 2, steering, minRestartMs: 10, listen: LOOPBACK });
  const died = new Promise<object>((resolve) => {
    workers.on("died", ({ worker, error, restartMs }) =>
      resolve({ worker, code: (error as { code?: string } | undefined)?.code, restartMs }),
    );
  });
  const restarted = new Promise((resolve) => workers.on("restarted", resolve));
  const reactor = new Reactor();
  const answers = new Set<string>();
  let isAnswered = (): void => {};
  const datagramReceived = (data: Buffer): void => {
    answers.add(data.toString());
    isAnswered();
  };
  const client = reactor.listenUDP(0, { datagramReceived }, LOOPBACK);
  client.write("<eat", workers.getHost());
  const death = await died;
  await restarted;
  for (const key of ["<", "="]) {
    client.write(key, workers.getHost());
    while (!answers.has(key)) await new Promise<void>((resolve) => (isAnswered = resolve));
  }
  const { listening, deaths, restarts, incomplete } = await workers.statistics();
  await workers.stop();
  await reactor.stop();
  return { death, statistics: { listening, deaths, restarts, incomplete } };
});
