import { MemoryNetwork } from "@groupcast/backend-memory";
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";
import { expect, test } from "vitest";

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

class Asker extends DatagramProtocol {
  readonly answers: string[] = [];

  override datagramReceived(data: Buffer): void {
    this.answers.push(String(data));
  }
}

test("Echo sends back what it receives, after twice the delay of the cable", async () => {
  const network = new MemoryNetwork({ link: { delayMs: 5 } });
  const server = new Reactor({ backend: network.host("server"), clock: network.clock });
  const client = new Reactor({ backend: network.host("client"), clock: network.clock });
  const echo = server.listenUDP(9999, new Echo());
  const asker = new Asker();
  const address = server.network.getInterfaceIPs({ ipv6: false }).at(-1)!; // 10.0.0.1
  client.listenUDP(0, asker).write("hello", { address, port: echo.getHost().port });

  await network.clock.advance(9);
  expect(asker.answers).toEqual([]);
  await network.clock.advance(1);
  expect(asker.answers).toEqual(["hello"]);
});
