// Says which backend is in use, and why; bundled by the test of bundles.
import { Reactor } from "groupcast";

const { backend } = new Reactor();
process.stdout.write(`${backend.name}: ${backend.reason}`);
