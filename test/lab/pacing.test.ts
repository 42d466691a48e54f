// A bottleneck, as a slow link is one: what a port without a rate loses there, one with the link's rate does not.
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../support/backends.js";
import { scenario } from "../support/lab/scenario.js";
import { cabled } from "../support/lab/topologies.js";
import { until } from "../support/lab/until.js";
import { FAMILIES } from "./support/families.js";
import { type RemotePort, RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const RATE = 1_000_000; // bytes a second, with the headers of IP and UDP
const COUNT = 1_000; // datagrams, as many as the queue of a port holds
const TEXT = "x".repeat(1_000);

// tc-tbf(8), tc-stab(8): lets RATE pass, and holds what the rounds of a busy machine bring together. It does not count the Ethernet header.
const BOTTLENECK = `stab overhead -14 linklayer ethernet tbf rate ${RATE * 8}bit burst 5000 limit 60000`.split(" ");

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(backend, async (lab) => {
    const { a, b } = await cabled(lab);
    await a.host.exec("tc", ["qdisc", "add", "dev", a.name, "root", ...BOTTLENECK]);
    const [sending, receiving] = await Promise.all([RemoteReactor.start(a.host, backend), RemoteReactor.start(b.host, backend)]);
    return { b, sending, receiving };
  });

  test.each(FAMILIES)("maxBytesPerSecond of a link's rate loses nothing on it, and no rate loses most, $family", async (row) => {
    const { family, any, address } = row;
    const { b, sending, receiving } = net();
    const promise = `Pacing: nothing is lost on a link of the same rate, ${family}`;
    const sent = `${COUNT} datagrams by a link of ${RATE} bytes a second`;
    await scenario(
      { promise, keptBy: backend, sent, seenAt: ["b, all of them, from a paced port"], mustNotBeSeenAt: [] },
      async (notes) => {
        const receiver = (): Promise<RemotePort> =>
          receiving.open({ method: "listenUDP", args: [0, { ...any, receiveBufferBytes: 4_000_000 }], isQuiet: true });
        const [atRate, atOnce] = [await receiver(), await receiver()];
        const receivedBy = async (port: RemotePort): Promise<number> => (await port.do.statistics()).received;
        const write = async (sender: RemotePort, { port }: RemotePort): Promise<void> => {
          await sender.each(
            "write",
            Array.from({ length: COUNT }, () => [TEXT, { address: address(b), port }]),
          );
          await sender.do.drained();
        };
        const paced = await sending.listenUDP(0, { ...any, maxBytesPerSecond: RATE });
        await write(paced, atRate);
        await until(async () => (await receivedBy(atRate)) === COUNT, { what: "all have arrived" });
        expect(await paced.do.statistics()).toMatchObject({ sent: COUNT, sendFailed: 0, dropped: 0 });

        const unpaced = await sending.listenUDP(0, any);
        await write(unpaced, atOnce);
        const isThrough = async (): Promise<boolean> => {
          await paced.send("fence", { address: address(b), port: atRate.port }); // until the queue has room for it
          return (await receivedBy(atRate)) > COUNT;
        };
        await until(isThrough, { what: "a fence behind them has arrived" });
        const arrived = await receivedBy(atOnce);
        notes.measured(`paced: ${COUNT} of ${COUNT} arrived; without a rate: ${arrived}`);
        expect(arrived).toBeLessThan(COUNT / 2);
        await Promise.all([atRate, atOnce, paced, unpaced].map((port) => port.do.stopListening()));
      },
    );
  });
});
