// Buffers: what is asked, granted and capped, and what a reader loses that is too slow.
import { readFileSync } from "node:fs";
import type { PortStatistics } from "groupcast";
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../support/backends.js";
import type { HostInterface } from "../support/lab/host.js";
import { scenario } from "../support/lab/scenario.js";
import { cabled } from "../support/lab/topologies.js";
import { until } from "../support/lab/until.js";
import { FAMILIES } from "./support/families.js";
import { RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const CAPS = { receive: "net.core.rmem_max", send: "net.core.wmem_max" } as const;
const FLOOD = 2_000; // datagrams
const FLOOD_BYTES = 1_000; // each
const SMALL_BUFFER_BYTES = 65_536; // holds a small part of the flood

function limitBytes(sysctl: string): number {
  return Number(readFileSync(`/proc/sys/${sysctl.replaceAll(".", "/")}`, "utf8")); // the host's own: namespaces have none
}

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(backend, async (lab) => {
    const { a, b } = await cabled(lab);
    const [sending, receiving] = await Promise.all([RemoteReactor.start(a.host, backend), RemoteReactor.start(b.host, backend)]);
    return { a, b, sending, receiving };
  });

  test("buffers says what was asked and granted, and which sysctl capped it", async () => {
    const promise = "Buffers: asked, granted, and the sysctl that caps the grant";
    const row = { promise, keptBy: backend, sent: "–", seenAt: ["port.buffers"], mustNotBeSeenAt: [] };
    await scenario(row, async (notes) => {
      const modest = await net().receiving.listenMulticast(0, { receiveBufferBytes: 100_000, sendBufferBytes: 100_000 });
      const granted = { askedBytes: 100_000, grantedBytes: 100_000 };
      expect(await modest.do.buffers()).toEqual({ receive: granted, send: granted });
      const [receive, send] = [limitBytes(CAPS.receive), limitBytes(CAPS.send)];
      const greedy = await net().receiving.listenMulticast(0, { receiveBufferBytes: 4 * receive, sendBufferBytes: 4 * send });
      expect(await greedy.do.buffers()).toEqual({
        receive: { askedBytes: 4 * receive, grantedBytes: receive, cappedBy: CAPS.receive },
        send: { askedBytes: 4 * send, grantedBytes: send, cappedBy: CAPS.send },
      });
      notes.measured(`asked ${4 * receive} bytes, granted ${receive}`);
      await until(() => net().receiving.program.stderr.includes(CAPS.receive), { what: "the log names the sysctl" });
      const silent = await net().receiving.listenMulticast(0);
      expect(await silent.do.buffers()).toEqual({});
      await Promise.all([modest, greedy, silent].map((port) => port.do.stopListening()));
    });
  });

  test.each(FAMILIES)("statistics() counts what a reader that is too slow loses, $family", async ({ family, any, group }) => {
    const { a, b, sending, receiving } = net();
    const promise = `What a slow reader loses is counted, ${family}`;
    const row = {
      promise,
      keptBy: backend,
      sent: `${FLOOD} datagrams to a port that does not read`,
      seenAt: ["statistics()"],
      mustNotBeSeenAt: [],
    };
    await scenario(row, async (notes) => {
      const args = [0, { ...any, receiveBufferBytes: SMALL_BUFFER_BYTES }];
      const reader = await receiving.open({ method: "listenMulticast", args, isQuiet: true });
      await reader.do.joinGroup(group(1), b.name);
      const fence = await receiving.listenMulticast(0, any);
      await fence.do.joinGroup(group(2), b.name);
      await reader.do.pauseReading();
      const sender = await sending.listenMulticast(0, { ...any, outgoingInterface: a.name });
      const to = { address: group(1), port: reader.port };
      const flood = Array.from({ length: FLOOD / 50 }, () =>
        Array.from({ length: 50 }, () => ["x".repeat(FLOOD_BYTES), to] as [string, typeof to]),
      );
      for (const part of flood) await sender.each("write", part);
      await sender.send("fence", { address: group(2), port: fence.port });
      await fence.received({ text: "fence" });
      await reader.do.resumeReading();
      // What the kernel itself says it dropped; dgram cannot ask, and has 0 in its statistics.
      const lost = await dropsOf(b, reader.port);
      const accounted = ({ received, unreadDrops }: PortStatistics): number => received + unreadDrops + lost;
      await until(async () => accounted(await reader.do.statistics()) === FLOOD, { what: "all are accounted for" });
      const { received, kernelDrops, unreadDrops } = await reader.do.statistics();
      expect(kernelDrops).toBe(backend === "native" ? lost : 0);
      expect(backend === "native" ? kernelDrops : unreadDrops).toBeGreaterThan(0); // Node reads on while it is paused
      expect(received).toBeGreaterThan(0);
      notes.measured(`${received} received, ${lost} dropped by the kernel, ${unreadDrops} unread`);
      await Promise.all([reader, fence, sender].map((port) => port.do.stopListening()));
    });
  });
});

/** The kernel's count of datagrams that a port's socket had no room for. */
async function dropsOf({ host }: HostInterface, port: number): Promise<number> {
  const line = await host.exec("ss", ["-H", "-u", "-a", "-n", "-m", "-O", "sport", "=", `:${port}`]);
  return Number(/,d(\d+)\)/.exec(line)?.[1]);
}
