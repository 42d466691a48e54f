/** A port with thousands of memberships on an interface that goes and comes back. */
import { DatagramProtocol, type Reactor } from "groupcast";
import { cpuUs, groups, sayReady, sayResult, textArgument } from "./arguments.js";

class Member extends DatagramProtocol {
  override datagramReceived(): void {}
}

/** Joins the groups that the arguments name; reports the CPU until all are lost, and from there until all are joined again. */
export function flap(reactor: Reactor): void {
  const port = reactor.listenMulticast(0, new Member());
  const all = groups();
  for (const group of all) port.joinGroup(group, textArgument("interface", "lo"));
  setImmediate(() => {
    const startedCpuUs = cpuUs();
    const counts: Record<string, number> = { joined: 0, lost: 0, waiting: 0 };
    port.on("membership", ({ membership: { state } }) => {
      counts[state]!++;
      if (counts.lost! < all.length || counts.joined! < all.length) return;
      sayResult({ cpuUs: cpuUs() - startedCpuUs });
      void reactor.stop();
    });
    sayReady([port.getHost().port]);
  });
}
