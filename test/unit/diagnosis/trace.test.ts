// The trace of dropped packets: what it asks the kernel for, and what it makes of its answer. A real trace is in test/lab/doctor.test.ts.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { DropTrace, dropsOf, filterOf } from "../../../packages/diagnosis/src/trace/drop-trace.js";

const FORMAT =
  'print fmt: "reason: %s", __print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, { 12, "NETFILTER_DROP" }, { 16, "IP_RPFILTER" })\n';

test("filterOf() takes the numbers of its reasons from the format of this kernel", () => {
  expect(filterOf(FORMAT, 4)).toBe("protocol == 2048 && (reason == 12 || reason == 16)");
  expect(filterOf(FORMAT, 6)).toBe("protocol == 34525 && (reason == 12 || reason == 16)");
});

test("filterOf() refuses a format that names none of its reasons", () => {
  expect(() => filterOf('{ 2, "NOT_SPECIFIED" }', 4)).toThrow("it names none of the reasons that are looked for");
});

test("dropsOf() counts by reason and place, the most frequent first, and leaves out what is no event", () => {
  const line = (place: string, reason: string) =>
    `   ksoftirqd/0-15  [000] ..s1. 1.5: kfree_skb: skbaddr=00000000 rx_sk=0 protocol=2048 location=${place}+0x1c/0x40 reason: ${reason}\n`;
  const rp = line("ip_rcv_finish_core.isra.0", "IP_RPFILTER");
  const text = `# tracer: nop\n#\n${line("nf_hook_slow", "NETFILTER_DROP")}${rp}${rp}CPU:0 [LOST 3 EVENTS]\n`;
  expect(dropsOf(text)).toEqual([
    { reason: "IP_RPFILTER", place: "ip_rcv_finish_core.isra.0", count: 2 },
    { reason: "NETFILTER_DROP", place: "nf_hook_slow", count: 1 },
  ]);
});

test("DropTrace.start() answers with a reason where there is no tracefs, and leaves nothing behind where it is not one", () => {
  const folder = mkdtempSync(join(tmpdir(), "groupcast-tracefs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(DropTrace.start(4, folder)).toMatchObject({ reason: "it does not exist", remedy: expect.stringContaining("mount -t tracefs") });
  mkdirSync(join(folder, "events/skb/kfree_skb"), { recursive: true });
  mkdirSync(join(folder, "instances"));
  writeFileSync(join(folder, "events/skb/kfree_skb/format"), FORMAT);
  expect(DropTrace.start(4, folder)).toMatchObject({ reason: expect.stringContaining("ENOENT"), remedy: expect.any(String) });
  expect(readdirSync(join(folder, "instances"))).toEqual([]);
});
