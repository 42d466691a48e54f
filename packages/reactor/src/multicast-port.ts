import type { PacketOrigin, SocketAddress } from "@groupcast/backend";
import { BASE_ERRORS, checkBoolean, checkOptions, InvalidArgumentError } from "@groupcast/base";
import { checkOption } from "./check-argument.js";
import type { AnyProtocol } from "./inbox.js";
import { type InterfaceSelector, type InterfaceWish, parseJoinSelector, parseSelector } from "./interface-selector.js";
import { checkGroup, checkSource } from "./ip-literal.js";
import { isolationOf, isSourceAddress } from "./local-address.js";
import { MembershipSockets } from "./membership-sockets.js";
import type { JoinRequest } from "./membership-wish.js";
import { Memberships } from "./memberships.js";
import { MulticastSender, type Settlement } from "./multicast-sender.js";
import type { PortContext } from "./port-context.js";
import type { Opening } from "./port-sockets.js";
import type { Isolation, JoinOptions, Membership, MulticastTransport } from "./transport.js";
import { UDPPort } from "./udp-port.js";

/** A UDP port that can be a member of multicast groups. Made by `reactor.listenMulticast` and its siblings. */
export class MulticastPort extends UDPPort implements MulticastTransport {
  readonly #sender: MulticastSender;
  readonly #memberships: Memberships;

  /** Not for users: the reactor makes ports. */
  constructor(context: PortContext, protocol: AnyProtocol, opening: Opening) {
    super(context, protocol, opening);
    const { backend, network, clock } = context;
    const { main, family, isAdopted, local } = this.sockets;
    const hasSourceAddress = isSourceAddress(local.address);
    this.#sender = new MulticastSender({ backend, network, clock, main, family, isAdopted, hasSourceAddress });
    this.#memberships = new Memberships({
      backend,
      network,
      sockets: new MembershipSockets(this.sockets),
      defaultInterface: (group) => this.#sender.defaultInterface(group),
      membershipChanged: (change) => this.emitLater("membership", change),
    });
  }

  joinGroup(group: string, on?: InterfaceSelector | "all", options?: JoinOptions): void {
    this.checkOpen("joinGroup");
    const { source, whenAvailable = true } = checkOptions("joinGroup", options, ["source", "whenAvailable"]);
    const waits = checkBoolean("joinGroup", "whenAvailable", whenAvailable);
    this.#memberships.join(this.#joinRequest("joinGroup", group, on, source), waits);
  }

  leaveGroup(group: string, on?: InterfaceSelector | "all", options?: { readonly source?: string }): void {
    this.checkOpen("leaveGroup");
    const { source } = checkOptions("leaveGroup", options, ["source"]);
    this.#memberships.leave(this.#joinRequest("leaveGroup", group, on, source));
  }

  blockSource(group: string, source: string, on?: InterfaceSelector | "all"): void {
    this.checkOpen("blockSource");
    const request = this.#joinRequest("blockSource", group, on, undefined);
    this.#memberships.block(request, checkSource("blockSource", source, this.sockets.family));
  }

  unblockSource(group: string, source: string, on?: InterfaceSelector | "all"): void {
    this.checkOpen("unblockSource");
    const request = this.#joinRequest("unblockSource", group, on, undefined);
    this.#memberships.unblock(request, checkSource("unblockSource", source, this.sockets.family));
  }

  get memberships(): readonly Membership[] {
    return this.#memberships.list;
  }

  setTTL(ttl: number): void {
    this.checkOpen("setTTL");
    const hops = checkOption("setTTL", "ttl", "multicastTtl", ttl);
    this.sendWaiting();
    this.#sender.setTTL("setTTL", hops);
  }

  getTTL(): number {
    return this.#sender.ttl;
  }

  setLoopbackMode(on: boolean): void {
    this.checkOpen("setLoopbackMode");
    const isOn = checkBoolean("setLoopbackMode", "on", on);
    this.sendWaiting();
    this.#sender.setLoopbackMode("setLoopbackMode", isOn);
  }

  getLoopbackMode(): boolean {
    return this.#sender.isLoopbackOn;
  }

  setOutgoingInterface(to: InterfaceSelector): void {
    this.checkOpen("setOutgoingInterface");
    const wish = parseSelector("setOutgoingInterface", to);
    this.sendWaiting();
    this.#sender.setOutgoingInterface("setOutgoingInterface", wish);
  }

  getOutgoingInterface(): string {
    return this.#sender.outgoingInterface;
  }

  get isolation(): Isolation {
    return isolationOf(this.context.backend.capabilities, this.getHost());
  }

  /** Not for users: the reactor saw the interfaces change. */
  interfacesChanged(): void {
    if (!this.isOpen) return;
    this.#sender.reconcile();
    this.#memberships.reconcile();
  }

  protected settle(group: SocketAddress, via: PacketOrigin | undefined): Settlement {
    return this.#sender.settle(group, via);
  }

  protected releaseGroups(): void {
    this.#memberships.clear();
    this.#sender.close();
  }

  #joinRequest(operation: string, group: string, on: InterfaceSelector | undefined, source: string | undefined): JoinRequest {
    const { family } = this.sockets;
    const { address, zone } = checkGroup(operation, group, family);
    return {
      group: address,
      wish: zone === undefined ? parseJoinSelector(operation, on) : wishOfZone(operation, zone, on),
      source: source === undefined ? undefined : checkSource(operation, source, family),
    };
  }
}

/** A group's zone names the interface; naming one beside it leaves open which is meant. */
function wishOfZone(operation: string, zone: string, on: InterfaceSelector | undefined): InterfaceWish {
  if (on === undefined) return parseSelector(operation, `::%${zone}`, "group");
  const expected = "nothing, since the group's zone names the interface";
  throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, { operation, argument: "interface", value: on, expected });
}
