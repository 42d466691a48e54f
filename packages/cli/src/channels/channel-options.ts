/** Options and operands that the commands about channels share. */
import { closeSync, openSync, readSync } from "node:fs";
import type { SealOptions } from "@groupcast/channels";
import type { Reactor } from "groupcast";
import type { ChannelNetworkSettings } from "../channel-network/channel-network.js";
import { natsServer } from "../channel-network/nats-server.js";
import type { Invocation, Operand, Option, WordReader } from "../command/command.js";
import { existingInterface } from "../command/existing-interface.js";
import { Refusal } from "../command/refusal.js";
import { UsageError } from "../command/usage-error.js";
import { count, durationMs, port, text } from "../command/words.js";

type Valued<T> = Option<T> & { readonly read: WordReader<T> };

interface NetworkOptionTable {
  readonly port: Valued<number>;
  readonly interface: Valued<string>;
  readonly ttl: Valued<number>;
  readonly nats: Valued<string> & { readonly isRepeatable: true };
  readonly prefix: Valued<string>;
}

/** Options that say which network is meant. */
export const NETWORK_OPTIONS: Pick<NetworkOptionTable, keyof NetworkOptionTable> = {
  port: { short: "p", value: "PORT", read: port, help: "port number of the channels on UDP (default: 8765)" },
  interface: { short: "i", value: "NAME", read: text, help: "interface to use: a name, an address or an index (default: all)" },
  ttl: { short: "t", value: "HOPS", read: count(0, 255), help: "TTL of this node's own heartbeats (default: 0, which stays on this host)" },
  nats: { value: "SERVER", read: text, help: "NATS server, in place of UDP, as nats://host:4222; may be repeated", isRepeatable: true },
  prefix: { value: "PREFIX", read: text, help: "beginning of the subjects on NATS (default: groupcast)" },
};

interface LcmOptionTable {
  readonly lcm: Valued<string>;
}

/** Option of the commands that need no presence, which LCM lacks. */
export const LCM_OPTIONS: Pick<LcmOptionTable, keyof LcmOptionTable> = {
  lcm: { value: "URL", read: text, help: "LCM network to use instead of pulicast's UDP, such as udpm://239.255.76.67:7667" },
};

interface EndOptionTable {
  readonly count: Valued<number>;
  readonly duration: Valued<number>;
}

/** Options that say when a command ends. */
export const END_OPTIONS: Pick<EndOptionTable, keyof EndOptionTable> = {
  count: { short: "c", value: "N", read: count(1, Number.MAX_SAFE_INTEGER), help: "stop after this many messages" },
  duration: { short: "d", value: "TIME", read: durationMs, help: "stop after this time, such as 10s or 5m" },
};

interface KeyOptionTable {
  readonly "key-file": Valued<string>;
  readonly "key-id": Valued<number>;
}

/** Options of sealed channels. */
export const KEY_OPTIONS: Pick<KeyOptionTable, keyof KeyOptionTable> = {
  "key-file": { value: "FILE", read: text, help: "key of sealed channels: 32 bytes, or 64 hexadecimal digits" },
  "key-id": { value: "ID", read: count(0, 255), help: "id of that key (default: 0)" },
};

/** The operand of commands that receive channels. */
export const CHANNELS: Operand = {
  name: "CHANNEL",
  help: "a name such as robot/pose, or a pattern: robot/* for the channels directly below robot, robot/** for all below it, ** for all",
  isRepeatable: true,
};

/** Note for the help of commands that take patterns. */
export const PATTERN_NOTE: string =
  "A pattern finds the channels of nodes that send heartbeats, up to 256. Name the channels of other programs in full. " +
  "Quote patterns, so that the shell does not expand them.";

interface NetworkInvocation {
  readonly options: Invocation<typeof NETWORK_OPTIONS>["options"] & { readonly lcm?: string | undefined };
}

/** Returns the network of a command line. @throws UsageError */
export function networkSettings(reactor: Reactor, { options }: NetworkInvocation): ChannelNetworkSettings {
  const { nats, prefix, interface: selector, port: portNumber, ttl, lcm } = options;
  if (nats.length === 0) {
    if (prefix !== undefined) throw new UsageError("--prefix is for --nats: leave it out");
    const chosen = selector === undefined ? undefined : existingInterface(reactor.network, selector);
    if (lcm === undefined) return { port: portNumber, ttl, interface: chosen };
    const beside = Object.entries({ port: portNumber, ttl }).find(([, value]) => value !== undefined);
    if (beside !== undefined)
      throw new UsageError(
        `--${beside[0]} cannot be combined with --lcm: write it into the address, as in udpm://239.255.76.67:7667?ttl=1`,
      );
    return { lcm: { url: lcm, interface: chosen } };
  }
  const ofUdp = Object.entries({ port: portNumber, interface: selector, ttl, lcm }).find(([, value]) => value !== undefined);
  if (ofUdp !== undefined) throw new UsageError(`--${ofUdp[0]} is for UDP, and --nats replaces UDP: leave one of them out`);
  const read = nats.map(natsServer);
  return { nats: { servers: read.map(({ server }) => server), connection: read[0]!.login, prefix } };
}

const KEY_BYTES = 32;
const MAX_KEY_FILE_BYTES = 1024; // digits, with spaces and line breaks around them
const HEX_KEY = /^[0-9a-f]{64}$/i;

type KeyInvocation = Pick<Invocation<typeof KEY_OPTIONS>, "options">;

/** Returns the key of a command line. @throws UsageError. @throws Refusal the file has no key. @throws NodeJS.ErrnoException of open(2). */
export function sealOptions({ options }: KeyInvocation): SealOptions | undefined {
  const { "key-file": file, "key-id": keyId } = options;
  if (file === undefined) {
    if (keyId !== undefined) throw new UsageError("--key-id is for --key-file: leave it out");
    return undefined;
  }
  const bytes = beginningOf(file);
  const digits = bytes.toString("latin1").trim();
  const current = keyId ?? 0;
  if (bytes.length === KEY_BYTES) return { keys: { [current]: bytes }, current };
  if (HEX_KEY.test(digits)) return { keys: { [current]: Buffer.from(digits, "hex") }, current };
  const length = bytes.length > MAX_KEY_FILE_BYTES ? `more than ${MAX_KEY_FILE_BYTES}` : bytes.length;
  throw new Refusal(`${file} is not a key: expected 32 bytes or 64 hexadecimal digits, not ${length} bytes`);
}

/** Returns the contents of a file, or a byte more than a key file may have: a wrong name may be that of a device without an end. */
function beginningOf(file: string): Buffer {
  const bytes = Buffer.alloc(MAX_KEY_FILE_BYTES + 1);
  const descriptor = openSync(file, "r");
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) read = readSync(descriptor, bytes, { offset: length });
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}
