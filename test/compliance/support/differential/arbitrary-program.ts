import fc from "fast-check";
import { type Origin, PLACES, PORTS, type RandomProgram, SLOTS, type Step, type Target, type Wish } from "./step.js";

const MAX_STEPS = 24;

const slot = fc.nat(SLOTS - 1);
const port = fc.constantFrom(...PORTS);
const bit = fc.constantFrom(0 as const, 1 as const);
const source = perhaps(fc.constantFrom("one" as const, "two" as const), 1);
const wish: fc.Arbitrary<Wish> = fc.record({ slot, group: bit, net: bit, source });
const target: fc.Arbitrary<Target> = fc.record({ at: fc.constantFrom(...PLACES), port });

/** Multicast is what most goes wrong in: twice the share of everything else. */
const destination: fc.Arbitrary<Target> = fc.oneof(target, fc.record({ at: fc.constantFrom("group0" as const, "group1" as const), port }));

const origin: fc.Arbitrary<Origin> = fc.record({ net: perhaps(bit, 1), source: perhaps(fc.constantFrom(...PLACES), 1) });

const option = fc.oneof(
  fc.record({ name: fc.constantFrom("multicastLoopback", "multicastAll", "broadcast", "receiveErrors", "reuseAddress"), value: bit }),
  fc.record({ name: fc.constant("multicastTtl" as const), value: fc.constantFrom(0, 1, 5) }),
  fc.record({ name: fc.constant("unicastTtl" as const), value: fc.constantFrom(1, 33) }),
);

const STEPS: readonly fc.WeightedArbitrary<Step>[] = [
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("open"),
      slot,
      at: fc.oneof({ weight: 3, arbitrary: fc.constant("any" as const) }, { weight: 2, arbitrary: fc.constantFrom(...PLACES) }),
      port,
      reuse: fc.boolean(),
      hearsErrors: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("close"), slot }) },
  { weight: 6, arbitrary: wish.map((one): Step => ({ do: "join", ...one })) },
  { weight: 2, arbitrary: wish.map((one): Step => ({ do: "leave", ...one })) },
  { weight: 1, arbitrary: wish.map((one): Step => ({ do: "block", ...one })) },
  { weight: 1, arbitrary: wish.map((one): Step => ({ do: "unblock", ...one })) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("outgoing"), slot, net: perhaps(bit, 5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tie"), slot, net: perhaps(bit, 3) }) },
  { weight: 3, arbitrary: fc.tuple(slot, option).map(([number, setting]): Step => ({ do: "option", slot: number, ...setting })) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("connect"), slot, to: target }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("disconnect", "pause", "resume", "tell"), slot }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("write"),
      slot,
      to: perhaps(destination, 6),
      via: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: origin }),
      lengthBytes: fc.oneof({ weight: 6, arbitrary: fc.constant(10) }, { weight: 1, arbitrary: fc.constantFrom(0, 3_000, 70_000) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("switch"), net: bit, isUp: fc.boolean() }) },
];

/** `arbitrary`, or undefined once for `times` of it. */
function perhaps<T>(arbitrary: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: times, arbitrary }, { weight: 1, arbitrary: fc.constant(undefined) });
}

/** Programs of a few sockets, all on the same few groups and ports, so that they get in each other's way. */
export const arbitraryProgram: fc.Arbitrary<RandomProgram> = fc.record({
  family: fc.constantFrom(4 as const, 6 as const),
  steps: fc.array(fc.oneof(...STEPS), { minLength: 4, maxLength: MAX_STEPS, size: "max" }),
});
