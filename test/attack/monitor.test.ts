// The monitor, its page and the commands about channels among hostile names, forged packets, floods, and clients that behave as none does.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { main } from "@groupcast/cli";
import { Reactor } from "groupcast";
import { expect, test } from "vitest";
import { FakeHost, settle } from "../support/cli/fake-host.js";
import { Forger, IMPOSSIBLE_CHANNELS } from "./support/forged-channels.js";

const LONGEST = "x".repeat(255);

/** A command on a network in memory, and a forger on another host of it. */
class Site {
  readonly network = new MemoryNetwork();
  readonly host = new FakeHost({ on: [this.network, "watcher"] });
  readonly forger = new Forger(new Reactor({ backend: this.network.host("forger"), clock: this.network.clock }));

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

test("channels echo prints each message once, whatever impossible channels are announced and sent", async () => {
  const site = new Site();
  const code = await site.command(["channels", "echo", "**", "--json"], async () => {
    site.forger.announce(1, "forger", [...IMPOSSIBLE_CHANNELS, LONGEST, "a/b"]);
    await site.turns(50);
    for (const name of [...IMPOSSIBLE_CHANNELS, LONGEST, "a/b"]) site.forger.send(name, Buffer.from(`of ${name}`));
    for (const name of IMPOSSIBLE_CHANNELS) site.forger.send(name, Buffer.from("astray"), "a/b");
    site.forger.send("a/b", Buffer.from("fence"));
    await site.turns(50);
  });
  const texts = site.host.records.map(({ text }) => text).filter((text) => text !== undefined);
  expect(texts).toEqual([`of ${LONGEST}`, "of a/b", "fence"]);
  expect({ code, error: site.host.stderr.text.match(/^groupcast.*/m) }).toEqual({ code: 0, error: null });
});

test("channels echo refuses a name that goes up, as its messages have another name", async () => {
  const site = new Site();
  expect(await main(["channels", "echo", "a/../b"], site.host)).toBe(2);
  expect(site.host.stderr.text).toContain('no part is ".."');
});
