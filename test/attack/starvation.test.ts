import { expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { skipUnless } from "../support/probe.js";
import { runAttack } from "./support/attack-program.js";

const DESCRIPTOR_LIMIT = 100; // Node starts with some 20

test.for(BACKENDS)(
  "calls on %s without descriptors are done, or refused with a typed error, and keep nothing",
  async (backend, context) => {
    await skipUnless(context, canLoad(backend));
    const under = ["sh", "-c", `ulimit -n ${DESCRIPTOR_LIMIT} && exec "$@"`, "sh"];
    const outcome = await runAttack("no-descriptors.ts", [backend], { under });
    const { refused, ...rest } = outcome as { refused: Record<string, string[]> };
    expect(rest).toEqual({ wrong: [], strays: [] });
    expect(refused).toMatchObject({ listenUDP: ["ERR_LISTEN"], connectUDP: ["ERR_LISTEN"] });
  },
);
