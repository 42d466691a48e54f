import { DatagramProtocol, Reactor } from "groupcast";

test("a port hears itself", async () => {
  const reactor = new Reactor();
  const arrived = await new Promise((resolve) => {
    class Echo extends DatagramProtocol {
      datagramReceived = resolve;
    }
    const port = reactor.listenUDP(0, new Echo(), { interface: "127.0.0.1" });
    port.write("echo", port.getHost());
  });
  expect(`${arrived} by ${reactor.backend.name}`).toBe("echo by native");
  await reactor.stop();
});
