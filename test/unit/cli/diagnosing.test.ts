// The text of `groupcast doctor` and `groupcast interfaces`: on every width of a terminal, and with hostile names.
import type { Diagnosis, InterfaceReport } from "@groupcast/diagnosis";
import { expect, test } from "vitest";
import { Output } from "../../../packages/cli/src/command/output.js";
import { diagnosisText, hasCause } from "../../../packages/cli/src/diagnosing/diagnosis-text.js";
import { fitted } from "../../../packages/cli/src/diagnosing/fitted.js";
import { interfaceText } from "../../../packages/cli/src/diagnosing/interface-text.js";

function terminal(columns: number): Output {
  const out = { write: () => true, isTTY: true, columns };
  return new Output({ out, err: out, json: false, colors: false });
}

const UNCHECKED = { reason: "no port was given", remedy: "name the port" };
const DIAGNOSIS: Diagnosis = {
  address: "ff15::1234:5678:9abc:def0",
  port: 5000,
  interface: "a-name-of-15-ch",
  interfaceReason: "the route to the group leads there",
  findings: [
    {
      cause: "rp-filter",
      title: "the reverse path filter drops it",
      likelihood: "certain",
      explanation: "The reverse path filter drops 5 packets.",
      evidence: [{ source: "/proc/self/net/netstat", fact: "IPReversePathFilter", value: 15, before: 10 }],
      fixes: [{ kind: "command", text: "sysctl -w net.ipv4.conf.a-name-of-15-ch.rp_filter=2" }],
    },
  ],
  cleared: [{ cause: "firewall", title: "a firewall drops it" }],
  unchecked: [
    { cause: "not-joined", title: "the program has not joined", ...UNCHECKED },
    { cause: "receive-buffer", title: "the receive buffer overflows", ...UNCHECKED },
    { cause: "no-route", title: "no route leads there", reason: "\x1b[2J: hostile" },
  ],
  arrivals: [{ source: "fe80::1234:5678:9abc:def0", interface: "a-name-of-15-ch", count: 1, ttl: 1, isThisHost: true }],
  querier: { mldQueries: 0, igmpVersion: "V3" },
  drops: { value: [{ reason: "IP_RPFILTER", place: "ip_rcv_finish_core", count: 5 }] },
  durationMs: 3012,
};

const REPORT: InterfaceReport = {
  interfaces: [
    {
      interface: {
        name: "a-name-of-15-ch",
        index: 2,
        addresses: [{ address: "fe80::1234:5678:9abc:def0", family: 6, prefixLength: 64 }],
        mtu: 1500,
        mac: "02:00:00:00:00:01",
        flags: { up: true, running: true, loopback: false, multicast: true, broadcast: true, pointToPoint: true },
      },
      kind: "wifi",
      operstate: "dormant",
      routes: [{ destination: "ff00::/8", interface: "a-name-of-15-ch", metric: 256 }],
      groups: [
        { group: "ff02::1:ff00:2", users: 1, isKernels: true, possibleMembers: [] },
        {
          group: "239.1.2.3",
          users: 2,
          igmpVersion: "V3",
          isKernels: false,
          possibleMembers: Array.from({ length: 9 }, (_, n) => ({ pid: n || undefined, name: "x\x1b[31m", uid: 1000, port: 5000 })),
        },
        { group: "239.1.2.4", users: 1, isKernels: false, possibleMembers: [] },
      ],
    },
  ],
  defaults: [{ family: 4, interface: undefined, source: undefined, reason: "no route leads to groups" }],
  unread: [{ path: "/proc/self/net/igmp6", reason: "it does not exist" }],
  hiddenProcesses: 3,
};

test.each([20, 21, 40, 80, 200])("text fits %i columns, and no control character is in it", (columns) => {
  const lines = [...diagnosisText(DIAGNOSIS, terminal(columns)), ...interfaceText(REPORT, terminal(columns))];
  const command = `   run: ${DIAGNOSIS.findings[0]!.fixes[0]!.text}`; // stays whole, so that it can be copied
  expect(lines).toContain(command);
  expect(lines.filter((line) => line.length > columns && line !== command)).toEqual([]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(lines.filter((line) => /[\x00-\x1f\x7f]/.test(line))).toEqual([]);
});

test("diagnosisText() shows a counter's two readings with its file, the fix, and causes that lack the same thing in one line", () => {
  const text = diagnosisText(DIAGNOSIS, terminal(200)).join("\n");
  expect(text).toContain("1. certain: the reverse path filter drops it");
  expect(text).toContain("seen: IPReversePathFilter: 10 → 15 (/proc/self/net/netstat)");
  expect(text).toContain("run: sysctl -w net.ipv4.conf.a-name-of-15-ch.rp_filter=2");
  expect(text).toContain(
    "- whether the program has not joined; whether the receive buffer overflows: no port was given. To check it: name the port.",
  );
  expect(text).toContain("- 5 packets: IP_RPFILTER, by ip_rcv_finish_core");
  expect(text).toContain("1 datagram arrived from fe80::1234:5678:9abc:def0 (this host) by a-name-of-15-ch, TTL 1.");
});

test("diagnosisText() says of causes that are merely possible that none was found, and shows them behind that", () => {
  const findings = [{ ...DIAGNOSIS.findings[0]!, likelihood: "possible" as const }];
  const text = diagnosisText({ ...DIAGNOSIS, findings, arrivals: [] }, terminal(2000)).join("\n");
  expect(text).toMatch(/^No cause was found on this host[\s\S]*^1\. possible: the reverse path filter drops it$/m);
  expect(diagnosisText(DIAGNOSIS, terminal(2000)).join("\n")).not.toContain("No cause was found");
});

test.each([
  ["certain", true],
  ["likely", true],
  ["possible", false],
] as const)("hasCause() takes a %s cause for one: %s", (likelihood, isCause) => {
  expect(hasCause({ ...DIAGNOSIS, findings: [{ ...DIAGNOSIS.findings[0]!, likelihood }] })).toBe(isCause);
  expect(hasCause({ ...DIAGNOSIS, findings: [] })).toBe(false);
});

test("interfaceText() names five possible members, counts the others, and says what is not known", () => {
  const text = interfaceText(REPORT, terminal(400)).join("\n");
  expect(text).toContain("perhaps a program of user 1000 on port 5000, x\\x1b[31m (pid 1) on port 5000");
  expect(text).toContain("and 4 more");
  expect(text).toContain("Linux does not say which socket has joined a group.");
  expect(text).toContain("Not read: /proc/self/net/igmp6: it does not exist.");
  expect(text).toContain("3 processes are hidden from this user: run it as root.");
});

test("fitted() cuts a word that is longer than a line, and loses nothing", () => {
  const lines = fitted(`a ${"x".repeat(50)} b`, 20, "  ");
  expect(
    lines
      .map((line) => line.trim())
      .join("")
      .replaceAll(" ", ""),
  ).toBe(`a${"x".repeat(50)}b`);
  expect(lines.every((line) => line.length <= 20 && line.startsWith("  "))).toBe(true);
});
