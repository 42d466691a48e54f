// A network in memory, and a host on it that commands run on.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { main } from "@groupcast/cli";
import { FakeHost, settle } from "./fake-host.js";

export class CommandSite {
  readonly network: MemoryNetwork;
  readonly host: FakeHost;

  /** @param columns - Width of the command's terminal; undefined: its output is a pipe. */
  constructor(network: MemoryNetwork = new MemoryNetwork(), columns?: number) {
    this.network = network;
    const on = [network, "watcher"] as const;
    this.host = new FakeHost(columns === undefined ? { on } : { on, columns });
  }

  /** Runs a command, with what happens meanwhile, and then Ctrl-C. */
  async command(words: readonly string[], meanwhile: () => Promise<void>): Promise<number> {
    const ended = main(words, this.host);
    await this.turns(100);
    await meanwhile();
    await this.turns(100);
    this.host.interrupt();
    return settle(this.network.clock, ended);
  }

  /** Lets time pass, and files and imports have their turns. */
  async turns(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      await this.network.clock.advance(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
