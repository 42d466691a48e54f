// Runs a random program on a backend, and writes down what every socket saw.

import {
  type Capability,
  type Family,
  type NetworkInterface,
  type OptionName,
  type PacketOrigin,
  type SocketAddress,
  socketAddress,
} from "@groupcast/backend";
import { type Arrived, addressesOf, answered, type Loss, Refusal, type Site, SocketEndpoint } from "@groupcast/backend-compliance";
import { errnoName, UnsupportedError } from "@groupcast/base";
import { INTERFACES } from "../interfaces.js";
import type { Observation, Origin, Place, RandomProgram, Step, Target } from "./step.js";

const QUIET_DEADLINE_MS = 2_000;
const ARRIVAL_OPTIONS: readonly OptionName[] = ["receivePacketInfo", "receiveTtl"];

/** @param site - With two interfaces that can be switched, all of them on. It is left so. */
export async function runProgram(site: Site, { family, steps }: RandomProgram): Promise<Observation> {
  const run = new ProgramRun(site, family);
  const observation: string[][] = [];
  for (const [number, step] of steps.entries()) observation.push(await run.take(step, `d${number}`));
  await run.finish();
  return observation;
}

class ProgramRun {
  readonly #site: Site;
  readonly #family: Family;
  readonly #sockets = new Map<number, SocketEndpoint>();
  readonly #fence: SocketEndpoint;
  readonly #down = new Set<string>();
  #hasSwitched = false;
  readonly #nets: readonly NetworkInterface[];
  readonly #places: Readonly<Record<Place, string>>;

  constructor(site: Site, family: Family) {
    this.#site = site;
    this.#family = family;
    this.#fence = SocketEndpoint.listen(site.backend, family);
    this.#nets = site.interfaces.map((name) => answered(site.backend.network.interfaces()).find((at) => at.name === name)!);
    this.#places = placesOf(family);
  }

