/** Requests of CoAP (RFC 7252) and DNS (RFC 1035), made once and numbered for each use: making them must not be what is measured. */
import coapPacket from "coap-packet";
import dnsPacket from "dns-packet";
import type { RequestedName } from "./servers.js";

/** A protocol whose requests and answers carry a number of 16 bits. */
export interface NumberedProtocol {
  /** Offset of the number. */
  readonly numberAt: number;
  request(name: RequestedName): Buffer;
  isAnswer(bytes: Buffer): boolean;
}

export const PROTOCOLS: Readonly<Record<string, NumberedProtocol>> = {
  coap: {
    numberAt: 2, // the message ID
    request: (name) =>
      coapPacket.generate({ confirmable: true, code: "GET", messageId: 0, options: [{ name: "Uri-Path", value: Buffer.from(name) }] }),
    isAnswer: (bytes) => {
      const { code, ack, payload } = coapPacket.parse(bytes);
      return code === "2.05" && ack === true && String(payload) === "21.5 C";
    },
  },
  dns: {
    numberAt: 0,
    request: (name) => dnsPacket.encode({ type: "query", id: 0, flags: dnsPacket.RECURSION_DESIRED, questions: [{ type: "A", name }] }),
    isAnswer: (bytes) => {
      const { answers = [] } = dnsPacket.decode(bytes);
      return answers.some((answer) => answer.type === "A" && answer.data === "192.0.2.1");
    },
  },
};
