/**
 * The main job, on real sockets: an echo server on UDP and one on a multicast group over loopback, and a client of each that sends
 * datagrams of mixed sizes and checks every byte of every echo.
 *
 * Run `npm run demo`. You should see a table with nothing lost, and exit code 0.
 */
import { parseArgs } from "node:util";
import { chooseBackend, isGroupcastError, Reactor } from "groupcast";
import { Course } from "./course.js";
import { EchoClient } from "./echo-client.js";
import { EchoServer } from "./echo-server.js";
import { formatTable } from "./table.js";

const HELP = `Usage: npm run demo -- [options]

Echoes datagrams over UDP and over a multicast group on loopback, and checks every byte.

  --backend native|dgram   the backend to use (default: the best there is)
  --count N                datagrams to each server, 1 to 1000000 (default 1000)
  --help                   this text

Exit code: 0 when nothing was lost, 1 when something was, 2 when the arguments are wrong.`;

const GROUP = "239.255.76.67";
const LARGEST_BYTES = 65_507; // an IPv4 datagram's length field less two headers (RFC 768, RFC 791)

interface Arguments {
  readonly backend: string | undefined;
  readonly count: number;
}

async function main({ backend, count }: Arguments): Promise<boolean> {
  await using reactor = new Reactor({ backend: chooseBackend(backend) }); // stopped whatever happens: open ports keep a process alive
  const loopback = reactor.network.interfaces().find(({ flags }) => flags.loopback);
  if (loopback === undefined) throw new Error("This host has no loopback interface that is up: switch it on (ip link set lo up)");
  console.log(`backend    ${reactor.backend.name}: ${reactor.backend.reason}`);

  const unicast = reactor.listenUDP(0, new EchoServer(), { interface: "127.0.0.1" });
  const overUDP = new EchoClient({ address: "127.0.0.1", port: unicast.getHost().port }, new Course(count, LARGEST_BYTES));
  reactor.listenUDP(0, overUDP, { interface: "127.0.0.1" });
  const udp = await overUDP.done;

  const multicast = reactor.listenMulticast(0, new EchoServer());
  multicast.joinGroup(GROUP, loopback);
  const overGroup = new EchoClient({ address: GROUP, port: multicast.getHost().port }, new Course(count, LARGEST_BYTES));
  reactor.listenMulticast(0, overGroup, { outgoingInterface: loopback });
  const group = await overGroup.done;

  const rows = [
    ["UDP 127.0.0.1", ...udp.columns(), loopback.name],
    [`multicast ${GROUP}`, ...group.columns(), loopback.name],
  ];
  console.log(formatTable(["echo over", "sent", "echoed", "lost", "RTT p50", "RTT p99", "interface"], rows));
  return udp.lost + group.lost === 0;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: { backend: { type: "string" }, count: { type: "string", default: "1000" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    console.log(HELP);
    process.exit(0);
  }
  const count = Number(values.count);
  if (!Number.isInteger(count) || count < 1 || count > 1_000_000)
    throw new TypeError(`--count ${values.count} is not an integer from 1 to 1000000`);
  return { backend: values.backend, count };
}

try {
  process.exitCode = (await main(readArguments())) ? 0 : 1;
} catch (error) {
  if (!(error instanceof TypeError || isGroupcastError(error))) throw error;
  console.error(`${error.message}\n\n${HELP}`);
  process.exitCode = 2;
}
