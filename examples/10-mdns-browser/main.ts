/**
 * Finds services that announce themselves by multicast DNS, as printers and speakers do.
 *
 * You learn: a number that other programs listen on too is shared with listenMultiple; a group is joined, and asked, on every interface.
 * You run:   node examples/dist/10-mdns-browser/main.js, and then the responder of lesson 11, on this host or on another one of the link.
 *            Or announce something with Avahi: avahi-publish -s "a name" _groupcast._udp 4711 key=value
 * You see:   found "a name" at <host>:<port> (<addresses>), and when the announcer ends: "a name" is gone. Ctrl-C ends it.
 */
import type { Answer, Packet, SrvData } from "dns-packet";
import { Reactor } from "groupcast";
import { MDNS_OPTIONS, MDNS_PORT, MulticastDns, recordsOf, SERVICE } from "../support/multicast-dns.js";

const FIRST_PAUSE_MS = 1000; // RFC 6762 5.2: a second after the first question, then each time at least twice as long
const LONGEST_PAUSE_MS = 3_600_000;
const MAX_NAMES = 1000; // anybody may announce anything
const MAX_ADDRESSES = 50; // of a name

class Browser extends MulticastDns {
  readonly #servers = new Map<string, SrvData>();
  readonly #addresses = new Map<string, Set<string>>();
  readonly #found = new Map<string, "new" | "asked for" | "told">(); // by the full name of an instance

  ask(): void {
    this.say(() => ({ type: "query", questions: [{ name: SERVICE, type: "PTR" }] }));
  }

  protected override messageReceived(message: Packet): void {
    if (message.type !== "response") return;
    for (const record of recordsOf(message)) this.#learn(record);
    for (const [name, state] of this.#found) if (state !== "told") this.#tell(name, state);
  }

  #learn(record: Answer): void {
    const isFull = this.#servers.size + this.#addresses.size + this.#found.size >= MAX_NAMES;
    if (record.type === "PTR" && record.name === SERVICE && (record.ttl === 0 || !isFull))
      this.#instanceNamed(record.data, record.ttl === 0);
    else if (record.type === "SRV" && !isFull) this.#servers.set(record.name, record.data);
    else if ((record.type === "A" || record.type === "AAAA") && !isFull) {
      const addresses = this.#addresses.get(record.name) ?? new Set();
      if (addresses.size < MAX_ADDRESSES) this.#addresses.set(record.name, addresses.add(record.data));
    }
  }

  #instanceNamed(name: string, isGoodbye: boolean): void {
    if (!isGoodbye) this.#found.set(name, this.#found.get(name) ?? "new");
    else if (this.#found.delete(name)) console.log(`${labelOf(name)} is gone`);
  }

  /** Tells of an instance once its server and an address are known; asks once for what did not come along. */
  #tell(name: string, state: "new" | "asked for"): void {
    const server = this.#servers.get(name);
    const addresses = server && this.#addresses.get(server.target);
    if (server !== undefined && addresses !== undefined) {
      this.#found.set(name, "told");
      console.log(`found ${labelOf(name)} at ${JSON.stringify(server.target).slice(1, -1)}:${server.port} (${[...addresses].join(", ")})`);
    } else if (state === "new") {
      this.#found.set(name, "asked for");
      this.say(() => ({ type: "query", questions: [server === undefined ? { name, type: "SRV" } : { name: server.target, type: "A" }] }));
    }
  }
}

/** The part of an instance's name that is for people; as JSON, so that it does not move the cursor of this terminal. */
function labelOf(name: string): string {
  return JSON.stringify(name.slice(0, -`.${SERVICE}`.length));
}

const reactor = new Reactor();
const browser = new Browser(reactor.network);
reactor.listenMulticast(MDNS_PORT, browser, MDNS_OPTIONS);

function askAgain(pauseMs: number): void {
  browser.ask();
  reactor.callLater(pauseMs, askAgain, Math.min(2 * pauseMs, LONGEST_PAUSE_MS));
}

askAgain(FIRST_PAUSE_MS);
console.log(`looking for ${SERVICE}`);
await reactor.run();
