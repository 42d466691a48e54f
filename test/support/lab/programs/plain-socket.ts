// One socket of node:dgram, told by JSON lines what to do, and telling by JSON lines what it did and received.
import { createSocket, type Socket } from "node:dgram";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** What can be set at any time. */
export interface MulticastSettings {
  /** IPv4: address of the interface; IPv6: "::%eth0". */
  readonly multicastInterface: string;
  readonly ttl: number;
  readonly multicastLoopback: boolean;
}

/** How the socket is made. */
export interface SocketSettings extends MulticastSettings {
  readonly family: "IPv4" | "IPv6";
  /** Default: any. */
  readonly address: string;
  /** Default: 0, any free one. */
  readonly port: number;
  /** Default: true. */
  readonly reuseAddress: boolean;
}

/** A membership: of any source, or of one. */
export interface MembershipRequest {
  readonly group: string;
  /** IPv4: address of the interface; IPv6: its name. */
  readonly interface?: string;
  readonly source?: string;
}

type Request = { readonly id: number } & (
  | { readonly do: "send"; readonly text: string; readonly address: string; readonly port: number }
  | { readonly do: "set"; readonly settings: Partial<MulticastSettings> }
  | ({ readonly do: "join" | "leave" } & MembershipRequest)
);

const settings = JSON.parse(process.argv[2] ?? "{}") as Partial<SocketSettings>;
const isIPv6 = settings.family === "IPv6";
const socket = createSocket({ type: isIPv6 ? "udp6" : "udp4", reuseAddr: settings.reuseAddress ?? true, ipv6Only: isIPv6 });

socket.on("message", (payload, { address, port }) => {
  print({ event: "datagram", text: payload.toString("utf8"), bytes: payload.length, from: { address, port } });
});
socket.bind({ port: settings.port ?? 0, ...(settings.address && { address: settings.address }) }, () => {
  configure(socket, settings);
  print({ event: "listening", port: socket.address().port });
});
createInterface({ input: process.stdin })
  .on("line", (line) => void serve(JSON.parse(line) as Request))
  .on("close", () => socket.close()); // nobody is there any more to tell it what to do

function configure(target: Socket, { multicastInterface, ttl, multicastLoopback }: Partial<MulticastSettings>): void {
  if (multicastInterface !== undefined) target.setMulticastInterface(multicastInterface);
  if (ttl !== undefined) target.setMulticastTTL(ttl);
  if (multicastLoopback !== undefined) target.setMulticastLoopback(multicastLoopback);
}

async function serve(request: Request): Promise<void> {
  const failure = await obey(request).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? String(error),
  );
  print({ event: "done", id: request.id, ...(failure && { failure }) });
}

async function obey(request: Request): Promise<void> {
  if (request.do === "send") {
    await promisify<string, number, string>(socket.send.bind(socket))(request.text, request.port, request.address);
  } else if (request.do === "set") configure(socket, request.settings);
  else changeMembership(request);
}

function changeMembership(request: { readonly do: "join" | "leave" } & MembershipRequest): void {
  const { group, source } = request;
  const at = request.interface !== undefined && isIPv6 ? `::%${request.interface}` : request.interface;
  if (source === undefined) socket[request.do === "join" ? "addMembership" : "dropMembership"](group, at);
  else socket[request.do === "join" ? "addSourceSpecificMembership" : "dropSourceSpecificMembership"](source, group, at);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
