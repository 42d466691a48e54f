// groupcast ping between namespaces: with itself, and with Debian's ssmping 0.9.1 on either side.
import { describe, expect, test } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { BACKENDS } from "../support/backends.js";
import type { Host, HostInterface } from "../support/lab/host.js";
import type { Program } from "../support/lab/program.js";
import { scenario } from "../support/lab/scenario.js";
import { hasCommand } from "../support/probe.js";
import { sharedLab } from "./support/shared-lab.js";

const COMMAND = `${ROOT}packages/cli/dist/groupcast.js`;
const START = { deadlineMs: 20_000 }; // Node on a busy machine
const FAMILIES = [
  {
    family: "IPv4",
    flag: "-4",
    group: "239.88.1.3",
    ssm: "232.43.211.234",
    legacy: "239.88.1.234",
    address: (at: HostInterface) => at.ipv4,
  },
  {
    family: "IPv6",
    flag: "-6",
    group: "ff15::88",
    ssm: "ff3e::4321:1234",
    legacy: "ff15::4321:1234",
    address: (at: HostInterface) => at.ipv6,
  },
] as const;

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(
    backend,
    async (lab) => {
      const [a, b] = await Promise.all(["a", "b"].map((name) => lab.addHost(name)));
      const ends = [a!.interface("eth0", ["10.88.0.1/24", "fd88::1/64"]), b!.interface("eth0", ["10.88.0.2/24", "fd88::2/64"])] as const;
      await lab.plug(...ends);
      for (const end of ends) for (const everything of ["0.0.0.0/0", "::/0"]) await end.addRoute(everything);
      return { a: a!, b: b!, server: ends[1] };
    },
    hasCommand("ssmpingd", "ssmping"),
  );
  const groupcast = (host: Host, ...words: readonly string[]): Program =>
    host.spawn(process.execPath, [COMMAND, "ping", ...words], { env: { GROUPCAST_BACKEND: backend } });
  const hops = backend === "native" ? 0 : undefined; // dgram does not see the TTL of what arrives

  /** Starts a responder, and waits until it answers a client of its own host. */
  async function responding<T>(group: string, body: (responder: Program) => Promise<T>): Promise<T> {
    const { b } = net();
    await using responder = groupcast(b, "--respond", "--json", group);
    await using probe = groupcast(b, group.includes(":") ? "::1" : "127.0.0.1", "--count", "20", "--no-legacy", "--json");
    await probe.line({ type: "responder" }, START);
    const result = await body(responder);
    responder.signal("SIGINT");
    expect(await responder.exited()).toMatchObject({ code: 0 });
    return result;
  }

  describe.each(FAMILIES)("$family", ({ family, flag, group, ssm, legacy, address }) => {
    test("groupcast ping asks ssmpingd, on its own group and on another", async () => {
      const claim = { promise: `ping asks ssmpingd, ${family}`, keptBy: backend, sent: "2 requests", seenAt: ["a"], mustNotBeSeenAt: [] };
      await scenario(claim, async () => {
        const { a, b, server } = net();
        await using daemon = b.spawn("ssmpingd", []);
        for (const [words, expected] of [
          [[], ssm],
          [["--group", group], legacy],
        ] as const) {
          const client = groupcast(a, address(server), "--count", "3", "--interval", "200ms", "--json", ...words);
          const report = await client.line({ type: "ping" }, START);
          expect(report).toMatchObject({ responders: [{ protocol: "ssmping", group: expected }] });
          const [{ unicast, multicast }] = report.responders;
          expect({ unicast: unicast.received > 0, multicast: multicast.received > 0 }).toEqual({ unicast: true, multicast: true });
          expect([unicast.hops, multicast.hops]).toEqual([hops, hops]);
          expect(await client.exited()).toMatchObject({ code: 0 });
        }
        daemon.signal("SIGTERM");
        await daemon.exited();
      });
    });

    test("ssmping and asmping ask groupcast ping --respond", async () => {
      const claim = {
        promise: `ssmping and asmping are answered, ${family}`,
        keptBy: backend,
        sent: "",
        seenAt: ["a"],
        mustNotBeSeenAt: [],
      };
      await scenario(claim, () =>
        responding(group, async (responder) => {
          const { a, server } = net();
          for (const [tool, operands] of [
            ["ssmping", [address(server)]],
            ["asmping", [group, address(server)]],
          ] as const) {
            await using client = a.spawn(tool, [flag, "-c", "2", ...operands]);
            await client.text(/^ {2}unicast from .* seq=\d+ dist=0 /);
            await client.text(/^multicast from .* seq=\d+ dist=0 /);
            await client.exited();
          }
          await responder.line({ type: "client", group: ssm });
        }),
      );
    });

    test("groupcast ping finds groupcast ping --respond on a group, and asks it as a host", async () => {
      const claim = {
        promise: `ping finds responders, ${family}`,
        keptBy: backend,
        sent: "2 requests",
        seenAt: ["a"],
        mustNotBeSeenAt: [],
      };
      await scenario(claim, () =>
        responding(group, async () => {
          const { a, server } = net();
          for (const target of [group, address(server)]) {
            await using client = groupcast(a, target, "--count", "3", "--interval", "200ms", "--json");
            const report = await client.line({ type: "ping" }, START);
            expect(report).toMatchObject({ responders: [{ address: address(server), protocol: "rfc6450", group }] });
            const [{ unicast, multicast }] = report.responders;
            expect({ unicast: unicast.received > 0, multicast: multicast.received > 0 }).toEqual({ unicast: true, multicast: true });
            expect(await client.exited()).toMatchObject({ code: 0 });
          }
        }),
      );
    });
  });
});
