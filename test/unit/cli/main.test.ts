import { MemoryNetwork } from "@groupcast/backend-memory";
import { main } from "@groupcast/cli";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../../architecture/source-files.js";
import { ChildProgram } from "../../support/child-program.js";
import { Exit, FakeHost, run, settle } from "../../support/cli/fake-host.js";

const PROGRAM = `${ROOT}packages/cli/dist/groupcast.js`;

function start(command: string): ChildProgram {
  const program = new ChildProgram("bash", ["-c", `set -o pipefail; ${command}`], { env: { PROGRAM, NODE: process.execPath } });
  onTestFinished(() => program[Symbol.asyncDispose]());
  return program;
}

test("main() prints the version", async () => {
  const { code, out } = await run(["--version"]);
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

test.each([
  [["sned"], 2, 'groupcast: there is no command "sned": did you mean "send"?\n'],
  [["help", "sned"], 2, 'groupcast: there is no command "sned": did you mean "send"?\n'],
  [["send"], 2, /^groupcast: DESTINATION:PORT is missing/],
  [["send", "239.1.2.3"], 2, /the port is missing: write 239\.1\.2\.3:5000/],
  [["record", "239.1.2.3:5000"], 2, "groupcast: FILE is missing: write groupcast record field.pcapng 239.1.2.3:5000\n"],
  [["record", "239.1.2.3", "239.1.2.4", "5000"], 2, /^groupcast: FILE is missing: /],
  [["record", "field.pcapng"], 2, /^groupcast: nothing to record: add GROUP/],
  [
    ["doctor", "198.51.100.1"],
    2,
    'groupcast doctor: address "198.51.100.1" is not allowed; expected a group, or an address of this host\n',
  ],
  [["listen", "198.51.100.1:5000"], 3, /^groupcast listen: address "198\.51\.100\.1", port 5000: address not available/],
  [["\x1b[2J"], 2, /^groupcast: there is no command "\\\\u001b\[2J"/],
] as const)("main(%j) ends with %d and says what to type", async (words, expected, message) => {
  const { code, out, err } = await run(words);
  expect({ code, out }).toEqual({ code: expected, out: "" });
  expect(err).toMatch(message);
});

test("main() ends with 3 and one line where the system refuses", async () => {
  const { code, err } = await run(["send", "239.1.2.3:5000", "--file", "/no/such/file"]);
  expect(code).toBe(3);
  expect(err).toMatch(/^groupcast send: ENOENT: .*\n$/);
});

test("main() sums up at the first Ctrl-C and leaves no listener behind", async () => {
  const network = new MemoryNetwork();
  const host = new FakeHost({ on: [network, "a"] });
  const ended = main(["send", "239.1.2.3:5000", "--rate", "100", "--json"], host);
  await network.clock.advance(1000);
  host.interrupt();
  expect(await settle(network.clock, ended)).toBe(0);
  expect(host.records).toEqual([expect.objectContaining({ type: "sent", sent: 101 })]);
  expect(host.listeners).toBe(0);
});

test("main() ends the process at the second Ctrl-C", async () => {
  const network = new MemoryNetwork();
  const host = new FakeHost({ on: [network, "a"] });
  const ended = main(["send", "239.1.2.3:5000", "--rate", "1"], host);
  host.interrupt();
  expect(() => host.interrupt()).toThrow(new Exit(130));
  await settle(network.clock, ended);
});

test.each([
  [{ columns: 80 }, true],
  [{ columns: 80, env: { NO_COLOR: "1" } }, false],
  [{ columns: 80, env: { NO_COLOR: "" } }, true],
  [{ columns: 80, env: { TERM: "dumb" } }, false],
  [{}, false],
  [{ env: { FORCE_COLOR: "1" } }, true],
  [{ env: { FORCE_COLOR: "1", NO_COLOR: "1" } }, false],
])("main() on %j colours its output: %s", async (options, isColored) => {
  const host = new FakeHost({ ...options, on: [new MemoryNetwork(), "a"] });
  expect(await colors(host, [])).toBe(isColored);
  expect(await colors(host, ["--color", "always"])).toBe(true);
  expect(await colors(host, ["--color", "never"])).toBe(false);
});

/** Whether a listener that gets one datagram colours the line about it. */
async function colors(like: FakeHost, words: readonly string[]): Promise<boolean> {
  const network = new MemoryNetwork();
  const host = new FakeHost({
    env: like.env as Record<string, string>,
    on: [network, "a"],
    ...(like.stdout.columns && { columns: like.stdout.columns }),
  });
  const ended = main(["listen", "239.1.2.3:5000", "--count", "1", ...words], host);
  await settle(network.clock, main(["send", "239.1.2.3:5000", "x"], new FakeHost({ on: [network, "b"] })));
  await settle(network.clock, ended);
  return host.stdout.text.includes("\x1b[");
}

test("main() ends well when nobody reads its output", async () => {
  const program = start('"$NODE" "$PROGRAM" send 127.0.0.1:9 --count 3 --json | head -c 0; echo "codes $PIPESTATUS"');
  const { stdout, stderr } = await program.ended;
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^codes [01]\n$/); // 1: the answer that nobody listens on port 9 was seen
});

test.each([
  ["--help | true", "", 0],
  ["listen --help | true", "", 0],
  ["--help > /dev/full", "groupcast: cannot write the output: ENOSPC: no space left on device, write\n", 3],
  ["interfaces > /dev/full", "groupcast: cannot write the output: ENOSPC: no space left on device, write\n", 3],
  ["sned 2> /dev/full", "", 2],
  ["interfaces 2> /dev/full > /dev/null", "", 0],
  ["sned 2>&-", "", 2],
] as const)("main() says in one line, or not at all, that %s cannot be written", async (words, says, code) => {
  const program = start(`"$NODE" "$PROGRAM" ${words}; echo "code ${words.includes("|") ? "$PIPESTATUS" : "$?"}"`);
  const { stdout, stderr } = await program.ended;
  expect({ stdout, stderr }).toEqual({ stdout: `code ${code}\n`, stderr: says });
});

test.each([
  ["doctor 192.0.2.99:5000", /^groupcast doctor: .*address "192\.0\.2\.99" is not allowed/],
  ["doctor 239.1.2.3:5000 --to ::1", /^groupcast doctor: .*to "::1" is not allowed/],
  ["listen 239.1.2.3:5000 --source ff02::1", /^groupcast listen: .*source "ff02::1" is an IPv6 address/],
  ["listen 239.1.2.3:5000 --buffer 99999999999999", /^groupcast listen: .*receiveBufferBytes/],
] as const)("main(%j) ends with 2, as any wrong command line, where a library finds it out", async (line, message) => {
  const { code, out, err } = await run(line.split(" "), { on: [new MemoryNetwork(), "a"] });
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(message);
});

test("main() ends with a summary when a process gets SIGINT", async () => {
  const program = new ChildProgram(process.execPath, [PROGRAM, "listen", "27811"]);
  onTestFinished(() => program[Symbol.asyncDispose]());
  const sender = start('"$NODE" "$PROGRAM" send 127.0.0.1:27811 hello --rate 20');
  await program.line(/hello/);
  const { exitCode, signal, stdout } = await program.stop("SIGINT");
  await sender.stop("SIGTERM");
  expect({ exitCode, signal }).toEqual({ exitCode: 0, signal: null });
  expect(stdout).toMatch(/^\d+ datagrams? \(\d+ bytes\) in /m);
});
