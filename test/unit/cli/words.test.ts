import { expect, test } from "vitest";
import type { WordReader } from "../../../packages/cli/src/command/command.js";
import { dscp } from "../../../packages/cli/src/command/dscp.js";
import { UsageError } from "../../../packages/cli/src/command/usage-error.js";
import { address, bytes, choice, count, durationMs, endpoint, port, rate, text } from "../../../packages/cli/src/command/words.js";

const READERS: Readonly<Record<string, WordReader<unknown>>> = {
  text,
  count: count(2, 9),
  choice: choice(["auto", "hex"]),
  durationMs,
  bytes,
  rate,
  port,
  address,
  endpoint,
  dscp,
};

test.each([
  ["text", "a", "a"],
  ["count", "2", 2],
  ["count", "9", 9],
  ["choice", "hex", "hex"],
  ["durationMs", "500ms", 500],
  ["durationMs", "5", 5000],
  ["durationMs", "1.5s", 1500],
  ["durationMs", "2m", 120_000],
  ["durationMs", "1h", 3_600_000],
  ["bytes", "1400", 1400],
  ["bytes", "64k", 64_000],
  ["bytes", "1Mi", 1_048_576],
  ["rate", "0.5", 0.5],
  ["rate", "20k", 20_000],
  ["rate", "1M", 1_000_000],
  ["port", "1", 1],
  ["port", "65535", 65_535],
  ["address", "fe80::1%eth0", "fe80::1%eth0"],
  ["endpoint", "239.1.2.3", { address: "239.1.2.3", port: undefined }],
  ["endpoint", "239.1.2.3:5000", { address: "239.1.2.3", port: 5000 }],
  ["endpoint", "[ff02::fb%eth0]:5353", { address: "ff02::fb%eth0", port: 5353 }],
  ["endpoint", "::1", { address: "::1", port: undefined }],
  ["dscp", "ef", 46],
  ["dscp", "AF41", 34],
  ["dscp", "CS5", 40],
  ["dscp", "63", 63],
] as const)("%s reads %j as %j", (reader, word, value) => {
  expect(READERS[reader]!(word)).toEqual(value);
});

test.each([
  ["text", "", "some text"],
  ["count", "1", "from 2 to 9"],
  ["count", "10", "from 2 to 9"],
  ["count", "3x", "from 2 to 9"],
  ["count", "-3", "from 2 to 9"],
  ["choice", "hexx", 'did you mean "hex"?'],
  ["durationMs", "0", "a time is expected"],
  ["durationMs", "5d", "a time is expected"],
  ["durationMs", "", "a time is expected"],
  ["bytes", "1.5k", "a number of bytes"],
  ["bytes", "99999999999999999999", "a number of bytes"],
  ["rate", "0", "a number a second"],
  ["rate", "9999M", "a number a second"],
  ["rate", "-1", "a number a second"],
  ["port", "0", "from 1 to 65535"],
  ["port", "65536", "from 1 to 65535"],
  ["address", "localhost", "an IP address"],
  ["endpoint", "239.1.2", "an address is expected"],
  ["endpoint", "239.1.2.3:0", "from 1 to 65535"],
  ["endpoint", "ff02::fb%eth0:5353", "did you mean [ff02::fb%eth0]:5353?"],
  ["endpoint", "host:5000", "an address is expected"],
  ["dscp", "64", "from 0 to 63"],
  ["dscp", "AF51", "AF"],
])("%s refuses %j: %s", (reader, word, message) => {
  expect(() => READERS[reader]!(word)).toThrow(UsageError);
  expect(() => READERS[reader]!(word)).toThrow(message);
});
