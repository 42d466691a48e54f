import type { Family } from "@groupcast/backend";
import { callGuarded, checkBoolean, checkOptions, InvalidArgumentError, outOfRange } from "@groupcast/base";
import { checkOption } from "../network/check-argument.js";
import {
  type InterfaceSelector,
  type ParsedSelector,
  parseJoinSelector,
  parseOutgoingSelector,
  parseSelector,
} from "../network/interface-selector.js";
import { checkGroup, checkSource } from "../network/ip-literal.js";
import type { OptionCall } from "../network/socket-options.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { JoinOptions, Membership, OutgoingInterface } from "../transport.js";
import type { JoinRequest } from "./membership-wish.js";
import type { Memberships } from "./memberships.js";
import type { MulticastSender } from "./multicast-sender.js";

/** Dependencies of {@link Groups}. */
export interface GroupsOwner {
  readonly family: Family;
  /** Group whose address the socket is bound to: it receives no other one. */
  readonly boundGroup: string | undefined;
  readonly sender: MulticastSender;
  readonly memberships: Memberships;
  /**
   * Sends waiting datagrams before an option of sending changes: they leave with the options that they were written under, except those that
   * the network does not take yet.
   */
  sendWaiting(): void;
  /** Reports an error that no call can throw. */
  report(error: unknown): void;
}

/** The groups of a port: checks the arguments of its multicast methods, and passes them to the memberships and the sender. */
export class Groups {
  readonly #owner: GroupsOwner;

  constructor(owner: GroupsOwner) {
    this.#owner = owner;
  }

  /** Memberships, those that wait included. */
  get list(): readonly Membership[] {
    return this.#owner.memberships.list;
  }

  /** `joinGroup` of {@link MulticastTransport}. */
  join(group: string, selector: InterfaceSelector | undefined, options: JoinOptions | undefined, operation = "joinGroup"): void {
    const { source, whenAvailable = true } = checkOptions(operation, options, ["source", "whenAvailable"]);
    const waits = checkBoolean(operation, "whenAvailable", whenAvailable);
    const request = this.#request(operation, group, selector, source);
    const { boundGroup, sender } = this.#owner;
    sender.checkOnly(operation, "interface", request.selector); // the kernel would join, and deliver nothing
    if (boundGroup !== undefined && request.group !== boundGroup) {
      const meaning = `is not "${boundGroup}", the group that this port is bound to: the port would never receive it`;
      throw new InvalidArgumentError(REACTOR_ERRORS.ERR_GROUP_FIXED, { operation, argument: "group", value: group, meaning });
    }
    this.#owner.memberships.join(request, waits);
  }

  /** `leaveGroup` of {@link MulticastTransport}. */
  leave(group: string, selector: InterfaceSelector | undefined, options: Pick<JoinOptions, "source"> | undefined): void {
    const operation = "leaveGroup";
    const { source } = checkOptions(operation, options, ["source"]);
    this.#owner.memberships.leave(this.#request(operation, group, selector, source));
  }

  /** `blockSource` of {@link MulticastTransport}. */
  block(group: string, source: string, selector: InterfaceSelector | undefined): void {
    const { memberships, family } = this.#owner;
    const operation = "blockSource";
    memberships.block(this.#request(operation, group, selector, undefined), checkSource(operation, source, family));
  }

  /** `unblockSource` of {@link MulticastTransport}. */
  unblock(group: string, source: string, selector: InterfaceSelector | undefined): void {
    const { memberships, family } = this.#owner;
    const operation = "unblockSource";
    memberships.unblock(this.#request(operation, group, selector, undefined), checkSource(operation, source, family));
  }

  /** TTL of multicast. */
  get ttl(): number {
    return this.#owner.sender.ttl;
  }

  /** `setTTL` of {@link MulticastTransport}. */
  setTTL(ttl: number, call: OptionCall = { operation: "setTTL" }): void {
    const hops = checkOption(call.operation, "ttl", "multicastTtl", ttl);
    this.#owner.sendWaiting();
    this.#owner.sender.setTTL(call, hops);
  }

  /** Whether members on this host receive what the port sends. */
  get isLoopbackOn(): boolean {
    return this.#owner.sender.isLoopbackOn;
  }

  /** `setLoopbackMode` of {@link MulticastTransport}. */
  setLoopbackMode(on: boolean, call: OptionCall = { operation: "setLoopbackMode" }): void {
    const isOn = checkBoolean(call.operation, "on", on);
    this.#owner.sendWaiting();
    this.#owner.sender.setLoopbackMode(call, isOn);
  }

  /** The interface that multicast leaves by, and its state. */
  get outgoingInterface(): OutgoingInterface {
    return this.#owner.sender.outgoingInterface;
  }

  /** `setOutgoingInterface` of {@link MulticastTransport}. */
  setOutgoingInterface(to: InterfaceSelector, operation = "setOutgoingInterface"): void {
    const selector = parseOutgoingSelector(operation, to, "interface");
    this.#owner.sendWaiting();
    this.#owner.sender.setOutgoingInterface(operation, selector);
    this.#owner.memberships.joinWaiting();
  }

  /** Interfaces changed: brings sender and memberships in line. A failure of the sender does not stop the memberships. */
  reconcile(): void {
    const { sender, memberships, report } = this.#owner;
    callGuarded(() => sender.reconcile(), report);
    memberships.reconcile();
  }

  /** Interfaces changed while the port closes: leaves those that are gone, as HostNetwork says why, and reports nothing. */
  leaveGone(): void {
    this.#owner.sender.leaveGone();
    this.#owner.memberships.leaveGone();
  }

  /** Called before the sockets close: the kernel then leaves the groups. */
  close(): void {
    this.#owner.memberships.clear();
    this.#owner.sender.close();
  }

  #request(operation: string, group: string, selector: InterfaceSelector | undefined, source: string | undefined): JoinRequest {
    const { family } = this.#owner;
    const { address, zone } = checkGroup(operation, group, family);
    return {
      operation,
      group: address,
      selector: zone === undefined ? parseJoinSelector(operation, selector) : selectorOfZone(operation, zone, selector),
      source: source === undefined ? undefined : checkSource(operation, source, family),
    };
  }
}

/** Returns the interface that a group's zone names; refuses another one beside it, which would be ambiguous. */
function selectorOfZone(operation: string, zone: string, selector: InterfaceSelector | undefined): ParsedSelector {
  if (selector === undefined) return parseSelector(operation, `::%${zone}`, "group");
  throw outOfRange(operation, "interface", selector, "nothing, since the group's zone names the interface");
}
