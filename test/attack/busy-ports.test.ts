// Ports with busyPollUs in programs that do everything else, too: nothing starves, signals and children come through, and the process ends.
import { beforeEach, expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { runAttack } from "./support/attack-program.js";

const TURNS = 60;

beforeEach((context) => skipUnless(context, canLoad("native")));

test.each([1, 2, 3])("ports that spin, stop, pause and open others starve nobody, and let the process end (seed %s)", async (seed) => {
  expect(await runAttack("busy-ports.ts", [String(seed)])).toEqual({
    turns: [TURNS, TURNS, TURNS, TURNS, TURNS],
    childCode: 7,
    isServed: true,
    isRestless: true,
    strays: [],
  });
});
