// The outgoing interface is desired state: it may come late, go, and return, and nothing leaves elsewhere meanwhile. And datagrams that leave by all.
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../support/backends.js";
import { scenario } from "../support/lab/scenario.js";
import { until } from "../support/lab/until.js";
import { FAMILIES } from "./support/families.js";
import { dualHomed } from "./support/networks.js";
import { type RemotePort, RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const PORT = 5000;
const UNSUPPORTED = { name: "UnsupportedError", code: "ERR_UNSUPPORTED_OPERATION" } as const;

/** Sends until the network takes one, and returns its text. */
async function sentAgain(port: RemotePort, to: { address: string; port: number }): Promise<string> {
  await until(
    async () => {
      const { sent } = await port.do.statistics();
      await port.send("again", to);
      return (await port.do.statistics()).sent > sent;
    },
    { what: "the port sends again" },
  );
  return "again";
}

describe.each(BACKENDS)("on %s", (backend) => {
  describe("a host whose only interface is enp3s0", () => {
    const net = sharedLab(backend, async (lab) => {
      const host = await lab.addHost("host");
      const other = await lab.addHost("other");
      const enp3s0 = host.interface("enp3s0", ["10.82.0.1/24", "fd82::1/64"]);
      const eth0 = host.interface("eth0", ["10.82.1.1/24", "fd82:0:0:1::1/64"]);
      const far = other.interface("far0", ["10.82.1.2/24", "fd82:0:0:1::2/64"]);
      const near = other.interface("near0", ["10.82.0.2/24", "fd82::2/64"]);
      await lab.plug(enp3s0, near);
      for (const everything of ["0.0.0.0/0", "::/0"]) await enp3s0.addRoute(everything);
      return { lab, eth0, far, near, reactor: await RemoteReactor.start(host, backend) };
    });

    test.each(FAMILIES)(
      "a program that joins and sends by eth0 waits, warns, and sends when eth0 comes and returns, $family",
      async (row) => {
        const { lab, eth0, far, near, reactor } = net();
        const { family, any, group, address } = row;
        const to = { address: group(20), port: PORT };
        const promise = `Nothing leaves elsewhere while the outgoing interface does not exist, ${family}`;
        const claim = { promise, keptBy: backend, sent: "by eth0, which comes late", seenAt: ["far0"], mustNotBeSeenAt: ["near0"] };
        const elsewhere = await near.capture();
        await scenario(claim, async () => {
          const port = await reactor.listenMulticast(0, any);
          await port.do.joinGroup(to.address, "eth0");
          await port.do.setOutgoingInterface("eth0");
          const warning = `on ${port.port}: waiting for interface "eth0"; present: lo, enp3s0\n`;
          await until(async () => reactor.program.stderr.includes(warning), { what: "the warning is logged" });
          await port.told("outgoingInterface", { payload: { outgoingInterface: { interface: "eth0", state: "waiting" } } });
          await port.send("too early", to);
          const { payload } = await port.told("sendFailed");
          expect(payload.error).toMatchObject({ code: "ERR_SEND", errnoName: "ENODEV", interface: "eth0", address: to.address });

          const cable = await lab.plug(eth0, far);
          const wire = await far.capture();
          await port.told("outgoingInterface", { payload: { outgoingInterface: { state: "active" } } });
          await wire.saw({ payload: await sentAgain(port, to), destination: to.address, source: address(eth0) });
          await port.told("membership", { payload: { membership: { interface: "eth0", state: "joined" } } });

          await cable.unplug();
          await port.told("outgoingInterface", { payload: { outgoingInterface: { interface: "eth0", state: "lost" } } });
          await port.send("while it is gone", to);
          await lab.plug(eth0, far).then(async (second) => {
            const wireAgain = await far.capture();
            await port.told("outgoingInterface", { payload: { outgoingInterface: { interface: "eth0", state: "active" } } });
            await wireAgain.saw({ payload: await sentAgain(port, to), destination: to.address });
            await elsewhere.didNotSee({ kind: "udp", destination: to.address }, port.fence({ address: address(near), port: PORT }));
            await port.do.stopListening();
            await second.unplug();
          });
        });
      },
    );
  });

  describe("a host with two interfaces", () => {
    const net = sharedLab(backend, async (lab) => {
      const ends = await dualHomed(lab);
      const [atA, atB] = await Promise.all([ends.a.capture(), ends.b.capture()]);
      return { ...ends, atA, atB, sending: await RemoteReactor.start(ends.host, backend) };
    });

    test.each(FAMILIES)(
      'write() by "all" leaves once by each interface that carries multicast, $family',
      async ({ family, any, group }) => {
        const { sending, atA, atB } = net();
        const to = { address: group(21), port: PORT };
        const text = `by all ${family}`;
        const sender = await sending.listenMulticast(0, any);
        const written = sender.send(text, to, { interface: "all" });
        const promise = `A copy by each interface, ${family}`;
        const row = { promise, keptBy: backend, sent: `to ${to.address}, by all`, mustNotBeSeenAt: [] };
        if (backend === "dgram") {
          await scenario({ ...row, seenAt: ["UnsupportedError"] }, () => expect(written).rejects.toMatchObject(UNSUPPORTED));
          return sender.do.stopListening();
        }
        await scenario({ ...row, seenAt: ["a/eth0", "b/eth0"] }, async () => {
          await written;
          for (const wire of [atA, atB]) await wire.saw({ payload: text, destination: to.address });
          const copies = family === "IPv4" ? 3 : 2; // IPv6 has no multicast on loopback
          expect(await sender.do.statistics()).toMatchObject({ sent: copies, sentBytes: copies * text.length, sendFailed: 0 });
        });
        return sender.do.stopListening();
      },
    );
  });
});
