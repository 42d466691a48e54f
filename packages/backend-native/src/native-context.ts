import { type Capability, capabilitySet, FEATURE_NAMES, OPTION_NAMES, optionRow } from "@groupcast/backend";
import type { Addon } from "./addon.js";
import { AddressTranslator } from "./address-translator.js";
import { type SharedTables, sharedTables } from "./batch-layout.js";
import { InterfaceWatch } from "./interface-watch.js";
import { memoryGuard } from "./memory-guard.js";
import { ReceivedBatch } from "./received-batch.js";
import { SendRuns } from "./send-runs.js";

/** State that all sockets of one evaluation of this module share in a thread: the addon, its memory, and the addresses that are known. */
export class NativeContext {
  readonly addon: Addon;
  readonly capabilities: ReadonlySet<Capability>;
  readonly addresses: AddressTranslator;
  readonly batch: ReceivedBatch;
  readonly runs: SendRuns;
  readonly refusal: Int32Array; // of the last send: how many datagrams, and with which errno
  readonly interfaces: InterfaceWatch;

  constructor(addon: Addon) {
    const tables: SharedTables = sharedTables(addon.tables());
    this.addon = addon;
    this.capabilities = capabilitiesOf(addon);
    this.interfaces = InterfaceWatch.of(addon);
    this.addresses = new AddressTranslator(addon, tables.addresses, () => this.#watchForAddresses());
    this.batch = new ReceivedBatch(addon, tables, this.addresses, memoryGuard);
    this.refusal = tables.refusal;
    this.runs = new SendRuns(tables.runs, this.addresses);
  }

  #forgetAddresses = (): void => this.addresses.forget();

  #watchForAddresses(): boolean {
    return this.interfaces.add(this.#forgetAddresses) === 0;
  }
}

/** Returns every feature, and the options in the addon's option table. */
function capabilitiesOf(addon: Addon): ReadonlySet<Capability> {
  const known = new Set(addon.option_names());
  const capabilities = new Set<Capability>(FEATURE_NAMES);
  for (const name of OPTION_NAMES) {
    if (!known.has(name)) continue;
    capabilities.add(`get ${name}`);
    if (optionRow(name).when !== "read only") capabilities.add(`set ${name}`);
  }
  return capabilitySet(capabilities);
}
