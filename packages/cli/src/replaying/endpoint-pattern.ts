import { withoutZone } from "@groupcast/backend";
import type { WordReader } from "../command/command.js";
import { UsageError } from "../command/usage-error.js";
import { endpoint, port as portWord } from "../command/words.js";

/** An address, a port, or both; an absent part matches everything. */
export interface EndpointPattern {
  /** IP literal. */
  readonly address?: string | undefined;
  /** Port number. */
  readonly port?: number | undefined;
}

/** An address and a port. */
interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A change of destinations: those that match `from` get the parts of `to`. */
export interface EndpointMapping {
  /** Destinations that are changed. */
  readonly from: EndpointPattern;
  /** New parts; absent parts stay. */
  readonly to: EndpointPattern;
}

/** A pattern: `239.1.2.3`, `239.1.2.3:5000`, `:5000`, `[ff02::fb]:5353`. */
export const endpointPattern: WordReader<EndpointPattern> = (word) => {
  if (word.startsWith(":") && /^:\d+$/.test(word)) return { port: portWord(word.slice(1)) };
  const { address, port } = endpoint(word);
  return { address, port };
};

/** A mapping: `239.1.2.3=239.9.9.9`, `:5000=:6000`, `239.1.2.3:5000=192.0.2.1:6000`. */
export const endpointMapping: WordReader<EndpointMapping> = (word) => {
  const [from, to, ...rest] = word.split("=");
  if (!from || !to || rest.length > 0) throw new UsageError("OLD=NEW is expected, such as 239.1.2.3=239.9.9.9, or :5000=:6000 for ports");
  const mapping = { from: endpointPattern(from), to: endpointPattern(to) };
  if (mapping.to.address !== undefined && mapping.from.address === undefined && mapping.to.port === undefined)
    throw new UsageError("an address can replace only an address: write the old one before the =");
  return mapping;
};

/** Returns whether an endpoint fits a pattern. */
export function fits({ address, port }: Endpoint, pattern: EndpointPattern): boolean {
  const isAddress = pattern.address === undefined || withoutZone(pattern.address) === address;
  return isAddress && (pattern.port === undefined || pattern.port === port);
}

/** Returns an endpoint changed by the first mapping that fits it. */
export function mapped(endpointOfDatagram: Endpoint, mappings: readonly EndpointMapping[]): Endpoint {
  const mapping = mappings.find(({ from }) => fits(endpointOfDatagram, from));
  if (mapping === undefined) return endpointOfDatagram;
  return { address: mapping.to.address ?? endpointOfDatagram.address, port: mapping.to.port ?? endpointOfDatagram.port };
}
