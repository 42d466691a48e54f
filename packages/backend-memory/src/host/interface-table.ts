/** The interfaces of a host and the addresses they own. */
import { BACKEND_ERRORS, type NetworkInterface } from "@groupcast/backend";
import { choiceAdvice, InvalidArgumentError, outOfRange } from "@groupcast/base";
import { type IpAddress, LOOPBACK_4, LOOPBACK_6 } from "../address/ip-address.js";
import { LOOPBACK_MTU_BYTES } from "../address/ip-numbers.js";
import { Prefix } from "../address/prefix.js";
import type { LinkOptions } from "../network/link-model.js";
import type { PacketSwitch } from "../network/packet-switch.js";
import { HostInterface, type PacketIntake } from "./host-interface.js";

const LOOPBACK_INDEX = 1;

/** An interface to be added. */
export interface NewInterface {
  readonly name: string;
  readonly prefixes: readonly Prefix[];
  readonly mtu: number;
  readonly to: PacketSwitch | undefined;
  readonly link: LinkOptions;
}

/** The host that the interfaces belong to, as far as they need it. */
export interface InterfaceOwner {
  readonly hostName: string;
  readonly hostNumber: number; // in its network, from 1
  readonly intake: PacketIntake;
  /** Called after every change of interfaces and addresses. */
  readonly changed: () => void;
}

export class InterfaceTable {
  readonly loopback: HostInterface;
  readonly #host: InterfaceOwner;
  readonly #owners = new Map<string, HostInterface>();
  #all: readonly HostInterface[];
  #snapshots: readonly NetworkInterface[] | undefined;
  #timesUp = 0;
  #nextIndex: number = LOOPBACK_INDEX + 1; // an index is never given twice, as on Linux

  constructor(host: InterfaceOwner) {
    this.#host = host;
    const fields = {
      hostName: host.hostName,
      name: "lo",
      index: LOOPBACK_INDEX,
      mtu: LOOPBACK_MTU_BYTES,
      mac: undefined,
      isLoopback: true,
    };
    this.loopback = new HostInterface(fields, [new Prefix(LOOPBACK_4, 8), new Prefix(LOOPBACK_6, 128)], host.intake);
    this.#all = [this.loopback];
    this.#refresh();
  }

  /** All interfaces, in the order of their indices. */
  get all(): readonly HostInterface[] {
    return this.#all;
  }

  /** Index that the next interface gets. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** Returns the interface with that index. */
  withIndex(index: number): HostInterface | undefined {
    return this.#all.find((each) => each.index === index);
  }

  /** Returns the interface of that name. */
  named(name: string): HostInterface | undefined {
    return this.#all.find((each) => each.name === name);
  }

  /** @throws InvalidArgumentError `ERR_INTERFACE_UNKNOWN`: no interface has that name. */
  find(name: string, operation: string): HostInterface {
    const found = this.named(name);
    if (found !== undefined) return found;
    const names = this.#all.map((each) => each.name);
    const subject = { operation, argument: "name", value: name, advice: choiceAdvice(name, names) };
    throw new InvalidArgumentError(BACKEND_ERRORS.ERR_INTERFACE_UNKNOWN, {
      ...subject,
      meaning: `is not an interface of host "${this.#host.hostName}"`,
    });
  }

  /** Returns the interface that a zone refers to, by name or by index. */
  inZone(zone: string): HostInterface | undefined {
    return this.named(zone) ?? (/^\d+$/.test(zone) ? this.withIndex(Number(zone)) : undefined);
  }

  /** Returns the interface that an address of the host belongs to; the loopback interface owns all of 127.0.0.0/8. */
  owner(address: IpAddress): HostInterface | undefined {
    return this.#owners.get(address.text) ?? (address.kind === "loopback" ? this.loopback : undefined);
  }

  /** Returns the interfaces as the waist shows them; the same objects until something changes. */
  snapshots(): readonly NetworkInterface[] {
    this.#snapshots ??= Object.freeze(this.#all.map((each) => each.snapshot()));
    return this.#snapshots;
  }

  /** Returns one interface as the waist shows it. */
  snapshot({ index }: HostInterface): NetworkInterface {
    return this.snapshots().find((each) => each.index === index)!; // both lists change together
  }

  /** @throws InvalidArgumentError an interface has the name. */
  checkFree(name: string): void {
    if (this.named(name) === undefined) return;
    throw outOfRange(
      "addInterface",
      "name",
      name,
      `another name, because host ${JSON.stringify(this.#host.hostName)} has an interface of that name`,
    );
  }

  /** Adds an interface, whose name is free and whose link options are right. */
  add({ name, prefixes, mtu, to, link }: NewInterface): void {
    const { hostName, hostNumber, intake } = this.#host;
    const index = this.#nextIndex++;
    const added = new HostInterface({ hostName, name, index, mtu, mac: macOf(hostNumber, index), isLoopback: false }, prefixes, intake);
    added.upSince = ++this.#timesUp;
    this.#all = [...this.#all, added];
    if (to !== undefined) added.attach(to, link);
    this.#refresh();
  }

  /** Ends its memberships; sockets that joined keep the old index, as on Linux, and can only leave there. */
  remove(removed: HostInterface): void {
    removed.isUp = false;
    removed.detach();
    this.#all = this.#all.filter((each) => each !== removed);
    this.#refresh();
  }

  /** Switches an interface on or off. */
  setUp(which: HostInterface, isUp: boolean): void {
    which.isUp = isUp;
    if (isUp) {
      which.upSince = ++this.#timesUp;
      which.reportGroups();
    }
    this.#refresh();
  }

  /** Replaces the addresses of an interface. */
  setPrefixes(which: HostInterface, prefixes: readonly Prefix[]): void {
    which.prefixes = prefixes;
    this.#refresh();
  }

  #refresh(): void {
    this.#snapshots = undefined;
    this.#owners.clear();
    for (const each of this.#all) {
      for (const { address } of each.prefixes) if (!this.#owners.has(address.text)) this.#owners.set(address.text, each);
    }
    this.#host.changed();
  }
}

/** Returns a locally administered MAC address (IEEE 802): 02:00, then host and interface. */
function macOf(hostNumber: number, index: number): string {
  const bytes = [2, 0, hostNumber >> 8, hostNumber & 0xff, index >> 8, index & 0xff];
  return bytes.map((byte) => (byte & 0xff).toString(16).padStart(2, "0")).join(":");
}
