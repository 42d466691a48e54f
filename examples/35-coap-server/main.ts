/**
 * A thing that answers CoAP (RFC 7252), as sensors and lamps do.
 *
 * You learn: a codec of your choice and a protocol fit together; what cannot be decoded is dropped, so a hostile datagram does no harm.
 * You run:   node examples/dist/35-coap-server/main.js, and in another terminal: coap-client -m get coap://127.0.0.1/time
 *            A copy of your own needs the codec: npm install groupcast coap-packet
 * You see:   0.01 "time": 2.05 here, and the time there. coap://127.0.0.1/.well-known/core lists what there is. Ctrl-C ends it.
 */
import { generate, type Packet, type ParsedPacket, parse } from "coap-packet";
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 5683);

const CODE = { empty: "0.00", get: "0.01", content: "2.05", badOption: "4.02", notFound: "4.04", methodNotAllowed: "4.05" };
const NOT_UNDERSTOOD = /^(?:If-.*|OSCORE|Accept|Block.|Q-Block.|Proxy-.*|\d*[13579])$/; // critical options: 5.4.1 wants them refused

const RESOURCES: ReadonlyMap<string, () => string> = new Map([
  [".well-known/core", () => "</time>"], // RFC 6690
  ["time", () => new Date().toISOString()],
]);

class CoapServer extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    const request = parsed(data);
    if (!request?.code.startsWith("0.") || request.ack || request.reset) return; // answering an answer would never end
    const answer = answerTo(request);
    if (answer !== undefined) this.transport.write(generate(answer), from);
  }
}

function answerTo({ code, confirmable, messageId, token, options }: ParsedPacket): Packet | undefined {
  if (code === CODE.empty) return confirmable ? { code, messageId, reset: true } : undefined; // a ping, 4.3
  const path = options
    .filter(({ name }) => name === "Uri-Path")
    .map(({ value }) => String(value))
    .join("/");
  const answer = resultOf(code, path, options);
  console.log(`${code} ${JSON.stringify(path)}: ${answer.code}`);
  return confirmable ? { ...answer, token, messageId, ack: true } : { ...answer, token }; // without an id, the codec chooses one
}

function resultOf(code: string, path: string, options: ParsedPacket["options"]): Packet {
  const read = RESOURCES.get(path);
  if (options.some(({ name }) => NOT_UNDERSTOOD.test(String(name)))) return { code: CODE.badOption };
  if (read === undefined) return { code: CODE.notFound };
  if (code !== CODE.get) return { code: CODE.methodNotAllowed };
  return { code: CODE.content, payload: Buffer.from(read()) };
}

/** Anybody may send anything. */
function parsed(data: Buffer): ParsedPacket | undefined {
  try {
    return parse(data);
  } catch {
    return undefined;
  }
}

const reactor = new Reactor();
console.log(`listening on port ${reactor.listenUDP(PORT, new CoapServer()).getHost().port}`);
await reactor.run();
