// Writes more than a slow interface takes, and counts at both ends. Arguments: backend, bytes of the send buffer. Runs in a network namespace
// whose loopback interface is slowed down.
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { Audit, assertSendsCounted } from "../support/audit.js";
import { NumberReader, numbered, sendFence } from "../support/numbered.js";
import { SILENT } from "../support/silent.js";
import { until } from "../support/until.js";

const DATAGRAMS = 900; // fewer than a port keeps waiting
const EACH_TURN = 50;
const LOOPBACK = { interface: "127.0.0.1" } as const;

class Idle extends DatagramProtocol {
  override datagramReceived(): void {}
}

await attackProcess(async () => {
  const [backendName, sendBufferBytes] = process.argv.slice(2);
  const backend = chooseBackend(backendName);
  const audit = new Audit(backend);
  const reactor = new Reactor({ backend, logger: SILENT });
  const reader = new NumberReader();
  const receiver = reactor.listenUDP(0, reader, { ...LOOPBACK, receiveBufferBytes: 4_000_000 });
  const sender = reactor.listenUDP(0, new Idle(), { ...LOOPBACK, sendBufferBytes: Number(sendBufferBytes) });
  let failures = 0;
  sender.on("sendFailed", () => failures++);
  let mostQueued = 0;
  for (let number = 0; number < DATAGRAMS; number++) {
    sender.write(numbered(number), receiver.getHost());
    if (number % EACH_TURN !== 0) continue;
    await new Promise((resolve) => setImmediate(resolve));
    mostQueued = Math.max(mostQueued, sender.statistics().queued);
  }
  await until("the backlog to leave", () => sender.statistics().queued === 0);
  await sendFence(reactor, receiver.getHost(), reader);
  const { sent, sendFailed, dropped } = sender.statistics();
  assertSendsCounted(sender.statistics(), DATAGRAMS);
  const { numbers } = reader;
  const isInOrder = numbers.every((number, index) => index === 0 || number > numbers[index - 1]!);
  await reactor.stop();
  await audit.end(backend);
  return { hasWaited: mostQueued > 0, failures, isInOrder, arrived: numbers.length, sent, sendFailed, dropped };
});
