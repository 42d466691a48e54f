/**
 * A server that takes the log messages of other hosts, as rsyslog does.
 *
 * You learn: a sink never answers, so it counts: `statistics()` has the datagrams that the kernel lost while the program was busy.
 * You run:   node examples/dist/33-syslog-sink/main.js, and in another terminal:
 *            logger --udp --server 127.0.0.1 --port 5514 --tag door --priority auth.warning "someone knocks"
 * You see:   127.0.0.1 auth.warning door: "someone knocks", and after Ctrl-C: received 1, lost 0
 */
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 5514); // the standard port is 514, which needs a privilege

// RFC 5424, 6.2.1
const FACILITIES = ["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit"];
const SEVERITIES = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
const FIRST_LOCAL_FACILITY = 16;
const USER_NOTICE = "13"; // RFC 3164, 4.3.3: the priority of a message that names none

const PRIORITY = /^<(\d{1,3})>/;

// RFC 5424, 6: version, time, host, program (printable: it is shown as it is), process, kind, structured data, text
const MODERN = /^1 \S+ \S+ (?<program>[!-~]+) \S+ \S+ (?:-|(?:\[(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*")*\])+)(?: \uFEFF?(?<text>.*))?$/su;

// RFC 3164, 4.1: time, host, program with or without the process, text
const OLD = /^\w{3} [ \d]\d [\d:]{8} \S+ (?<program>[\w./-]+)(?:\[\d+\])?: ?(?<text>.*)$/su;

class SyslogSink extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    const message = String(data);
    const priority = Number(PRIORITY.exec(message)?.[1] ?? USER_NOTICE);
    const rest = message.replace(PRIORITY, "");
    const { program = "-", text = rest } = (MODERN.exec(rest) ?? OLD.exec(rest))?.groups ?? {};
    // As JSON: a text from the network must not move the cursor of this terminal
    console.log(`${from.address} ${facilityOf(priority)}.${SEVERITIES[priority & 7]} ${program}: ${JSON.stringify(text)}`);
  }
}

function facilityOf(priority: number): string {
  const facility = priority >> 3;
  return FACILITIES[facility] ?? `local${facility - FIRST_LOCAL_FACILITY}`;
}

const reactor = new Reactor();
const sink = reactor.listenUDP(PORT, new SyslogSink());
console.log(`listening on port ${sink.getHost().port}`);
await reactor.run();

const { received, kernelDrops } = sink.statistics();
console.log(`received ${received}, lost ${kernelDrops}`);
