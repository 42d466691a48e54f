import { withoutZone } from "@groupcast/backend";
import type { Network, NetworkInterface } from "groupcast";
import { UsageError } from "./usage-error.js";

/**
 * Returns the interface that `word` names, by its name, its index or one of its addresses.
 *
 * Reactors wait for an interface that does not exist yet. On a command line, such a name is nearly always a slip.
 *
 * @throws UsageError there is none; it lists those that there are.
 */
export function existingInterface(network: Network, word: string): NetworkInterface {
  const all = network.interfaces();
  const isNamed = ({ name, index, addresses }: NetworkInterface) =>
    name === word || String(index) === word || addresses.some(({ address }) => address === withoutZone(word));
  const found = all.filter(isNamed);
  if (found.length === 1) return found[0]!;
  const names = (found.length === 0 ? all : found).map(({ name }) => name).join(", ");
  if (found.length > 1) throw new UsageError(`--interface ${JSON.stringify(word)}: several interfaces have it: name one of ${names}`);
  throw new UsageError(`--interface ${JSON.stringify(word)}: there is no such interface; there are ${names}`);
}
