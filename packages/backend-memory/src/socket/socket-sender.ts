/** Sends the datagrams of a socket: `udp_sendmsg` of net/ipv4/udp.c and `udpv6_sendmsg` of net/ipv6/udp.c. */
import {
  MAX_UDP_LENGTH_BYTES,
  maxPayloadBytes,
  type Outcome,
  type PacketOrigin,
  type SendBatch,
  type SocketAddress,
} from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { ParsedAddresses } from "../address/parsed-addresses.js";
import type { Endpoint } from "../host/endpoint.js";
import type { HostInterface } from "../host/host-interface.js";
import type { HostOutput, SendingSocket } from "../host/host-output.js";
import type { HostRouting } from "../host/host-routing.js";
import type { InterfaceTable } from "../host/interface-table.js";
import type { OutputRoute } from "../host/route.js";
import type { Packet } from "../network/packet.js";
import type { Topology } from "../network/topology.js";
import { SendBuffer } from "./send-buffer.js";
import { SendOrigin } from "./send-origin.js";
import type { SocketOptions } from "./socket-options.js";

const MAX_CACHED_ROUTES = 256; // a socket that writes to more peers than that looks them up again

/** A route, with the sender address that its receivers see. */
interface CachedRoute extends OutputRoute {
  readonly from: SocketAddress;
}

/** Parts of a socket and its host that sending uses. */
export interface SocketSenderParts {
  readonly endpoint: Endpoint;
  readonly options: SocketOptions;
  readonly interfaces: InterfaceTable;
  readonly routing: HostRouting;
  readonly output: HostOutput;
  readonly topology: Topology;
  readonly addresses: ParsedAddresses;
  readonly nextPacketId: () => number;
}

export class SocketSender implements SendingSocket {
  readonly sendBuffer: SendBuffer = new SendBuffer();
  readonly options: SocketOptions;
  readonly #endpoint: Endpoint;
  readonly #routing: HostRouting;
  readonly #output: HostOutput;
  readonly #topology: Topology;
  readonly #addresses: ParsedAddresses;
  readonly #nextPacketId: () => number;
  readonly #origin: SendOrigin;
  readonly #cached = new Map<string, CachedRoute>();
  #cachedVersion = -1;

  constructor({ endpoint, options, interfaces, routing, output, topology, addresses, nextPacketId }: SocketSenderParts) {
    this.#endpoint = endpoint;
    this.options = options;
    this.#routing = routing;
    this.#output = output;
    this.#topology = topology;
    this.#addresses = addresses;
    this.#nextPacketId = nextPacketId;
    this.#origin = new SendOrigin({ interfaces, addresses, endpoint, options });
  }

  /** Interface for groups; undefined: as routed. */
  set multicastInterface(egress: HostInterface | undefined) {
    this.#origin.multicastInterface = egress;
    this.forgetRoutes();
  }

  /** Index of the interface for groups; 0: as routed. */
  get multicastIndex(): number {
    return this.#origin.multicastIndex;
  }

  /** Forgets cached routes: the socket was bound, connected, or an option changed. */
  forgetRoutes(): void {
    this.#cached.clear();
  }

  send(batch: SendBatch, from: number, to: number): Outcome {
    const { offsets } = batch;
    const base = offsets[from] ?? 0;
    const bytes = Buffer.allocUnsafe((offsets[to] ?? base) - base); // copied once, for all receivers
    batch.bytes.copy(bytes, 0, base, base + bytes.length);
    for (let index = from; index < to; index++) {
      const payload = { bytes, start: offsets[index]! - base, end: offsets[index + 1]! - base };
      const outcome = this.#sendOne(payload, batch.to[index], batch.via[index]);
      if (outcome < 0) return index > from ? index - from : outcome;
    }
    return to - from;
  }

  #sendOne(payload: Pick<Packet, "bytes" | "start" | "end">, to: SocketAddress | undefined, via: PacketOrigin | undefined): Outcome {
    // udp_sendmsg of net/ipv4/udp.c looks at this first; IPv6 has no such check.
    if (this.#endpoint.family === 4 && payload.end - payload.start > MAX_UDP_LENGTH_BYTES) return ERRNO.EMSGSIZE;
    const target = to ?? this.#endpoint.peer?.socketAddress;
    if (target === undefined) return ERRNO.EDESTADDRREQ;
    if (target.port === 0) return ERRNO.EINVAL;
    const route = this.#cachedRoute(target.address, via);
    if (typeof route === "number") return route;
    const { values } = this.options;
    const { destination, kind } = route;
    if (payload.end - payload.start > maxPayloadBytes(destination.family)) return ERRNO.EMSGSIZE;
    if (kind === "broadcast" && values.broadcast === 0) return ERRNO.EACCES;
    const admission = this.#output.admission(route, this);
    if (admission < 0) return admission;
    const packet: Packet = {
      id: this.#nextPacketId(),
      source: route.source,
      sourcePort: this.#endpoint.port,
      destination,
      destinationPort: target.port,
      hops: destination.kind === "multicast" ? values.multicastTtl : values.unicastTtl,
      trafficClass: values.trafficClass,
      bytes: payload.bytes,
      start: payload.start,
      end: payload.end,
      from: route.from,
      origin: route.egress.segment,
      icmp: undefined,
    };
    return this.#output.send(packet, route, this);
  }

  #cachedRoute(text: string, via: PacketOrigin | undefined): CachedRoute | Outcome {
    const { version } = this.#topology;
    if (version !== this.#cachedVersion || this.#cached.size > MAX_CACHED_ROUTES) {
      this.#cached.clear();
      this.#cachedVersion = version;
    }
    const known = via === undefined ? this.#cached.get(text) : undefined;
    if (known !== undefined) return known;
    const route = this.route(text, via);
    if (typeof route === "number") return route;
    const cached = { ...route, from: this.#endpoint.sender(route.source) };
    if (via === undefined) this.#cached.set(text, cached);
    return cached;
  }

  /** Returns the route to the address `text` that options, binding and, for one datagram, `via` lead to; or an errno. */
  route(text: string, via?: PacketOrigin): OutputRoute | Outcome {
    const { address: destination, zone, isMapped } = this.#addresses.parse(text);
    if (this.#endpoint.family === 6 && destination.family === 4 && !this.#endpoint.accepts(4)) return ERRNO.ENETUNREACH;
    const origin = this.#origin.of(destination, zone, via);
    if (typeof origin === "number") return origin;
    const route = this.#routing.find({ ...origin, destination });
    if (typeof route === "number") return route;
    const isOwnFamily = this.#endpoint.family === 4 ? destination.family === 4 && !isMapped : this.#endpoint.accepts(destination.family);
    return isOwnFamily ? route : ERRNO.EAFNOSUPPORT;
  }
}
