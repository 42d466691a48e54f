// Options and settings with values that bite, alone and in random pairs: each call throws a typed error and leaves nothing open, or works.
import { isGroupcastError, type MulticastPort, type Reactor } from "@groupcast/reactor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { Attacked, strayFailures } from "./support/attacked.js";
import { bite, HOSTILE_VALUES } from "./support/hostile-values.js";

/** Name → a value that no option documents, or one at the edge of what it does. */
const VALUES: Readonly<Record<string, () => unknown>> = {
  ...HOSTILE_VALUES,
  "a number as text": () => "8",
  "an empty text": () => "",
  "text with a zero byte": () => "lo\0eth0",
  "16 characters, one more than IFNAMSIZ holds": () => "interface-names1",
  "a text of a million characters": () => "x".repeat(1_000_000),
  "not a number": () => Number.NaN,
  "minus zero": () => -0,
  "minus one": () => -1,
  "two to the 31st": () => 2 ** 31,
  "two to the 32nd": () => 2 ** 32,
  "a fraction": () => 1.5,
  infinity: () => Number.POSITIVE_INFINITY,
  "a bigint": () => 8n,
  "an object that becomes another number each time": () => ({ valueOf: () => Math.random() * 1e6, toString: bite }),
  "an array with one good value": () => [8],
  "a function": () => bite,
  true: () => true,
  zero: () => 0,
  eight: () => 8,
  "a name": () => "lo",
  all: () => "all",
  "a group": () => "239.255.80.1",
  "a mapped group": () => "::ffff:239.255.80.1",
};

const MULTICAST_OPTIONS = [
  "maxPacketSize",
  "receiveBufferBytes",
  "sendBufferBytes",
  "trafficClass",
  "unicastTTL",
  "arrival",
  "signal",
  "interface",
  "reuseAddress",
  "reusePort",
  "bindToInterface",
  "listenMultiple",
  "group",
  "ttl",
  "loopbackMode",
  "outgoingInterface",
  "multicastOnly",
] as const;

const TO = { address: "239.255.80.1", port: 9 } as const;

/** Name of a method → a call of it with `value` in the place of its argument, or of an option. */
const SETTINGS: Readonly<Record<string, (port: MulticastPort, value: never) => unknown>> = {
  setBroadcastAllowed: (port, value) => port.setBroadcastAllowed(value),
  setTrafficClass: (port, value) => port.setTrafficClass(value),
  setUnicastTTL: (port, value) => port.setUnicastTTL(value),
  setMaxBytesPerSecond: (port, value) => port.setMaxBytesPerSecond(value),
  setBindToInterface: (port, value) => port.setBindToInterface(value),
  setReceiveBufferBytes: (port, value) => port.setReceiveBufferBytes(value),
  setSendBufferBytes: (port, value) => port.setSendBufferBytes(value),
  setTTL: (port, value) => port.setTTL(value),
  setLoopbackMode: (port, value) => port.setLoopbackMode(value),
  setOutgoingInterface: (port, value) => port.setOutgoingInterface(value),
  "joinGroup, group": (port, value) => port.joinGroup(value),
  "joinGroup, interface": (port, value) => port.joinGroup("239.255.80.2", value),
  "joinGroup, options": (port, value) => port.joinGroup("239.255.80.3", "lo", value),
  "joinGroup, source": (port, value) => port.joinGroup("239.255.80.4", "lo", { source: value }),
  "write, data": (port, value) => port.write(value, TO),
  "write, to": (port, value) => port.write("x", value),
  "write, options": (port, value) => port.write("x", TO, value),
  "write, interface": (port, value) => port.write("x", TO, { interface: value }),
  "write, source": (port, value) => port.write("x", TO, { source: value }),
};

const values = fc.constantFrom(...Object.keys(VALUES));

for (const backend of BACKENDS) {
  describe(backend, () => {
    for (const option of MULTICAST_OPTIONS) {
      test(`listenMulticast with a hostile ${option} throws a typed error, or listens`, async (context) => {
        await skipUnless(context, canLoad(backend));
        const strays = strayFailures();
        await using attacked = new Attacked(backend);
        for (const [name, make] of Object.entries(VALUES)) {
          await openAndClose(attacked.reactor, { [option]: make() }, `${option}: ${name}`);
          await openAndClose(attacked.reactor, Object.defineProperty({}, option, { get: make, enumerable: true }), `${option}: ${name}`);
        }
        expect(strays).toEqual([]);
      });
    }

    test("options in random company are refused, or work", async (context) => {
      await skipUnless(context, canLoad(backend));
      await using attacked = new Attacked(backend);
      const company = fc.dictionary(fc.constantFrom(...MULTICAST_OPTIONS), values, { minKeys: 2, maxKeys: 6 });
      await fc.assert(
        fc.asyncProperty(company, async (names) => {
          const options = Object.fromEntries(Object.entries(names).map(([option, name]) => [option, VALUES[name]!()]));
          await openAndClose(attacked.reactor, options, JSON.stringify(names));
        }),
        { numRuns: 150 },
      );
    });

    test("settings in random order are refused, or done", async (context) => {
      await skipUnless(context, canLoad(backend));
      await using attacked = new Attacked(backend);
      const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(SETTINGS)), values), { minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const port = attacked.reactor.listenMulticast(0, { datagramReceived() {} });
          for (const [method, name] of sequence) {
            const call = SETTINGS[method]!;
            refusedOrDone(() => call(port, VALUES[name]!() as never), `${method}: ${name}`);
          }
          await port.stopListening();
        }),
        { numRuns: 150 },
      );
    });
  });
}

/** Opens a port with the options; whatever they are, nothing but a typed error comes of it. */
async function openAndClose(reactor: Reactor, options: object, what: string): Promise<void> {
  const port = refusedOrDone(() => reactor.listenMulticast(0, { datagramReceived() {} }, options), what);
  await (port as MulticastPort | undefined)?.stopListening();
}

/** Returns what `call` returns; fails unless it works, or throws an error of ours, or what the value's own code threw. */
function refusedOrDone(call: () => unknown, what: string): unknown {
  try {
    return call();
  } catch (error) {
    const isOfTheValue = error instanceof Error && /^bite$|proxy that has been revoked$/.test(error.message);
    if (!isOfTheValue && !isGroupcastError(error)) expect.fail(`${what}: ${String(error)}`);
    return undefined;
  }
}
