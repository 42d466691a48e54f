// What `ip -json -details` says about an interface, as far as the lab needs it.
import { CommandError } from "./command.js";
import type { Namespace } from "./namespace.js";

/** One interface. Shape: as `ip -json -details address show` prints it. */
export interface LinkState {
  readonly ifindex: number;
  readonly flags: readonly string[];
  readonly operstate: string;
  readonly addr_info: readonly { readonly local: string; readonly scope: string; readonly tentative?: boolean }[];
  /** Of a port of a bridge: its state. */
  readonly linkinfo?: { readonly info_slave_data?: { readonly state?: string } };
}

/** @returns undefined when there is no such interface. */
export async function linkState(namespace: Namespace, name: string): Promise<LinkState | undefined> {
  try {
    const [state] = (await namespace.ask(["address", "show", "dev", name])) as LinkState[];
    return state;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === 1) return undefined; // "Device does not exist"
    throw error;
  }
}
