/** Sends the datagrams of a socket: `udp_sendmsg` of net/ipv4/udp.c and `udpv6_sendmsg` of net/ipv6/udp.c. */

import type { Outcome, PacketOrigin, SendBatch, SocketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { Endpoint } from "../host/endpoint.js";
import type { HostInterface } from "../host/host-interface.js";
import type { SendingSocket } from "../host/host-output.js";
import type { HostStack } from "../host/host-stack.js";
import type { OutputRoute } from "../host/routing-table.js";
import type { Packet } from "../network/packet.js";
import { SendBuffer } from "./send-buffer.js";
import { SendOrigin } from "./send-origin.js";
import type { SocketOptions } from "./socket-options.js";

const MAX_PAYLOAD_BYTES = { 4: 65_507, 6: 65_527 } as const; // 65,535 less the headers that count
const MAX_LENGTH_FIELD = 65_535; // the first thing that udp_sendmsg of net/ipv4/udp.c looks at; IPv6 has no such check
const MAX_CACHED_ROUTES = 256; // a socket that writes to more peers than that looks them up again

/** A way, with the sender address that receivers on it are shown. */
interface Way extends OutputRoute {
  readonly from: SocketAddress;
}

export class SocketSender implements SendingSocket {
  readonly sendBuffer: SendBuffer = new SendBuffer();
  readonly #stack: HostStack;
  readonly #endpoint: Endpoint;
  readonly #origin: SendOrigin;
  readonly #ways = new Map<string, Way>();
  #waysVersion = -1;

  constructor(stack: HostStack, endpoint: Endpoint) {
    this.#stack = stack;
    this.#endpoint = endpoint;
    this.#origin = new SendOrigin(stack, endpoint);
  }

  get options(): SocketOptions {
    return this.#endpoint.options;
  }

  /** Sends groups on that interface; undefined: as routed. */
  set multicastInterface(on: HostInterface | undefined) {
    this.#origin.multicastInterface = on;
    this.forgetWays();
  }

  /** Forgets routes: the socket was bound, connected, or an option changed. */
  forgetWays(): void {
    this.#ways.clear();
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
    if (this.#endpoint.family === 4 && payload.end - payload.start > MAX_LENGTH_FIELD) return ERRNO.EMSGSIZE;
    const target = to ?? this.#endpoint.peer?.socketAddress;
    if (target === undefined) return ERRNO.EDESTADDRREQ;
    if (target.port === 0) return ERRNO.EINVAL;
    const way = this.#wayTo(target.address, via);
    if (typeof way === "number") return way;
    const { values } = this.options;
    const { destination, kind } = way;
    if (payload.end - payload.start > MAX_PAYLOAD_BYTES[destination.family]) return ERRNO.EMSGSIZE;
    if (kind === "broadcast" && values.broadcast === 0) return ERRNO.EACCES;
    const { output } = this.#stack;
    const admission = output.admission(way, this);
    if (admission < 0) return admission;
    const packet: Packet = {
      id: this.#stack.fabric.nextPacketId(),
      source: way.source,
      sourcePort: this.#endpoint.port,
      destination,
      destinationPort: target.port,
      hops: destination.kind === "multicast" ? values.multicastTtl : values.unicastTtl,
      trafficClass: values.trafficClass,
      bytes: payload.bytes,
      start: payload.start,
      end: payload.end,
      from: way.from,
      origin: way.out.cable?.switch,
      icmp: undefined,
    };
    return output.send(packet, way, this);
  }

  #wayTo(text: string, via: PacketOrigin | undefined): Way | Outcome {
    const { version } = this.#stack.fabric.topology;
    if (version !== this.#waysVersion || this.#ways.size > MAX_CACHED_ROUTES) {
      this.#ways.clear();
      this.#waysVersion = version;
    }
    const known = via === undefined ? this.#ways.get(text) : undefined;
    if (known !== undefined) return known;
    const route = this.route(text, via);
    if (typeof route === "number") return route;
    const way = { ...route, from: this.#endpoint.sender(route.source) };
    if (via === undefined) this.#ways.set(text, way);
    return way;
  }

  /** The way to the address `text`, as options, binding and, for one datagram, `via` say. */
  route(text: string, via?: PacketOrigin): OutputRoute | Outcome {
    const { address: destination, zone, isMapped } = this.#stack.fabric.addresses.parse(text);
    if (this.#endpoint.family === 6 && destination.family === 4 && !this.#endpoint.accepts(4)) return ERRNO.ENETUNREACH;
    const origin = this.#origin.of(destination, zone, via);
    if (typeof origin === "number") return origin;
    const route = this.#stack.route({ ...origin, destination });
    if (typeof route === "number") return route;
    const isOwnFamily = this.#endpoint.family === 4 ? destination.family === 4 && !isMapped : this.#endpoint.accepts(destination.family);
    return isOwnFamily ? route : ERRNO.EAFNOSUPPORT;
  }
}
