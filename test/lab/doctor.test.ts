// groupcast doctor: each cause is set up for real between namespaces, and named first; on hosts that are well, none is named.
import { appendFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { routed } from "../support/lab/topologies.js";
import { AILMENTS } from "./support/ailments.js";
import { type Consultation, DoctorStage, type Stream } from "./support/doctor-stage.js";
import { HEALTHY_HOSTS } from "./support/healthy-hosts.js";
import { sharedLab } from "./support/shared-lab.js";

/** Names the file that collects rows for docs/nothing-arrives.md. Set by scripts/doctor-page.mjs. */
const TABLE_VARIABLE = "GROUPCAST_DOCTOR_TABLE";

const stage = sharedLab("native", DoctorStage.create);
let count = 0;

afterEach(() => stage()?.[Symbol.asyncDispose]());

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

test.each(AILMENTS)("doctor names $cause first: $setUp", async ({ cause, setUp, family, make }) => {
  const own = stream(family);
  const words = await make(stage(), own);
  const consultation = await stage().doctor(wordsFor(own, words));
  expect(consultation.findings.map((finding) => finding.cause)[0], JSON.stringify(consultation, null, 1)).toBe(cause);
  expect(consultation.exitCode).toBe(1);
  expect(consultation.findings[0]!.evidence).not.toEqual([]);
  record(setUp, consultation);
});

test.each(HEALTHY_HOSTS)("doctor names no cause: $what", async ({ family, make }) => {
  const own = stream(family);
  const words = wordsFor(own, await make(stage(), own));
  const { findings, arrivals, exitCode } = await stage().doctor(words);
  expect(findings, JSON.stringify(findings, null, 1)).toEqual([]);
  expect(exitCode).toBe(0);
  if (words[0]!.includes(`${own.group}:`) || words[0]!.includes(`${own.group}]`)) {
    expect(arrivals!.find(({ isThisHost }) => isThisHost === false)?.count, "the fence: datagrams did arrive").toBeGreaterThan(0);
  }
});

describe("beyond a router", () => {
  const GROUP = "239.255.61.1";
  const net = sharedLab("native", (lab) => routed(lab, [GROUP]));

  test.each([
    { cause: "ttl-too-small", setUp: "TTL 1; the receiver is behind a router", group: GROUP, ttl: ["--ttl", "1"] },
    { cause: "group-scope", setUp: "224.0.0.200, of the link; the receiver is behind a router", group: "224.0.0.200", ttl: [] },
    { cause: undefined, setUp: "TTL 16; the receiver is behind a router", group: GROUP, ttl: ["--ttl", "16"] },
  ])("doctor --to names $cause: $setUp", async ({ cause, setUp, group, ttl }) => {
    const { a, b } = net();
    await stage().sends(a, { group, port: 20_001 }, ttl);
    const consultation = await stage().doctor([`${group}:20001`, "--to", b.ipv4], a.host);
    expect(consultation.findings[0]?.cause, JSON.stringify(consultation, null, 1)).toBe(cause);
    if (cause !== undefined) record(setUp, consultation);
  });
});
