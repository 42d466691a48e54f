// Two workers, one of which fills its memory. Prints how it died, and what is known afterwards, as one line of JSON.
import { Reactor, startWorkers } from "groupcast";

const HUNGRY = `data:text/javascript,${encodeURIComponent(`
  export default {
    datagramReceived(data, from) {
      if (data.toString() === "eat") for (const held = []; ; ) held.push(new Array(1000).fill({}));
      this.transport.write(data, from);
    },
  }`)}`;
const LOOPBACK = { interface: "127.0.0.1" };

const workers = await startWorkers({ module: HUNGRY, port: 0, workers: 2, minRestartMs: 10, steering: { by: "source" }, listen: LOOPBACK });
const died = new Promise((resolve) => workers.once("died", resolve));
const restarted = new Promise((resolve) => workers.once("restarted", resolve));
const reactor = new Reactor();
let wake;
const port = reactor.listenUDP(0, { datagramReceived: () => wake() }, LOOPBACK);
const ask = async (text) => {
  const answered = new Promise((resolve) => (wake = resolve));
  port.write(text, workers.getHost());
  await answered;
};
await ask("ping");
port.write("eat", workers.getHost());
const { exitCode, error } = await died;
await restarted;
await ask("ping");
const { listening, deaths, restarts, incomplete } = await workers.statistics();
console.log(JSON.stringify({ exitCode, code: error?.code, listening, deaths, restarts, incomplete }));
await workers.stop();
await reactor.stop();
