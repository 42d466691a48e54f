// Two sites over a cluster of three NATS servers, one of which dies: what was in flight is lost, and counted; the rest arrives.
import { beforeEach, expect, test } from "vitest";
import { ManySites, type Member } from "../support/channels/many-sites.js";
import { hasNatsServer } from "../support/channels/nats-server.js";
import { Lab } from "../support/lab/lab.js";
import type { JsonLine } from "../support/lab/program.js";
import { until } from "../support/lab/until.js";
import { canRunLab, hasCommand, skipUnless } from "../support/probe.js";

const IMPATIENT = { pingInterval: 300, timeout: 500 }; // a silent server is given up soon
const STREAM = ["robot/**"]; // without heartbeats, so that every packet that relays count is a number of the stream
const DEADLINE_MS = 20_000;

beforeEach((context) => skipUnless(context, canRunLab, hasNatsServer, hasCommand("nft", "nftables")));

/** Numbers that go from site a to site b, whose relays know server 1 and server 2. */
class Stream {
  readonly #from: Member;
  readonly #to: Member;
  readonly #relays: readonly [left: Member, right: Member];
  readonly #before: JsonLine; // what the right relay had counted

  private constructor(from: Member, to: Member, relays: readonly [left: Member, right: Member], before: JsonLine) {
    this.#from = from;
    this.#to = to;
    this.#relays = relays;
    this.#before = before;
  }

  static async start(sites: ManySites, connection: object = {}): Promise<Stream> {
    const a = await sites.site("a", { server: 1, connection, channels: STREAM });
    const b = await sites.site("b", { server: 2, connection, channels: STREAM });
    a.node.tell({ everyMs: 1 });
    await b.node.program.line({ event: "first", isRelayed: true }, { deadlineMs: DEADLINE_MS }); // relays find channels by heartbeats
    await b.node.until(({ heard }) => heard > 200, "a stream");
    return new Stream(a.node, b.node, [a.relay, b.relay], await b.relay.report());
  }

  get left(): Member {
    return this.#relays[0];
  }

  get right(): Member {
    return this.#relays[1];
  }

  /** Waits until two hundred more have come. */
  async flows(): Promise<void> {
    const { last } = await this.#to.report();
    await this.#to.until((report) => report.last > last + 200, "the stream, again");
  }

  /** Waits until numbers come as they are published: in the burst of those that waited for a server, the last one may be lost, too. */
  async hasCaughtUp(): Promise<void> {
    await this.flows();
    const isReached = async (): Promise<boolean> => {
      const { published } = await this.#from.report();
      return (await this.#to.report()).last > published - 100;
    };
    await until(isReached, { what: "the stream, without delay", deadlineMs: DEADLINE_MS });
  }

  /**
   * Stops, and waits for the last number. Returns what is missing, and what was counted as lost: by the hearing relay, and by its node. To
   * that node it sends at once what waited for a server, which may be more than a receive buffer holds.
   */
  async end() {
    await this.hasCaughtUp();
    this.#from.tell({ everyMs: 0 });
    const { published } = await this.#from.report();
    const { missing, repeated, lost: onSite } = await this.#to.until(({ last }) => last === published - 1, "the last number");
    const { unconfirmed, dropped } = await this.left.report();
    const { back } = await this.right.report();
    const lost = onSite + back.lost - back.late - (this.#before.back.lost - this.#before.back.late);
    return { missing, repeated, lost, unconfirmed, dropped } as Readonly<Record<string, number>>;
  }
}

/** Waits until a relay has noticed, and is on another server. */
async function hasMoved({ program }: Member): Promise<void> {
  await program.line({ event: "connection", isConnected: false }, { deadlineMs: DEADLINE_MS });
  await program.line({ event: "connection", isConnected: true }, { deadlineMs: DEADLINE_MS });
}

test("the server of the hearing site dies: its relay, told only that one, moves on and counts what is missing", async () => {
  await using lab = await Lab.create("a cluster, and the server of the hearing site dies");
  const sites = await ManySites.create(lab);
  const stream = await Stream.start(sites);
  await sites.kill(2);
  await hasMoved(stream.right);
  await stream.flows();
  // It comes back, the others hear of it, and end: so both relays move to it, which only the cluster can have named to the left one.
  sites.restart(2);
  await sites.whenClustered(2, 2);
  await Promise.all([sites.kill(1), sites.kill(3)]);
  await hasMoved(stream.right);
  const { missing, repeated, lost, dropped } = await stream.end();
  expect({ missing, repeated, dropped }).toEqual({ missing: lost, repeated: 0, dropped: 0 });
});

test("the server of the publishing site dies: no more is missing than was in flight, and what waited meanwhile arrives", async () => {
  await using lab = await Lab.create("a cluster, and the server of the publishing site dies");
  const sites = await ManySites.create(lab);
  const stream = await Stream.start(sites);
  await sites.kill(1);
  await hasMoved(stream.left);
  const { missing, repeated, lost, unconfirmed, dropped } = await stream.end();
  expect({ missing, repeated, dropped }).toEqual({ missing: lost, repeated: 0, dropped: 0 });
  expect(missing).toBeLessThanOrEqual(unconfirmed!);
});

test("servers fall silent, as in a power cut: relays give them up, move to the third, and every message is accounted for", async () => {
  await using lab = await Lab.create("a cluster, and servers fall silent");
  const sites = await ManySites.create(lab);
  const stream = await Stream.start(sites, IMPATIENT);
  await sites.silence(2);
  await hasMoved(stream.right);
  await stream.flows();
  const { back } = await stream.right.report();
  expect(back.lost).toBeGreaterThan(0); // what was published until the relay noticed
  await sites.silence(1);
  await hasMoved(stream.left);
  const { missing, repeated, lost, unconfirmed, dropped } = await stream.end();
  expect({ missing, repeated, dropped }).toEqual({ missing: lost, repeated: 0, dropped: 0 });
  expect(unconfirmed).toBeGreaterThan(0);
});
