// How both programs here start dnsmasq: on this host, without files of the machine's, as the user who starts it.
import { start } from "../foreign.mjs";

/**
 * @param {number} port
 * @param {readonly string[]} records What it answers, or whom it asks.
 */
export async function startDnsmasq(port, records) {
  const own = ["--no-daemon", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--cache-size=0"];
  const server = start("dnsmasq", [...own, `--port=${port}`, "--listen-address=127.0.0.1", "--bind-interfaces", ...records]);
  await server.listens(port);
  return server;
}
