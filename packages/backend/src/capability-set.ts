import type { Capability } from "./capabilities.js";

/** Set that refuses to change, as a frozen object does. */
class CapabilitySet extends Set<Capability> {
  constructor(capabilities: Iterable<Capability>) {
    super();
    for (const capability of capabilities) super.add(capability);
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

/** Returns the capabilities as a backend hands them out: a set that throws a `TypeError` when somebody tries to change it. */
export function capabilitySet(capabilities: Iterable<Capability>): ReadonlySet<Capability> {
  return new CapabilitySet(capabilities);
}
