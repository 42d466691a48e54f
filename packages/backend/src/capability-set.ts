import { checkChoice } from "@groupcast/base";
import { type Capability, FEATURE_NAMES } from "./capabilities.js";
import { OPTION_NAMES } from "./option-table.js";

const NAMES: readonly Capability[] = [...FEATURE_NAMES, ...OPTION_NAMES.flatMap((name) => [`set ${name}`, `get ${name}`] as const)];
const KNOWN: ReadonlySet<unknown> = new Set(NAMES); // some writes ask for a capability that is missing

/** Set that refuses to change, as a frozen object does, and refuses unknown names: a typing slip must not look like a missing feature. */
class CapabilitySet extends Set<Capability> {
  constructor(capabilities: Iterable<Capability>) {
    super();
    for (const capability of capabilities) super.add(checkChoice("capabilitySet", "capability", capability, NAMES));
  }

  override has(capability: Capability): boolean {
    if (!KNOWN.has(capability)) checkChoice("capabilities.has", "capability", capability, NAMES);
    return super.has(capability);
  }

  override add(): never {
    throw refusal("add");
  }

  override delete(): never {
    throw refusal("delete");
  }

  override clear(): never {
    throw refusal("clear");
  }
}

function refusal(operation: string): TypeError {
  return new TypeError(`Cannot ${operation}: the capabilities of a backend are read-only`);
}

/**
 * Returns the capabilities as a backend hands them out: a set that throws a `TypeError` when a program tries to change it, and whose `has`
 * throws InvalidArgumentError `ERR_NAME_UNKNOWN` for a name that no capability has.
 *
 * @throws InvalidArgumentError `ERR_NAME_UNKNOWN`, `ERR_ARGUMENT_TYPE`: no capability has one of the names.
 */
export function capabilitySet(capabilities: Iterable<Capability>): ReadonlySet<Capability> {
  return new CapabilitySet(capabilities);
}