  /** Does one step. @returns its outcome, and what sockets tell until all is quiet. */
  async take(step: Step, label: string): Promise<string[]> {
    const outcome = await this.#outcomeOf(step, label);
    await this.#quiet();
    return [`${step.do}: ${outcome}`, ...this.#news()];
  }

  async finish(): Promise<void> {
    for (const socket of this.#sockets.values()) await socket.close();
    await this.#fence.close();
    if (this.#hasSwitched) await this.#switchAllAnew();
  }

  /** Off and on again, one after the other: the kernel's routes are in the order in which the interfaces came up. */
  async #switchAllAnew(): Promise<void> {
    for (const { name } of this.#nets) {
      await this.#site.control!.setUp(name, false);
      await this.#site.control!.setUp(name, true);
    }
  }

  async #outcomeOf(step: Step, label: string): Promise<string> {
    try {
      if (step.do === "switch") return await this.#switch(this.#nets[step.net]!.name, step.isUp);
      if (step.do === "open") return this.#open(step);
      const socket = this.#sockets.get(step.slot);
      return socket === undefined ? "nothing there" : this.#doOn(socket, step, label);
    } catch (error) {
      if (error instanceof Refusal) return errnoName(error.errno);
      if (error instanceof UnsupportedError) return "unsupported";
      throw error;
    }
  }

  async #switch(name: string, isUp: boolean): Promise<string> {
    if (isUp !== this.#down.has(name)) return "is so already";
    this.#hasSwitched = true;
    await this.#site.control!.setUp(name, isUp);
    if (isUp) this.#down.delete(name);
    else this.#down.add(name);
    return "done";
  }

  #open({ slot, at, port, reuse, hearsErrors }: Extract<Step, { do: "open" }>): string {
    if (this.#sockets.has(slot)) return "is open already";
    const socket = SocketEndpoint.listen(this.#site.backend, this.#family, { address: this.#places[at], port, reuseAddress: reuse });
    for (const name of ARRIVAL_OPTIONS) if (this.#can(`set ${name}`)) socket.set(name, 1);
    if (hearsErrors && this.#can("set receiveErrors")) socket.set("receiveErrors", 1);
    this.#sockets.set(slot, socket);
    return "done";
  }

  #doOn(socket: SocketEndpoint, step: Exclude<Step, { do: "open" | "switch" }>, label: string): string {
    switch (step.do) {
      case "close":
        this.#sockets.delete(step.slot);
        void socket.close();
        break;
      case "connect":
        socket.connect(this.#addressOf(step.to));
        break;
      case "write":
        socket.write(
          label.padEnd(step.lengthBytes, ".").slice(0, step.lengthBytes),
          step.to && this.#addressOf(step.to),
          this.#originOf(step.via),
        );
        break;
      case "outgoing":
        accepted(socket.socket.setMulticastInterface(step.net === undefined ? undefined : this.#nets[step.net]));
        break;
      case "tie":
        socket.set("bindToInterface", step.net === undefined ? 0 : this.#nets[step.net]!.index);
        break;
      case "tell":
        return `${describeAddress(socket.local)} ${describeAddress(socket.peer)}`;
      case "option":
        socket.set(step.name, step.value);
        break;
      case "disconnect":
        // Linux then goes on hearing the former peer's address only: a known divergence, TX-57.
        if (this.#family === 6) return "not tried";
        socket.disconnect();
        break;
      case "pause":
      case "resume":
        socket[step.do]();
        break;
      default:
        this.#changeMembership(socket, step);
    }
    return "done";
  }

  #changeMembership(socket: SocketEndpoint, step: Extract<Step, { do: "join" | "leave" | "block" | "unblock" }>): void {
    const group = this.#places[`group${step.group}`];
    const at = this.#nets[step.net]!;
    const source = step.source && this.#places[step.source];
    if (step.do === "join" || step.do === "leave") socket[step.do](group, at, source);
    else socket[step.do](group, at, source ?? this.#places.one);
  }

  #addressOf({ at, port }: Target): { address: string; port: number } {
    return { address: this.#places[at], port };
  }

  #originOf(via: Origin | undefined): PacketOrigin | undefined {
    if (via === undefined) return undefined;
    const { net, source } = via;
    return { interfaceIndex: net === undefined ? 0 : this.#nets[net]!.index, source: source && this.#places[source] };
  }

  /** Everything stays on this host: when a datagram on loopback has arrived, all that were sent before it have. */
  async #quiet(): Promise<void> {
    const { clock } = this.#site;
    this.#fence.write("fence", socketAddress(addressesOf(this.#family).loopback, this.#fence.local.port));
    await clock.until(() => this.#fence.arrived.length > 0, QUIET_DEADLINE_MS);
    this.#fence.arrived.length = 0;
    let turns = 0;
    await clock.until(() => turns++ > 1, QUIET_DEADLINE_MS); // the sockets that the same look at the kernel found readable
  }

  #news(): string[] {
    return [...this.#sockets]
      .sort(([one], [other]) => one - other)
      .flatMap(([slot, { arrived, losses }]) => [
        ...arrived.splice(0).map((each) => `${slot} received ${describeArrived(each)}`),
        ...losses.splice(0).map((each) => `${slot} lost ${describeLoss(each)}`),
      ]);
  }

  #can(capability: Capability): boolean {
    return this.#site.backend.capabilities.has(capability);
  }
}

/** By the table, and not as a backend lists them: addresses of IPv6 come in no particular order. */
function placesOf(family: Family): Readonly<Record<Place, string>> {
  const { any, loopback, foreign } = addressesOf(family);
  const isOurs = (address: string): boolean => address.includes(":") === (family === 6);
  const [near = [], far = []] = Object.values(INTERFACES).map((addresses) => addresses.filter(isOurs).map((each) => each.split("/")[0]!));
  const [one = "", two = ""] = near;
  const [other = ""] = far;
  const [group0 = "", group1 = ""] = family === 4 ? ["239.255.77.1", "239.255.77.2"] : ["ff15::77:1", "ff15::77:2"];
  const broadcast = family === 4 ? one.replace(/\d+$/, "255") : foreign; // IPv6 has none
  return { any, loopback, foreign, one, two, other, broadcast, group0, group1 };
}

function describeArrived({ bytes, from, arrival }: Arrived): string {
  const { destination, interface: on, ttl, truncated } = arrival;
  return `${bytes.length} "${bytes.subarray(0, 4)}" from ${from.address} ${from.port} to ${destination} on ${on} ttl ${ttl}${truncated ? " cut" : ""}`;
}

function describeAddress(address: SocketAddress | undefined): string {
  return address === undefined ? "nobody" : `${address.address} ${address.port}`;
}

function accepted(outcome: number): void {
  if (outcome < 0) throw new Refusal("a step", outcome);
}

function describeLoss({ errno, peer }: Loss): string {
  return `${errnoName(errno)} ${peer?.address} ${peer?.port}`;
}
