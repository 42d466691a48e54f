import { expect, test } from "vitest";
import { canLoad } from "../support/backends.js";
import { ask } from "../support/plain-exchange.js";
import { skipUnless } from "../support/probe.js";
import { play, portOf, wellEnded } from "./played.js";

const CLIENTS = 8; // each from a port of its own, so that both threads are likely to have some

test("12-many-cores answers whichever thread a client is given to, and ends at SIGINT", async (context) => {
  await skipUnless(context, canLoad("native")); // dgram has reusePort on newer versions of Node only
  await using server = play("12-many-cores", "native");
  const port = await portOf(server);
  const answers = await Promise.all(Array.from({ length: CLIENTS }, (_, n) => ask("127.0.0.1", port, `hello ${n}`)));
  expect(answers.map(String)).toEqual(Array.from({ length: CLIENTS }, (_, n) => `hello ${n}`));
  expect(await server.stop("SIGINT")).toEqual(wellEnded("12-many-cores", port));
});
