// Asks for a diagnosis, and says how that fails; bundled by the test of bundles.
import { Reactor } from "groupcast";

const reactor = new Reactor();
const port = reactor.listenUDP(0, { datagramReceived() {} });
const [name, code, remedy] = await reactor.diagnose(port, { windowMs: 1 }).then(
  (diagnoses) => ["none", String(diagnoses.length), ""],
  (error) => [error.name, error.code, error.remedy],
);
process.stdout.write([name, code, remedy].join(" "));
await reactor.stop();
