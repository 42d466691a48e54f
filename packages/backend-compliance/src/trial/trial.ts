import assert from "node:assert/strict";
import type { Capability, DatagramBackend, Family, NetworkInterface } from "@groupcast/backend";
import type { ContractId } from "../contract-id.js";
import { addressesOf, type FamilyAddresses, groupFor } from "../endpoint/addresses-of.js";
import {
  type Access,
  type Arrived,
  type Destination,
  type Endpoint,
  type EndpointOptions,
  type EndpointSource,
  type MakeEndpoints,
  textsOf,
} from "../endpoint/endpoint.js";
import { answered } from "../endpoint/refusal.js";
import { bareEndpoints, SocketEndpoint } from "../endpoint/socket-endpoint.js";
import { Leftovers } from "../site/leftovers.js";
import type { InterfaceControl, RefusingRoute, Site } from "../site/site.js";
import type { TrialClock } from "../site/trial-clock.js";
import { sourcesOf } from "./host-needs.js";

const ARRIVAL_DEADLINE_MS = 2_000; // on loopback a datagram takes microseconds; this only bounds a failure
const UNKNOWN_INDEX = 0x7fff_fff0;

/** The contract that a {@link Trial} is for, and its place. */
export interface TrialSetting {
  /** Backend, clock and host. */
  readonly site: Site;
  /** IP version of the endpoints. */
  readonly family: Family;
  /** Kind of the endpoints. */
  readonly access: Access;
  /** Id of the contract. */
  readonly id: ContractId;
  /** Opens the endpoints; default: bare sockets. */
  readonly makeEndpoints?: MakeEndpoints | undefined;
  /** Longest wait for an event, in milliseconds; default 2,000. */
  readonly deadlineMs?: number | undefined;
}

/** Two endpoints, on loopback. */
export interface EndpointPair {
  /** One of them. */
  readonly a: Endpoint;
  /** The other one. */
  readonly b: Endpoint;
}

/** Sender and destination of a datagram that does arrive. */
export interface Fence {
  /** Sender; default: a socket on loopback, which the receiver must be able to receive from. */
  readonly from?: Endpoint | undefined;
  /** Destination; default: the address of the receiver, or loopback for the wildcard address. */
  readonly to?: Destination | undefined;
}

/** One contract put to one subject: opens endpoints, waits for events, and finds what is left open at the end. */
export class Trial {
  /** Backend, clock and host. */
  readonly site: Site;
  /** IP version of the endpoints. */
  readonly family: Family;
  /** Kind of the endpoints. */
  readonly access: Access;
  /** Backend under test. */
  readonly backend: DatagramBackend;
  /** Clock that {@link Trial.until} waits with. */
  readonly clock: TrialClock;
  /** Addresses of the IP version. */
  readonly addresses: FamilyAddresses;
  readonly #id: ContractId;
  readonly #deadlineMs: number;
  readonly #endpoints: EndpointSource;
  readonly #sockets: SocketEndpoint[] = [];
  readonly #releases: (() => unknown)[] = [];
  readonly #leftovers: Leftovers;
  #fences = 0;
  #added = 0;
  #fencer: SocketEndpoint | undefined;

  /** Counts what is open now, to compare with at the end. */
  constructor({ site, family, access, id, makeEndpoints = bareEndpoints, deadlineMs = ARRIVAL_DEADLINE_MS }: TrialSetting) {
    this.#deadlineMs = deadlineMs;
    this.site = site;
    this.family = family;
    this.access = access;
    this.backend = site.backend;
    this.clock = site.clock;
    this.addresses = addressesOf(family);
    this.#id = id;
    this.#leftovers = new Leftovers(site);
    this.#endpoints = makeEndpoints(site.backend, family, site.clock);
  }

  /** Opens an endpoint of the kind under test. */
  open(options: EndpointOptions = {}): Endpoint {
    return this.#endpoints.open(options);
  }

  /** Opens two endpoints of the kind under test, on loopback. */
  pair(): EndpointPair {
    return { a: this.open(), b: this.open() };
  }

  /** Opens a bare socket, bound and reading. */
  listen(options: EndpointOptions = {}): SocketEndpoint {
    return this.#keep(SocketEndpoint.listen(this.backend, this.family, options));
  }

  /** Opens a bare socket, and does nothing else with it. */
  socket(family: Family = this.family): SocketEndpoint {
    return this.#keep(new SocketEndpoint(this.backend, (observer) => this.backend.openSocket(family, observer)));
  }

  /** Makes a bare socket of a descriptor. */
  adopt(fd: number): SocketEndpoint {
    return this.#keep(new SocketEndpoint(this.backend, (observer) => this.backend.adoptSocket(fd, observer, this.family)));
  }

  /** Opens an endpoint that is a member of {@link Trial.group} on {@link Trial.net}, on every local address. */
  member(options: EndpointOptions = {}): Endpoint {
    const member = this.open({ address: this.addresses.any, ...options });
    member.join(this.group(), this.net);
    return member;
  }

  /** Opens an endpoint that sends multicast by an interface. */
  sender(at: NetworkInterface = this.net, options: EndpointOptions = {}): Endpoint {
    const sender = this.open({ address: this.addresses.any, ...options });
    sender.setOutgoing(at);
    return sender;
  }

