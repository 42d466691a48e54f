// A reactor in a host of the lab: told by JSON lines which of its methods to call, telling by JSON lines what came of it.
import { execFileSync } from "node:child_process";
import { createInterface } from "node:readline";
import { type Arrival, DatagramProtocol, type MulticastPort, Reactor, type SocketAddress } from "groupcast";
import { decodeRequest, encodeLine, type Opening, type RemoteTarget, type Request } from "../support/remote-call.js";

const PORT_EVENTS = ["drain", "dropped", "sendFailed", "refused", "membership", "outgoingInterface", "error"] as const;

const reactor = new Reactor();
const ports: MulticastPort[] = [];

/** Tells what arrives, unless it is to be quiet, as for a flood that is counted. */
class Recorder extends DatagramProtocol {
  readonly #number: number;
  readonly #isQuiet: boolean;

  constructor(number: number, isQuiet: boolean) {
    super();
    this.#number = number;
    this.#isQuiet = isQuiet;
  }

  override datagramReceived(bytes: Buffer, from: SocketAddress, arrival?: Arrival): void {
    if (this.#isQuiet) return;
    print({ event: "datagram", port: this.#number, text: bytes.toString("utf8"), bytes: bytes.length, from, ...(arrival && { arrival }) });
  }

  override connectionRefused(): void {
    print({ event: "connectionRefused", port: this.#number });
  }
}

createInterface({ input: process.stdin })
  .on("line", (line) => void serve(decodeRequest(line)))
  .on("close", () => void reactor.stop()); // nobody is there any more to tell it what to do

print({ event: "ready", backend: reactor.backend.name });
await reactor.run();
process.stdin.destroy(); // it would keep the process alive

async function serve(request: Request): Promise<void> {
  try {
    print({ event: "done", id: request.id, result: await obey(request) });
  } catch (error) {
    print({ event: "done", id: request.id, failure: error });
  }
}

function obey(request: Request): unknown {
  switch (request.do) {
    case "open":
      return open(request);
    case "call":
      return call(targetOf(request.on), request.method, request.args);
    case "turn":
      return void request.calls.map(({ method, args }) => call(targetOf(request.on), method, args));
    case "capabilities":
      return [...reactor.backend.capabilities];
    case "watch":
      return void reactor.network.on("change", (change) => print({ event: "change", change }));
    case "block": // nothing of this process runs meanwhile, while the network goes on
      return void execFileSync(request.command, request.args, { input: request.input, stdio: ["pipe", "ignore", "inherit"] });
  }
}

function open({ method, args, isQuiet }: Opening): object {
  const number = ports.length;
  const protocol = new Recorder(number, isQuiet);
  const options = args.at(-1);
  const port =
    method === "connectUDP"
      ? reactor.connectUDP(args[0] as string, args[1] as number, protocol, options as object)
      : reactor[method](args[0] as number, protocol, options as object);
  ports.push(port as MulticastPort);
  for (const event of PORT_EVENTS) port.on(event, (payload?: unknown) => print({ event, port: number, payload }));
  return { number, host: port.getHost() };
}

function targetOf(target: RemoteTarget): object {
  if (target === "reactor") return reactor;
  return target === "network" ? reactor.network : ports[target]!;
}

function call(target: object, method: string, args: readonly unknown[]): unknown {
  const member = (target as Record<string, unknown>)[method];
  const result = typeof member === "function" ? member.apply(target, args) : member;
  return result === target ? undefined : result;
}

function print(line: object): void {
  process.stdout.write(`${encodeLine(line)}\n`);
}
