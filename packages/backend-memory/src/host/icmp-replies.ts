import { socketAddress } from "@groupcast/backend";
import { DEFAULT_HOPS } from "../address/ip-numbers.js";
import { type IcmpError, icmpPacket } from "../network/packet.js";
import type { HostInterface } from "./host-interface.js";
import type { HostOutput } from "./host-output.js";
import type { HostRouting } from "./host-routing.js";

/** Answers packets with ICMP errors. */
export class IcmpReplies {
  readonly #routing: HostRouting;
  readonly #output: HostOutput;
  readonly #nextPacketId: () => number;

  constructor(routing: HostRouting, output: HostOutput, nextPacketId: () => number) {
    this.#routing = routing;
    this.#output = output;
    this.#nextPacketId = nextPacketId;
  }

  /** Sends an error to the sender of the packet that it is about. A host sends none about errors (RFC 1122 section 3.2.2). */
  send(icmp: IcmpError, ingress: HostInterface): void {
    const { about } = icmp;
    if (about.icmp !== undefined) return;
    const { destination: source, source: destination } = about;
    const route = this.#routing.find({ destination, source, interfaceIndex: destination.needsZone ? ingress.index : 0 });
    if (typeof route === "number") return;
    const fields = { id: this.#nextPacketId(), source, from: socketAddress(source.text, 0), origin: route.egress.segment };
    this.#output.send(icmpPacket(icmp, { ...fields, hops: DEFAULT_HOPS }), route);
  }
}
