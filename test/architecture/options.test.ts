import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { OPTION_NAMES } from "@groupcast/backend";
import { MemoryNetwork } from "@groupcast/backend-memory";
import { expect, test } from "vitest";
import { Stage } from "../unit/reactor/stage.js";
import { ROOT, sourceFiles } from "./source-files.js";

const NATIVE = "packages/backend-native/src/addon/socket_options.cc";
const sources = sourceFiles("packages", ".ts").filter(({ path }) => path.includes("/src/") && !path.endsWith("option-table.ts"));
const native = sourceFiles("packages/backend-native/src/addon", ".cc").find(({ path }) => path === NATIVE)!.text;

test("docs/options.md is what the option table makes", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/option-page.mjs", "--check"], { cwd: ROOT, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.each(OPTION_NAMES)("%s is used by the reactor or served by a backend", (name) => {
  const users = sources.filter(({ text }) => new RegExp(`\\b${name}\\b`).test(text));
  expect(users, `nothing knows ${name}: delete its row of the option table, or serve it`).not.toEqual([]);
});

test.each(OPTION_NAMES.filter((name) => name !== "unreadDrops"))("%s has a row in the native backend", (name) => {
  expect(native, `add a row for ${name} to ${NATIVE}`).toContain(`"${name}"`);
});

const { capabilities } = new MemoryNetwork().host("host");
const memory = sources.filter(({ path }) => path.startsWith("packages/backend-memory/") && !path.endsWith("/socket-options.ts"));

test.each(OPTION_NAMES.filter((name) => capabilities.has(`set ${name}`)))(
  "%s is claimed by the network in memory, and modelled by it",
  (name) => {
    const users = memory.filter(({ text }) => new RegExp(`\\b${name}\\b`).test(text));
    expect(users, `nothing of packages/backend-memory reads ${name}: model it, or do not claim it`).not.toEqual([]);
  },
);

/** What sets or reads options, as the page names it → a call that does so. */
const CALLS: Readonly<Record<string, (stage: Stage) => void>> = {
  "every port, by itself": (stage) => void stage.listen(),
  "`reuseAddress`": (stage) => void stage.listen({ reuseAddress: true }),
  "`listenMultiple`": (stage) => void stage.listenMulticast({ listenMultiple: true }),
  "`reusePort`": (stage) => void stage.listen({ reusePort: true }),
  "`ipv6Only`": (stage) => void stage.listen({ interface: "::", ipv6Only: true }),
  "`bindToInterface`": (stage) => void stage.listen({ bindToInterface: "eth0" }),
  "`setBindToInterface()`": (stage) => stage.listen().port.setBindToInterface("eth0"),
  "`receiveBufferBytes`": (stage) => void stage.listen({ receiveBufferBytes: 10_000 }),
  "`setReceiveBufferBytes()`": (stage) => void stage.listen().port.setReceiveBufferBytes(10_000),
  "`sendBufferBytes`": (stage) => void stage.listen({ sendBufferBytes: 10_000 }),
  "`setSendBufferBytes()`": (stage) => void stage.listen().port.setSendBufferBytes(10_000),
  "`setBroadcastAllowed()`": (stage) => stage.listen().port.setBroadcastAllowed(true),
  "`unicastTTL`": (stage) => void stage.listen({ unicastTTL: 2 }),
  "`setUnicastTTL()`": (stage) => stage.listen().port.setUnicastTTL(2),
  "`trafficClass`": (stage) => void stage.listen({ trafficClass: 8 }),
  "`setTrafficClass()`": (stage) => stage.listen().port.setTrafficClass(8),
  "`ttl`": (stage) => void stage.listenMulticast({ ttl: 2 }),
  "`setTTL()`": (stage) => stage.listen().port.setTTL(2),
  "`loopback`": (stage) => void stage.listenMulticast({ loopback: false }),
  "`setLoopbackMode()`": (stage) => stage.listen().port.setLoopbackMode(false),
  "`multicastOnly`": (stage) => void stage.listenMulticast({ multicastOnly: true }),
  "`busyPollUs`": (stage) => void stage.listen({ busyPollUs: 50 }),
  "`arrival`": (stage) => void stage.listen({ arrival: true }),
  "`statistics()`": (stage) => void stage.listen().port.statistics(),
};

/** Option → what sets or reads it, as the page says. */
const pageRows = new Map(
  [...readFileSync(`${ROOT}docs/options.md`, "utf8").matchAll(/^\| `(\w+)` \| ([^|]*) \| [^|]* \| [^|]* \| [^|]* \| /gm)].map((match) => [
    match[1]!,
    match[2]!,
  ]),
);

/** Names of the options that a call sets; of those that it reads, too, if it is no opening. */
function touchedBy(call: (stage: Stage) => void): Set<string> {
  const stage = new Stage();
  call(stage);
  return new Set(stage.backend.calls.flatMap((name) => /^(?:set|get) (\w+)$/.exec(name)?.[1] ?? []));
}

test("docs/options.md says of every option what sets or reads it", () => {
  expect([...pageRows.keys()]).toEqual([...OPTION_NAMES]);
  const named = [...pageRows.values()].flatMap((text) => text.split(", `").map(quoted));
  expect([...new Set(named)].sort()).toEqual(Object.keys(CALLS).sort());
});

test.each(OPTION_NAMES)("%s is set or read by what docs/options.md names, and by nothing else", (name) => {
  const byItself = touchedBy(CALLS["every port, by itself"]!).has(name);
  const found = Object.entries(CALLS).filter(([phrase, call]) => touchedBy(call).has(name) && (!byItself || phrase.startsWith("every")));
  const said = pageRows.get(name)!;
  expect(found.map(([phrase]) => phrase)).toEqual(said.split(", `").map(quoted));
});

/** Gives a piece back the quotation mark that the list was split at. */
function quoted(piece: string, index: number): string {
  return index === 0 ? piece : `\`${piece}`;
}
