// The examples that ask others, each with a foreign server, over a good line and over a bad one.
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { runCommand } from "../support/lab/command.js";
import { until } from "../support/lab/until.js";
import { hasCommand, skipUnless } from "../support/probe.js";
import { unusedPort } from "../support/unused-port.js";
import { ForeignServer } from "./foreign-server.js";
import { LossyRelay } from "./lossy-relay.js";
import { play, wellEnded, withPlaceholders } from "./played.js";

const HOST = "127.0.0.1";
/** What a stranger answers who has not seen the question: the wrong identifier, or the wrong mark, and something else to tell. */
const otherAddress = (answer: Buffer): Buffer => changed(answer, 1, answer.length - 1);
const otherStratum = (answer: Buffer): Buffer => changed(answer, 1, 24);

const CLOCK_STEP_MS = 1; // Date.now()

describe.each(BACKENDS)("on %s", { concurrent: true }, (backend) => {
  beforeEach((context) => skipUnless(context, canLoad(backend)));

  test("30-dns-client is answered by dnsmasq, also when the first question gets lost and a stranger answers, too", async (context) => {
    await skipUnless(context, hasCommand("dnsmasq", "dnsmasq-base"));
    await using server = await dnsmasq();
    await using relay = await LossyRelay.open(server.port, { isLost: (count) => count === 1, forge: otherAddress });
    await using known = play("30-dns-client", backend, "printer.test", HOST, server.port);
    await using unknown = play("30-dns-client", backend, "fax.test", HOST, server.port);
    await using again = play("30-dns-client", backend, "printer.test", HOST, relay.port);
    expect(await known.ended).toEqual(wellEnded("30-dns-client"));
    expect(await unknown.ended).toEqual(wellEnded("30-dns-client", undefined, "expected-unknown.txt"));
    expect(await again.ended).toEqual(wellEnded("30-dns-client"));
    expect(relay.lost).toBe(1);
  });

  test("30-dns-client says that nobody answers, when nobody listens", async () => {
    await using client = play("30-dns-client", backend, "printer.test", HOST, await unusedPort());
    expect(await client.ended).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining("ERR_NO_ANSWER") });
  });

  test("31-sntp-client and chronyd agree about the time of one clock, also when the first question gets lost and a stranger answers, too", async (context) => {
    await skipUnless(context, hasCommand("chronyd", "chrony"));
    await using server = await chronyd();
    await using relay = await LossyRelay.open(server.port, { isLost: (count) => count === 1, forge: otherStratum });
    for (const port of [server.port, relay.port]) {
      await using client = play("31-sntp-client", backend, HOST, port);
      const ending = await client.ended;
      const placeholders = { offset: /(?<=is )[\d.]+/g, direction: /ahead|behind/g, "round trip": /(?<=trip )-?[\d.]+/g };
      expect(withPlaceholders(ending, placeholders)).toEqual(wellEnded("31-sntp-client"));
      const [, offsetMs, roundTripMs] = ending.stdout.match(/ is ([\d.]+) ms .* trip (-?[\d.]+) ms/)!.map(Number);
      expect(offsetMs).toBeLessThanOrEqual(roundTripMs! / 2 + CLOCK_STEP_MS); // there is one clock, so the way alone explains the offset
    }
    expect(relay.lost).toBe(1);
  });

  // The second one fills its blocks, so an empty one ends it
  test.for([1300, 1024])("36-tftp-download gets %d bytes of atftpd over a bad line", async (length, context) => {
    await skipUnless(context, hasCommand("atftpd", "atftpd"));
    await using server = await atftpd();
    const content = randomBytes(length);
    writeFileSync(join(server.directory, "boot.img"), content);
    await using relay = await LossyRelay.open(server.port, { isLost: (count) => count === 1 || count === 4 });
    const file = join(server.directory, "saved.img");
    await using client = play("36-tftp-download", backend, "boot.img", HOST, relay.port, file);
    const shown = withPlaceholders(await client.ended, { bytes: new RegExp(`\\b${length}\\b`, "g"), file: new RegExp(file, "g") });
    expect(shown).toEqual(wellEnded("36-tftp-download"));
    expect(readFileSync(file)).toEqual(content);
    const lastAcknowledgement = Buffer.from([0, 4, 0, Math.floor(length / 512) + 1]);
    await until(() => relay.questions.at(-1)!.equals(lastAcknowledgement), { what: "the last block is acknowledged" });
    expect(relay.lost).toBe(2);
  });

  test("36-tftp-download shows why atftpd refuses", async (context) => {
    await skipUnless(context, hasCommand("atftpd", "atftpd"));
    await using server = await atftpd();
    await using client = play("36-tftp-download", backend, "missing.img", HOST, server.port);
    expect(await client.ended).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining("File not found") });
  });
});

function changed(answer: Buffer, ...places: readonly number[]): Buffer {
  const forgery = Buffer.from(answer);
  for (const place of places) forgery[place]! ^= 0xff;
  return forgery;
}

function dnsmasq(): Promise<ForeignServer> {
  const records = ["--address=/printer.test/192.0.2.7", "--address=/printer.test/2001:db8::7", "--local=/test/"];
  return ForeignServer.start("dnsmasq", ({ port }) => [
    ...["--no-daemon", "--conf-file=/dev/null", "--no-hosts", "--no-resolv"],
    ...[`--port=${port}`, `--listen-address=${HOST}`, "--bind-interfaces", ...records],
  ]);
}

/** Serves the time of this host, and does not set it (`-x`). */
function chronyd(): Promise<ForeignServer> {
  return ForeignServer.start("chronyd", ({ port, directory }) => [
    ...["-d", "-U", "-x", "-u", userInfo().username],
    ...[`port ${port}`, `bindaddress ${HOST}`, `allow ${HOST}`, "local stratum 10"],
    ...["cmdport 0", `pidfile ${directory}/pid`, `bindcmdaddress ${directory}/socket`],
  ]);
}

async function atftpd(): Promise<ForeignServer> {
  const group = (await runCommand("id", ["-gn"])).trim(); // it insists on changing to a user and a group: those that it has
  return ForeignServer.start("atftpd", ({ port, directory }) => [
    ...["--daemon", "--no-fork", "--logfile", "-", "--user", userInfo().username, "--group", group],
    ...["--bind-address", HOST, "--port", String(port), directory],
  ]);
}
