// Sends by a paced port while the queueing discipline of loopback changes, in a network namespace of its own.
import { execFileSync } from "node:child_process";
import { chooseBackend, DatagramProtocol, Reactor } from "groupcast";
import { attackProcess } from "../support/attack-process.js";
import { SILENT } from "../support/silent.js";

const ROUNDS = 12;
const EACH = 100; // datagrams of a round
const DISCIPLINES = ["pfifo", "bfifo", "tbf rate 80mbit burst 64kb limit 2mb"];

await attackProcess(async () => {
  await using reactor = new Reactor({ backend: chooseBackend("native"), logger: SILENT });
  const got = new Set<number>();
  let fence = (): void => {};
  const isThrough = new Promise<void>((resolve) => {
    fence = resolve;
  });
  class Collector extends DatagramProtocol {
    override datagramReceived(data: Buffer): void {
      if (data.toString() === "fence") fence();
      else got.add(data.readUInt32BE());
    }
  }
  const local = { interface: "127.0.0.1" };
  const to = reactor.listenUDP(0, new Collector(), { ...local, receiveBufferBytes: 1_000_000 }).getHost();
  const port = reactor.listenUDP(0, new Collector(), { ...local, maxBytesPerSecond: 2_000_000 });
  const disciplines: string[] = [];
  let written = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < EACH; i++) {
      const payload = Buffer.alloc(1000);
      payload.writeUInt32BE(written++);
      port.write(payload, to);
    }
    const discipline = DISCIPLINES[round % DISCIPLINES.length]!;
    execFileSync("tc", ["qdisc", "replace", "dev", "lo", "root", ...discipline.split(" ")]); // while datagrams wait
    disciplines.push(discipline);
    await new Promise((resolve) => setTimeout(resolve, 20));
    execFileSync("tc", ["qdisc", "del", "dev", "lo", "root"]); // noqueue again
    await port.drained();
  }
  await port.send("fence", to);
  await isThrough;
  return { disciplines, missing: written - got.size, statistics: port.statistics() };
});
