// Reliable channels between two hosts whose kernels lose datagrams at random: packets, questions and repairs alike.
import { fileURLToPath } from "node:url";
import type { ChannelOptions, ReliableStatistics } from "@groupcast/channels";
import { beforeEach, expect, test } from "vitest";
import type { Host } from "../support/lab/host.js";
import { Lab } from "../support/lab/lab.js";
import type { Program } from "../support/lab/program.js";
import { cabled } from "../support/lab/topologies.js";
import { until } from "../support/lab/until.js";
import { canRunLab, skipUnless } from "../support/probe.js";
import type { ReliableRole, ReliableTask } from "./programs/reliable-site.js";

const SITE = fileURLToPath(new URL("programs/reliable-site.ts", import.meta.url));
const START_DEADLINE_MS = 20_000;
const DEADLINE_MS = 40_000;
const COUNT = 4000;
const PER_SECOND = 2000; // so that it is the kernel that loses datagrams, and not a machine that is busy
const LONG_BYTES = 16 * 1024 * 1024 - 2;

beforeEach((context) => skipUnless(context, canRunLab));

/** What a site reports of its channel. */
interface Report {
  readonly received: number;
  readonly first: number;
  readonly last: number;
  readonly misplaced: number;
  readonly lost: number;
  readonly lengthBytes: number;
  readonly subscribedMs: number;
  readonly latestMs: number;
  readonly slowestMs: number;
  readonly reliable: ReliableStatistics;
}

class Site {
  readonly #program: Program;
  #reports = 0;

  private constructor(program: Program) {
    this.#program = program;
  }

  static async start(host: Host, name: string, channel: ChannelOptions): Promise<Site> {
    const role: ReliableRole = { interface: name, channel };
    const program = host.run(SITE, [JSON.stringify(role)]);
    await program.line({ event: "ready" }, { deadlineMs: START_DEADLINE_MS });
    return new Site(program);
  }

  do(task: ReliableTask): void {
    this.#program.write(task);
  }

  async subscribe(): Promise<void> {
    this.do({ subscribe: true });
    await this.#program.line({ event: "subscribed" });
  }

  async publish(count: number, bytes = 200): Promise<void> {
    this.do({ publish: { count, perSecond: PER_SECOND, bytes } });
    await this.#program.line({ event: "published" }, { deadlineMs: DEADLINE_MS });
  }

  async report(): Promise<Report> {
    this.do({ report: true });
    this.#reports++;
    await until(() => this.#program.lines({ event: "report" }).length === this.#reports, { what: "a report" });
    return this.#program.lines({ event: "report" }).at(-1) as unknown as Report;
  }

  /** Waits until it has received so many messages, or said of the rest that it is lost. */
  async received(count: number): Promise<Report> {
    let report = await this.report();
    await until(
      async () => {
        report = await this.report();
        return report.received + report.lost >= count;
      },
      { what: `${count} messages`, deadlineMs: DEADLINE_MS },
    );
    return report;
  }
}

async function pair(lab: Lab, options: ChannelOptions) {
  const { a, b } = await cabled(lab);
  const [publisher, subscriber] = await Promise.all([Site.start(a.host, a.name, options), Site.start(b.host, b.name, options)]);
  return { a, b, publisher, subscriber };
}

test.each([0, 1, 5, 20])(
  "reliable: all messages arrive in order when each host loses %d of 100 datagrams that come in",
  async (percent) => {
    await using lab = await Lab.create("losses repaired");
    const { a, b, publisher, subscriber } = await pair(lab, { reliable: { repairWithinMs: 10_000 } }); // a busy machine is no loss
    await subscriber.subscribe();
    if (percent > 0) await Promise.all([a, b].map(({ host }) => host.lose({ percent })));
    await publisher.publish(COUNT);
    const report = await subscriber.received(COUNT);
    const { repaired } = (await publisher.report()).reliable.sender;
    expect(report).toMatchObject({ received: COUNT, first: 0, last: COUNT - 1, misplaced: 0, lost: 0 });
    expect(report.reliable.receiver.missing).toBeGreaterThanOrEqual((COUNT * percent) / 200);
    expect(repaired).toBeGreaterThanOrEqual(report.reliable.receiver.missing - report.reliable.receiver.duplicates);
  },
);

test("reliable: a message of 16 MiB arrives whole when 1 of 100 datagrams is lost", async () => {
  await using lab = await Lab.create("a long message repaired");
  const { b, publisher, subscriber } = await pair(lab, { reliable: true, fragment: true });
  await subscriber.subscribe();
  await b.host.lose({ percent: 1 });
  publisher.do({ publish: { count: 1, perSecond: 1, bytes: LONG_BYTES } });
  const report = await subscriber.received(1);
  expect(report).toMatchObject({ received: 1, lengthBytes: LONG_BYTES });
});

test("history: a late subscriber gets a thousand messages of before", async () => {
  await using lab = await Lab.create("a late joiner");
  const { publisher, subscriber } = await pair(lab, { history: { messages: 1000 } });
  await publisher.publish(COUNT);
  await subscriber.subscribe();
  const report = await subscriber.received(1000);
  expect(report).toMatchObject({ received: 1000, first: COUNT - 1000, last: COUNT - 1, misplaced: 0, lost: 0 });
});
