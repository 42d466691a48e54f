// iperf 2 sends a burst over UDP.
import { start } from "../foreign.mjs";
import { given, say } from "../role.mjs";

const BYTES = 200 * 1_000;

const options = ["-u", "-c", "127.0.0.1", "-p", String(given.port), "-l", "1000", "-n", String(BYTES), "-b", "10M"];
const report = await start("iperf", options).ended();
say(/WARNING/i.test(report) ? report : "sent all, and the end was acknowledged");
