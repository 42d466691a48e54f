// groupcast doctor: each cause is set up for real between namespaces, and named first; on hosts that are well, none is named.
import { appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { routed } from "../support/lab/topologies.js";
import { until } from "../support/lab/until.js";
import { AILMENTS, type Ailment, ingress, member, sendsFromElsewhere } from "./support/ailments.js";
import type { Consultation, DoctorStage, Stream } from "./support/doctor-stage.js";
import { DoctorStages } from "./support/doctor-stages.js";
import { HEALTHY_HOSTS, type HealthyHost } from "./support/healthy-hosts.js";
import { sharedLab } from "./support/shared-lab.js";

/** Names the file that collects rows for docs/nothing-arrives.md. Set by scripts/doctor-table.mjs. */
const TABLE_VARIABLE = "GROUPCAST_DOCTOR_TABLE";

const DIAGNOSED = fileURLToPath(new URL("./programs/diagnosed-port.ts", import.meta.url));

/** Hosts that are consulted at once. A case has the processor to itself for a third of its time. */
const STAGES = 3;

const stages = sharedLab("native", (lab) => DoctorStages.create(lab, STAGES));
let count = 0;

/** Makes a test of a case that has a stage for itself. */
function onStage<C extends unknown[]>(run: (stage: DoctorStage, ...values: C) => Promise<void>): (...values: C) => Promise<void> {
  return (...values) => stages().use((stage) => run(stage, ...values));
}

/** A group and a port that no other case has. */
function stream(family: 4 | 6 = 4): Stream {
  count += 1;
  return { group: family === 4 ? `239.255.60.${count}` : `ff15::60:${count}`, port: 20_000 + 10 * count };
}

/** The words for the command: options follow the group and the port; other words stand for them. */
function wordsFor({ group, port }: Stream, words: readonly string[] | undefined): readonly string[] {
  const subject = group.includes(":") ? `[${group}]:${port}` : `${group}:${port}`;
  if (words === undefined) return [subject];
  return words[0]!.startsWith("-") ? [subject, ...words] : words;
}

function record(setUp: string, { findings, durationMs }: Consultation): void {
  const path = process.env[TABLE_VARIABLE];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ setUp, finding: findings[0], durationMs })}\n`);
}

describe("on several hosts at once", { concurrent: true }, () => {
  test.each(AILMENTS)(
    "doctor names $cause first: $setUp",
    onStage(async (stage, { cause, setUp, family, make }: Ailment) => {
      const own = stream(family);
      const words = await make(stage, own);
      const consultation = await stage.doctor(wordsFor(own, words));
      expect(consultation.findings.map((finding) => finding.cause)[0], JSON.stringify(consultation, null, 1)).toBe(cause);
      expect(consultation.exitCode).toBe(consultation.findings.some(({ likelihood }) => likelihood !== "possible") ? 1 : 0);
      expect(consultation.findings[0]!.evidence).not.toEqual([]);
      record(setUp, consultation);
    }),
  );

  test.each(HEALTHY_HOSTS)(
    "doctor names no cause: $what",
    onStage(async (stage, { family, make }: HealthyHost) => {
      const own = stream(family);
      const words = wordsFor(own, await make(stage, own));
      const { findings, arrivals, exitCode } = await stage.doctor(words);
      expect(findings, JSON.stringify(findings, null, 1)).toEqual([]);
      expect(exitCode).toBe(0);
      if (words[0]!.includes(`${own.group}:`) || words[0]!.includes(`${own.group}]`)) {
        expect(arrivals!.find(({ isThisHost }) => isThisHost === false)?.count, "the fence: datagrams did arrive").toBeGreaterThan(0);
      }
    }),
  );
});

test(
  "doctor excludes no firewall where a rule at ingress drops datagrams to the port, and says what the interface received",
  onStage(async (stage) => {
    const own = stream();
    await member(stage, own);
    await stage.firewall(ingress(`udp dport ${own.port}`));
    await stage.sends(stage.net.a, own);
    const { findings, cleared, unchecked, exitCode } = await stage.doctor(wordsFor(own, undefined));
    expect({ exitCode, findings }).toMatchObject({ exitCode: 0 }); // which shows the findings when it fails
    expect([...findings, ...cleared].map(({ cause }) => cause)).not.toContain("firewall");
    expect(unchecked.find(({ cause }) => cause === "firewall")?.reason).toMatch(/^eth0 received \d+ packets/);
  }),
);

test(
  "doctor is not sure of a firewall where a rule drops what another program is sent, and names that program's group",
  onStage(async (stage) => {
    const [own, other] = [stream(), stream()];
    await member(stage, own);
    const foreign = await stage.program(other.port);
    await foreign.join(other.group, { interface: "10.78.0.1" });
    await stage.firewall(`table inet doctor { chain c { type filter hook input priority 0; ip daddr ${other.group} drop; }; }`);
    await stage.sends(stage.net.a, other);
    const doubtful = await stage.doctor(wordsFor(own, undefined));
    expect(doubtful.findings[0], JSON.stringify(doubtful, null, 1)).toMatchObject({ cause: "firewall", likelihood: "possible" });
    expect(doubtful.findings[0]!.explanation).toContain(`to ${own.group}, or to other groups that this host has joined: ${other.group}.`);
    expect(doubtful.exitCode).toBe(0);
    await stage.host.exec("nft", ["flush", "ruleset"]);
    expect((await stage.doctor(wordsFor(own, undefined))).findings.map(({ cause }) => cause)).not.toContain("firewall");
    await foreign.close();
    await stage.firewall(`table inet doctor { chain c { type filter hook input priority 0; udp dport ${own.port} drop; }; }`);
    await stage.sends(stage.net.a, own);
    expect((await stage.doctor(wordsFor(own, undefined))).findings[0]).toMatchObject({ cause: "firewall", likelihood: "likely" });
  }),
);

test(
  "doctor --trace names the reason of the kernel as evidence, or says why it cannot, and leaves no trace running",
  onStage(async (stage) => {
    const own = stream();
    await member(stage, own);
    await stage.firewall(`table inet doctor { chain c { type filter hook input priority 0; udp dport ${own.port} drop; }; }`);
    await stage.sends(stage.net.a, own);
    const isAllowed = (await stage.traces()) !== undefined;
    const program = stage.start([...wordsFor(own, undefined), "--trace"]);
    const { findings, drops } = await program.line({ type: "diagnosis" }, { deadlineMs: 30_000 });
    expect(await program.exited()).toMatchObject({ code: 1 });
    expect(findings[0].cause).toBe("firewall");
    if (!isAllowed) return expect(drops).toMatchObject({ reason: expect.any(String), remedy: expect.stringContaining("root") });
    expect(drops.value.find(({ reason }: { reason: string }) => reason === "NETFILTER_DROP")?.count).toBeGreaterThan(2);
    expect(findings[0].evidence.at(-1)).toMatchObject({ source: "skb:kfree_skb", fact: expect.stringContaining("NETFILTER_DROP") });
    expect((await stage.traces())!.filter((name) => name.startsWith(`groupcast-${program.pid}-`))).toEqual([]);
  }),
);

test(
  "doctor --trace removes its trace on Ctrl-C, the second of which ends it at once",
  onStage(async (stage) => {
    const isAllowed = (await stage.traces()) !== undefined;
    for (const signals of [1, 2]) {
      const own = stream();
      await member(stage, own);
      const program = stage.start([...wordsFor(own, undefined), "--trace"]);
      const traces = async () => (await stage.traces())?.filter((name) => name.startsWith(`groupcast-${program.pid}-`));
      if (isAllowed) await until(async () => (await traces())!.length === 1, { what: "the trace runs" });
      const exit = program.exited();
      for (let n = 0; n < signals; n++) program.signal("SIGINT");
      await exit;
      expect(await traces()).toEqual(isAllowed ? [] : undefined);
    }
  }),
);

test(
  "doctor --watch tells what changes, until Ctrl-C",
  onStage(async (stage) => {
    const own = stream();
    await member(stage, own);
    const sender = await stage.sends(stage.net.a, own);
    const program = stage.start([...wordsFor(own, undefined), "--watch"]);
    const deadline = { deadlineMs: 30_000 };
    expect(await program.line({ type: "diagnosis" }, deadline)).toMatchObject({ findings: [] });
    await sender.stop();
    await program.line({ type: "change", change: "silent" }, deadline);
    await stage.firewall(`table inet doctor { chain c { type filter hook input priority 0; udp dport ${own.port} drop; }; }`);
    await stage.sends(stage.net.a, own);
    const found = await program.line(({ change, finding }) => change === "found" && finding.cause === "firewall", deadline);
    expect(found.finding.evidence).not.toEqual([]);
    await stage.host.exec("nft", ["flush", "ruleset"]);
    await program.line({ type: "change", change: "gone" }, deadline);
    await program.line({ type: "change", change: "arriving" }, deadline);
    const exit = program.exited();
    program.signal("SIGINT");
    expect(await exit).toMatchObject({ code: 0 });
  }),
);

test(
  "reactor.diagnose() judges the port of a program that runs: its membership, its buffer, its interface",
  onStage(async (stage) => {
    const own = stream();
    await stage.sysctl({ "net.ipv4.conf.eth1.rp_filter": 1 });
    await sendsFromElsewhere(stage, own);
    const program = stage.host.run(DIAGNOSED, [JSON.stringify({ ...own, interface: "eth1" })]);
    stage.later(() => program.stop());
    const deadline = { deadlineMs: 30_000 };
    const { diagnoses } = await program.line({ event: "diagnosed", what: "as it is" }, deadline);
    expect(diagnoses).toMatchObject([{ address: own.group, port: own.port, interface: "eth1" }]);
    expect(diagnoses[0].findings[0]).toMatchObject({ cause: "rp-filter", likelihood: "certain" });
    await stage.host.sysctl({ "net.ipv4.conf.eth1.rp_filter": 0 });
    program.write("again");
    const well = await program.line({ event: "diagnosed", what: "again" }, deadline);
    expect(well.diagnoses[0].findings).toEqual([]);
    expect(well.diagnoses[0].arrivals[0].count).toBeGreaterThan(0);
    program.write("pause");
    const paused = await program.line({ event: "diagnosed", what: "paused" }, deadline);
    expect(paused.diagnoses[0].findings[0].cause).toBe("receive-buffer");
  }),
);

describe("beyond a router", () => {
  const GROUP = "239.255.61.1";
  const net = sharedLab("native", (lab) => routed(lab, [GROUP]));

  test.each([
    { cause: "ttl-too-small", setUp: "TTL 1; the receiver is behind a router", group: GROUP, ttl: ["--ttl", "1"] },
    { cause: "group-scope", setUp: "224.0.0.200, of the link; the receiver is behind a router", group: "224.0.0.200", ttl: [] },
    { cause: undefined, setUp: "TTL 16; the receiver is behind a router", group: GROUP, ttl: ["--ttl", "16"] },
  ])(
    "doctor --to names $cause: $setUp",
    onStage(async (stage, { cause, setUp, group, ttl }) => {
      const { a, b } = net();
      await stage.sends(a, { group, port: 20_001 }, ttl);
      const consultation = await stage.doctor([`${group}:20001`, "--to", b.ipv4], a.host);
      expect(consultation.findings[0]?.cause, JSON.stringify(consultation, null, 1)).toBe(cause);
      if (cause !== undefined) record(setUp, consultation);
    }),
  );
});
