import { formatEndpoint } from "groupcast";
import type { Invocation } from "../command/command.js";
import { existingInterface } from "../command/existing-interface.js";
import type { Exit } from "../command/exit-codes.js";
import { formatCount } from "../command/format.js";
import { PING_REFUSALS, type PingRefusal } from "./answering.js";
import { type RespondReport, respond } from "./respond.js";

/** Options of `groupcast ping --respond`. */
export interface RespondRunOptions {
  readonly group: string | undefined;
  readonly interface: string | undefined;
  readonly port: number | undefined;
  readonly ttl: number | undefined;
  readonly rate: number | undefined;
  readonly "total-rate": number | undefined;
  readonly "max-clients": number | undefined;
  readonly "no-legacy": boolean;
}

/** Runs `groupcast ping --respond`. */
export async function runRespond({ output, signal, openReactor }: Omit<Invocation, "options">, options: RespondRunOptions): Promise<Exit> {
  const reactor = openReactor();
  if (options.interface !== undefined) existingInterface(reactor.network, options.interface);
  const report = await respond(reactor, {
    group: options.group,
    interface: options.interface,
    port: options.port,
    ttl: options.ttl,
    clientRate: options.rate,
    totalRate: options["total-rate"],
    maxClients: options["max-clients"],
    legacy: !options["no-legacy"],
    signal,
    onListening: (ports) => output.note(`responding on ${ports.map(formatEndpoint).join(", ")}; Ctrl-C ends and sums up`),
    onClient: (client) =>
      output.result({ type: "client", ...client }, `${formatEndpoint(client)} asks, and is answered on ${client.group}`),
  });
  output.result({ type: "respond", ...report }, summary(report));
  return "done";
}

function summary({ answered, sessions, evicted, refused, failed }: RespondReport): string[] {
  const kinds = Object.entries(refused).filter(([, number]) => number > 0);
  const total = kinds.reduce((sum, [, number]) => sum + number, 0);
  return [
    `${formatCount(answered, "request")} answered, ${formatCount(sessions, "session")} given`,
    ...(total > 0 ? [`${formatCount(total, "datagram")} refused:`] : []),
    ...kinds.map(([kind, number]) => `  ${number} ${PING_REFUSALS[kind as PingRefusal]}`),
    ...(evicted > 0 ? [`${formatCount(evicted, "client")} forgotten for others: raise --max-clients`] : []),
    ...(failed > 0 ? [`${formatCount(failed, "answer")} refused by the network`] : []),
  ];
}
