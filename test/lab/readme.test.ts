// The programs of the README, as they stand, on hosts whose only interface is enp3s0.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { BACKENDS } from "../support/backends.js";
import type { Host } from "../support/lab/host.js";
import type { Program } from "../support/lab/program.js";
import { scenario } from "../support/lab/scenario.js";
import { hasCommand } from "../support/probe.js";
import { sharedLab } from "./support/shared-lab.js";

const FOLDER = `${ROOT}.cache/readme`; // inside the repository, so that imports find the packages
const FENCE = /^```ts\n([\s\S]*?)^```$/gm;
const [echo, multicast] = [...readFileSync(`${ROOT}README.md`, "utf8").matchAll(FENCE)].map(([, code], index) => {
  const file = `${FOLDER}/program-${index + 1}.mjs`;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, code!);
  return file;
});

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(
    backend,
    async (lab) => {
      const [a, b] = await Promise.all(["a", "b"].map((name) => lab.addHost(name)));
      const ends = [a!.interface("enp3s0", ["10.83.0.1/24"]), b!.interface("enp3s0", ["10.83.0.2/24"])] as const;
      await lab.plug(...ends);
      for (const end of ends) await end.addRoute("0.0.0.0/0");
      return { a: a!, b: b!, alone: await lab.addHost("alone") };
    },
    hasCommand("socat", "socat"),
  );
  const start = (host: Host, file: string): Program => host.spawn(process.execPath, [file], { env: { GROUPCAST_BACKEND: backend } });

  test("the echo of the README answers socat, as the README shows it", async () => {
    const claim = { promise: "The README's echo answers", keptBy: backend, sent: "hello", seenAt: ["a (socat)"], mustNotBeSeenAt: [] };
    await scenario(claim, async () => {
      const { a } = net();
      const program = start(a, echo!);
      await program.text(/^listening on/);
      const client = a.spawn("sh", ["-c", "echo hello | socat -t1 - UDP:127.0.0.1:9999"]);
      expect(await client.text(/./)).toBe("hello");
      program.signal("SIGINT");
      expect(await program.exited()).toMatchObject({ code: 0 });
      expect(program.stderr).toBe("");
    });
  });

  test("the multicast program of the README finds its copies on another host", async () => {
    const sent = "anybody there? to 239.255.1.1:5000";
    const claim = {
      promise: "The README's multicast program finds its copies",
      keptBy: backend,
      sent,
      seenAt: ["a", "b"],
      mustNotBeSeenAt: [],
    };
    await scenario(claim, async () => {
      const { a, b } = net();
      const first = start(a, multicast!);
      await first.text(/^10\.83\.0\.1 says anybody there\?$/); // itself: it is a member
      const second = start(b, multicast!);
      await first.text(/^10\.83\.0\.2 says anybody there\?$/);
      await second.text(/^10\.83\.0\.2 says anybody there\?$/);
      for (const program of [first, second]) {
        program.signal("SIGINT");
        expect(await program.exited()).toMatchObject({ code: 0 });
        expect(program.stderr).toBe("");
      }
    });
  });

  test("the multicast program of the README runs on a host without any network; native finds itself by loopback", async () => {
    const seenAt = backend === "native" ? ["alone"] : []; // dgram leaves the choice to the system, which has no route: the membership waits
    const promise = "The README's multicast program runs without a network";
    await scenario({ promise, keptBy: backend, sent: "to 239.255.1.1:5000", seenAt, mustNotBeSeenAt: [] }, async () => {
      const program = start(net().alone, multicast!);
      if (backend === "dgram") {
        net().alone.spawn("sh", ["-c", "until ss -uln | grep -q :5000; do sleep 0.05; done; printf anybody? | socat - UDP:127.0.0.1:5000"]);
      }
      await program.text(/ says anybody( there)?\?$/); // the port is bound, and the program has run to its end: signals are caught
      program.signal("SIGINT");
      expect(await program.exited()).toMatchObject({ code: 0 });
      expect(program.stderr).toBe("");
    });
  });
});
