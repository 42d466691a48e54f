import { MemoryNetwork } from "@groupcast/backend-memory";
import { DatagramProtocol, LoopingCall, Reactor } from "groupcast";
import { expect, test } from "vitest";

const GROUP = "239.255.76.5";
const PORT = 5000;

class Listener extends DatagramProtocol {
  heard = 0;

  override startProtocol(): void {
    this.transport.joinGroup(GROUP, "eth0");
  }

  override datagramReceived(): void {
    this.heard += 1;
  }
}

class Beacon extends DatagramProtocol {
  override startProtocol(): void {
    this.transport.setOutgoingInterface("eth0");
  }

  call(): void {
    this.transport.write("here", { address: GROUP, port: PORT });
  }
}

test("Listener hears most of an hour of beacons over a bad cable, and all again after it was unplugged", async () => {
  const network = new MemoryNetwork({ link: { loss: 0.1 }, seed: 7 });
  const near = new Reactor({ backend: network.host("near"), clock: network.clock });
  const far = new Reactor({ backend: network.host("far"), clock: network.clock });
  const beacon = new Beacon();
  const listener = new Listener();
  near.listenMulticast(0, beacon);
  far.listenMulticast(PORT, listener);
  void new LoopingCall(near, () => beacon.call()).start(1000);

  await network.clock.advance(3_600_000); // milliseconds of real time
  expect(listener.heard).toBeGreaterThan(3000);
  expect(listener.heard).toBeLessThan(3600);

  network.host("far").removeInterface("eth0");
  const before = listener.heard;
  await network.clock.advance(10_000);
  expect(listener.heard).toBe(before);

  network.host("far").addInterface("eth0", { switch: "lan" });
  await network.clock.advance(10_000);
  expect(listener.heard).toBeGreaterThan(before);
});
