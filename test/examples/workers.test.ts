import { expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { ask } from "../support/plain-exchange.js";
import { skipUnless } from "../support/probe.js";
import { play, portOf, wellEnded } from "./played.js";

const CLIENTS = 8;

test("18-workers answers every client, and ends at SIGINT with the sum of what its threads counted", async (context) => {
  await skipUnless(context, canLoad("native")); // dgram does not steer
  await using server = play("18-workers", "native");
  const port = await portOf(server);
  const answers = await Promise.all(Array.from({ length: CLIENTS }, (_, n) => ask("127.0.0.1", port, `hello ${n}`)));
  expect(answers.map(String)).toEqual(Array.from({ length: CLIENTS }, (_, n) => `hello ${n}`));
  expect(await server.stop("SIGINT")).toEqual(wellEnded("18-workers", port));
});