  /** Returns a group of this contract: another one for each number. */
  group(number = 0): string {
    return groupFor(this.family, this.#id, number);
  }

  /** Returns the destination of datagrams to the members of a group that share the port of `member`. */
  toGroup(member: Endpoint, group: string = this.group()): Destination {
    return { address: group, port: member.local.port };
  }

  /** The first interface for multicast. */
  get net(): NetworkInterface {
    return this.interface(this.site.interfaces[0]);
  }

  /** The second interface for multicast. */
  get otherNet(): NetworkInterface {
    return this.interface(this.site.interfaces[1]);
  }

  /** Local addresses of {@link Trial.net}, to send from. */
  get sources(): readonly string[] {
    return sourcesOf(this);
  }

  /** Returns the interface of that name. @throws AssertionError when the network does not list it. */
  interface(name: string | undefined): NetworkInterface {
    const found = answered(this.backend.network.interfaces()).find((candidate) => candidate.name === name);
    return found ?? assert.fail(`network.interfaces() does not list ${name}`);
  }

  /** Adds an interface that is up and has an address of either IP version, until the trial ends. */
  async addInterface(): Promise<NetworkInterface> {
    const number = this.#added++;
    const name = `added${number}`;
    await this.control.add(name, [`10.78.${number}.1/24`, `fd78:${number}::1/64`]);
    this.defer(() => (this.#has(name) ? this.control.remove(name) : undefined));
    return this.interface(name);
  }

  /** Removes an interface and makes another one with its name and addresses. */
  async replaceInterface(at: NetworkInterface): Promise<NetworkInterface> {
    await this.control.remove(at.name);
    return this.restoreInterface(at);
  }

  /** Makes another interface with the name and the addresses of one that was removed. */
  async restoreInterface({ name, addresses }: NetworkInterface): Promise<NetworkInterface> {
    const prefixes = addresses.filter(({ address }) => !address.startsWith("fe80:"));
    await this.control.add(
      name,
      prefixes.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    );
    return this.interface(name);
  }

  /** Refuses datagrams to an address by a route of that kind, until the trial ends. */
  async refuse(kind: RefusingRoute, address: string): Promise<void> {
    const routes = this.site.routes ?? assert.fail("the contract must say that it needs refusingRoutes");
    const destination = `${address}/${this.family === 4 ? 32 : 128}`;
    await routes.add(kind, destination);
    this.defer(() => routes.remove(kind, destination));
  }

  /** An interface that does not exist. */
  get unknownInterface(): NetworkInterface {
    return { ...this.net, name: "nonesuch", index: UNKNOWN_INDEX, addresses: [] };
  }

  /** Control of the host's interfaces. */
  get control(): InterfaceControl {
    return this.site.control ?? assert.fail("the contract must say that it needs interfaceControl");
  }

  /** Calls `release` when the trial ends, the latest one first. */
  defer(release: () => unknown): void {
    this.#releases.push(release);
  }

  /** Whether the backend has a capability. */
  can(capability: Capability): boolean {
    return this.backend.capabilities.has(capability);
  }

  /** Waits for an event. @param what - The event, as the failure names it. @throws AssertionError after `deadlineMs`. */
  async until(what: string, isReached: () => boolean, deadlineMs: number = this.#deadlineMs): Promise<void> {
    assert.ok(await this.clock.until(isReached, deadlineMs), `within ${deadlineMs} ms: ${what}`);
  }

  /** Waits for `count` datagrams, and returns all that have arrived. */
  async received(at: Endpoint, count: number, deadlineMs?: number): Promise<readonly Arrived[]> {
    const reached = (): boolean => at.arrived.length >= count;
    if (!(await this.clock.until(reached, deadlineMs ?? this.#deadlineMs))) {
      assert.fail(`${count} datagrams were expected, ${at.arrived.length} arrived: ${textsOf(at).slice(0, 5).join(", ")}`);
    }
    return at.arrived;
  }

  /** Waits for a datagram, and returns the first that has arrived. */
  async first(at: Endpoint): Promise<Arrived> {
    return (await this.received(at, 1))[0]!;
  }

  /** Waits until everything sent before has arrived, and asserts that it is `texts`, in this order, and nothing else. */
  async receivedOnly(at: Endpoint, texts: readonly string[], fence?: Fence): Promise<void> {
    await this.fence(at, fence);
    assert.deepEqual(textsOf(at), texts);
  }

  /**
   * Sends a datagram that does arrive, and waits for it: a datagram that was sent before, and has not arrived by then, does not arrive.
   */
  async fence(at: Endpoint, { from, to }: Fence = {}): Promise<void> {
    const text = `fence ${this.#fences++} of ${this.#id}`;
    const bound = at.local;
    const address = bound.address === this.addresses.any ? this.addresses.loopback : bound.address;
    this.#fencer ??= this.listen({ address: this.addresses.any });
    (from ?? this.#fencer).write(text, to ?? { address, port: bound.port });
    const position = (): number => at.arrived.findIndex(({ bytes }) => bytes.toString() === text);
    await this.until("the fence arrives", () => position() >= 0);
    at.arrived.splice(position(), 1);
  }

  /** Closes everything that the trial opened. @throws LeftoverError when something is left open. */
  async close(): Promise<void> {
    await this.#endpoints.close();
    for (const endpoint of this.#sockets) await endpoint.close();
    for (const release of this.#releases.reverse()) await release();
    await this.#leftovers.assertNone();
  }

  #has(name: string): boolean {
    return answered(this.backend.network.interfaces()).some((candidate) => candidate.name === name);
  }

  #keep(endpoint: SocketEndpoint): SocketEndpoint {
    this.#sockets.push(endpoint);
    return endpoint;
  }
}
