// Every mistake of the table is made, and what the program is told is what the table says.
import { isGroupcastError } from "groupcast";
import { expect, test } from "vitest";
import { Blunderer } from "./blunderer.js";
import type { Mistake } from "./mistake.js";
import { CHANNELS_MISTAKES } from "./mistakes/channels.js";
import { GROUPS_MISTAKES } from "./mistakes/groups.js";
import { LISTENING_MISTAKES } from "./mistakes/listening.js";
import { MEMORY_MISTAKES } from "./mistakes/memory.js";
import { OPENING_MISTAKES } from "./mistakes/opening.js";
import { OPENTELEMETRY_MISTAKES } from "./mistakes/opentelemetry.js";
import { SENDING_MISTAKES } from "./mistakes/sending.js";
import { TIMERS_MISTAKES } from "./mistakes/timers.js";

const MISTAKES = [
  ...OPENING_MISTAKES,
  ...LISTENING_MISTAKES,
  ...SENDING_MISTAKES,
  ...GROUPS_MISTAKES,
  ...TIMERS_MISTAKES,
  ...MEMORY_MISTAKES,
  ...CHANNELS_MISTAKES,
  ...OPENTELEMETRY_MISTAKES,
];

test.each(MISTAKES)("$mistake", async (row) => {
  const error = await errorOf(row);
  expect(error).toSatisfy(isGroupcastError);
  const { code, argument, says, remedy, fields = {} } = row;
  expect(error).toMatchObject({ code, remedy, ...fields });
  expect((error as { argument?: unknown }).argument).toBe(argument);
  if ("value" in row) expect(error).toHaveProperty("value", row.value);
  expect(error.message).toBe(`${says}; ${remedy}`);
});

test.each(MISTAKES)("the stack begins where the mistake was made: $mistake", async (row) => {
  const { stack = "" } = await errorOf(row);
  const [header, ...frames] = stack.split("\n    at ");
  expect(header).toMatch(/^\w+Error: /);
  if (LATER.has(row.mistake)) expect(frames).toEqual([]);
  else expect(frames[0]).toMatch(/test\/unit\/errors\//);
});

/** Mistakes that the network reports later, for a datagram whose call nobody remembers. */
const LATER = new Set(["there is no route to the destination", "broadcast is sent without asking for it"]);

test("a remedy is one sentence about one refusal, and no message is that of another mistake", () => {
  const remedies = MISTAKES.map(({ remedy }) => remedy);
  expect(remedies.filter((remedy) => /;|\bE[A-Z]{3,}:/.test(remedy))).toEqual([]);
  expect(MISTAKES.filter(({ says }) => /undefined|\[object|NaNms/.test(says))).toEqual([]);
});

async function errorOf({ make }: Mistake): Promise<Error & { readonly stack?: string }> {
  try {
    const result = await make(new Blunderer());
    if (result instanceof Error) return result;
  } catch (error) {
    return error as Error;
  }
  throw new Error("nobody was told");
}
