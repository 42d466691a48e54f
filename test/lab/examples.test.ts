// The examples that need a network of their own: several interfaces, or a port number that others listen on too.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { BACKENDS, type BackendName } from "../support/backends.js";
import { Avahi } from "../support/lab/avahi.js";
import type { Host, HostInterface } from "../support/lab/host.js";
import type { Program } from "../support/lab/program.js";
import { scenario } from "../support/lab/scenario.js";
import { cabled } from "../support/lab/topologies.js";
import { until } from "../support/lab/until.js";
import { hasCommand } from "../support/probe.js";
import { dualHomed } from "./support/networks.js";
import { sharedLab } from "./support/shared-lab.js";

const EXAMPLES = new URL("../../examples/", import.meta.url);
const SSDP_DEVICE = fileURLToPath(new URL("./programs/ssdp-device.ts", import.meta.url));
const FOUND_DEADLINE_MS = 10_000; // responders wait up to half a second before they answer, and probe before they announce

function play(host: Host, example: string, backend: BackendName): Program {
  const path = fileURLToPath(new URL(`dist/${example}/main.js`, EXAMPLES));
  return host.spawn(process.execPath, [path], { env: { GROUPCAST_BACKEND: backend } });
}

/** What an example says it prints. */
function expected(example: string): string[] {
  return readFileSync(new URL(`${example}/expected.txt`, EXAMPLES), "utf8")
    .trimEnd()
    .split("\n");
}

describe("09-multicast-over-loopback", () => {
  const net = sharedLab("native", cabled);

  test("09-multicast-over-loopback shows the leak of a plain socket, and none of a port", async () => {
    const { a } = net();
    const promise = "Under a route to loopback a port keeps to it, connected or not; a plain socket does not";
    const sent = "sendto, connect and send; write, connect and write";
    await scenario({ promise, keptBy: "native", sent, seenAt: ["a/lo", "a/eth0 (plain, connected)"], mustNotBeSeenAt: [] }, async () => {
      await a.host.loopback.addRoute("239.255.76.0/24");
      const program = play(a.host, "09-multicast-over-loopback", "native");
      expect(await program.exited()).toMatchObject({ code: 0 });
      expect(program.output).toEqual(expected("09-multicast-over-loopback").map((line) => line.replace("<interface>", "eth0")));
    });
  });

  test("09-multicast-over-loopback says what it needs, when it is not there", async () => {
    const { b } = net();
    const withoutRoute = play(b.host, "09-multicast-over-loopback", "native");
    await withoutRoute.text(/^There is no route to loopback/);
    const withoutArrivals = play(b.host, "09-multicast-over-loopback", "dgram");
    await withoutArrivals.text(/^The dgram backend cannot report/);
    for (const program of [withoutRoute, withoutArrivals]) expect(await program.exited()).toMatchObject({ code: 0 });
  });
});

const AVAHI = [hasCommand("avahi-daemon", "avahi-daemon"), hasCommand("avahi-browse", "avahi-utils"), hasCommand("dbus-daemon", "dbus")];

describe.each(BACKENDS)("multicast DNS on %s", (backend) => {
  const net = sharedLab(
    backend,
    async (lab) => {
      const ends = await cabled(lab);
      return { ...ends, avahi: await Avahi.start(ends.a) };
    },
    ...AVAHI,
  );

  test("10-mdns-browser finds what Avahi announces on another host, and sees it go", async () => {
    const { a, b, avahi } = net();
    const promise = "A browser finds a service of avahi-daemon on another host";
    const sent = "PTR question to 224.0.0.251:5353";
    await scenario({ promise, keptBy: backend, sent, seenAt: ["a (avahi-daemon)", "b (answer)"], mustNotBeSeenAt: [] }, async () => {
      const browser = play(b.host, "10-mdns-browser", backend);
      await browser.text(/^looking for/);
      const service = await avahi.publish({ name: "a name", type: "_groupcast._udp", port: 4711, texts: ["key=value"] });
      const found = await browser.text(/^found/, { deadlineMs: FOUND_DEADLINE_MS });
      await service.stop();
      const gone = await browser.text(/is gone$/, { deadlineMs: FOUND_DEADLINE_MS });
      expect(found).toContain(a.ipv4);
      const shown = found.replace(/a\.local/, "<host>").replace(/\(.*\)/, "(<addresses>)");
      expect(["looking for _groupcast._udp.local", shown, gone]).toEqual(expected("10-mdns-browser"));
      browser.signal("SIGINT");
      expect(await browser.exited()).toMatchObject({ code: 0 });
    });
  });

  test("11-mdns-responder is found by avahi-browse on another host, and seen to go", async () => {
    const { b, avahi } = net();
    const promise = "A responder is found by avahi-browse on another host";
    const sent = "answers to 224.0.0.251:5353";
    await scenario({ promise, keptBy: backend, sent, seenAt: ["a (avahi-browse)"], mustNotBeSeenAt: [] }, async () => {
      const browse = avahi.browse("_groupcast._udp");
      const responder = play(b.host, "11-mdns-responder", backend);
      expect([await responder.text(/^announcing/)]).toEqual(expected("11-mdns-responder").map((line) => line.replace("<port>", "9999")));
      const line = await browse.text(/^=;eth0;IPv4;Groupcast/, { deadlineMs: FOUND_DEADLINE_MS });
      expect(line.split(";").slice(4)).toEqual(["_groupcast._udp", "local", expect.any(String), b.ipv4, "9999", '"lesson=11"']);
      responder.signal("SIGINT");
      expect(await responder.exited()).toMatchObject({ code: 0 });
      await browse.text(/^-;eth0;IPv4;Groupcast/, { deadlineMs: FOUND_DEADLINE_MS });
      await browse.stop();
    });
  });

  test("10-mdns-browser shares 5353 with an avahi-daemon on its own host, and both hear the answers", async () => {
    const { a, b, avahi } = net();
    const promise = "5353 is shared with a running avahi-daemon";
    const sent = "an announcement from host b";
    await scenario({ promise, keptBy: backend, sent, seenAt: ["a (browser)", "a (avahi-daemon)"], mustNotBeSeenAt: [] }, async () => {
      const browse = avahi.browse("_groupcast._udp");
      const browser = play(a.host, "10-mdns-browser", backend);
      await browser.text(/^looking for/);
      const responder = play(b.host, "11-mdns-responder", backend);
      await browser.text(/^found "Groupcast example" at .*:9999/, { deadlineMs: FOUND_DEADLINE_MS });
      await browse.text(/^=;eth0;IPv4;Groupcast/, { deadlineMs: FOUND_DEADLINE_MS });
      for (const program of [responder, browser, browse]) await program.stop();
    });
  });
});

describe.each(BACKENDS)("SSDP on %s", (backend) => {
  const net = sharedLab(backend, cabled);

  test("32-ssdp-search finds the printer that node-ssdp announces on another host", async () => {
    const { a, b } = net();
    const row = {
      promise: "A search finds a device of node-ssdp on another host",
      keptBy: backend,
      sent: "M-SEARCH to 239.255.255.250:1900",
    };
    await scenario({ ...row, seenAt: ["a (node-ssdp)", "b (answers)"], mustNotBeSeenAt: [] }, async () => {
      const device = a.host.run(SSDP_DEVICE, [`http://${a.ipv4}:8080/printer.xml`]);
      await device.text(/^answering/);
      const search = play(b.host, "32-ssdp-search", backend);
      expect(await search.exited()).toMatchObject({ code: 0 });
      expect(search.output).toEqual(expected("32-ssdp-search"));
      await device.stop();
    });
  });
});

describe("39-forwarder", () => {
  const GROUP = "239.255.76.39";
  const PORT = 9999;
  const net = sharedLab("native", dualHomed, hasCommand("socat", "socat"));

  /** A member of the group that prints what it receives. */
  async function member({ host, name }: HostInterface): Promise<Program> {
    const program = host.spawn("socat", ["-d", "-d", "-u", `UDP4-RECV:${PORT},ip-add-membership=${GROUP}:${name}`, "STDOUT"]);
    await until(() => program.stderr.includes("starting data transfer loop"), { what: "socat listens" });
    return program;
  }

  /** Sends a line to the group. */
  async function say({ namespace, ipv4 }: HostInterface, text: string): Promise<void> {
    await namespace.exec("socat", ["-u", "-", `UDP4-DATAGRAM:${GROUP}:${PORT},ip-multicast-if=${ipv4}`], `${text}\n`);
  }

  test("39-forwarder passes on between two links what socat sends, and never back", async () => {
    const { host, a, b } = net();
    const row = { promise: "A forwarder passes a group on from link to link", keptBy: "native", sent: `socat to ${GROUP}` };
    await scenario({ ...row, seenAt: ["a", "b"], mustNotBeSeenAt: ["a (twice)", "b (twice)"] }, async () => {
      const [atA, atB] = [await member(a), await member(b)];
      const forwarder = play(host, "39-forwarder", "native");
      await forwarder.text(/^forwarding/);
      await say(b, "from b");
      await atA.text(/^from b$/);
      await say(a, "from a");
      await atB.text(/^from a$/);
      await say(b, "fence");
      for (const program of [atA, atB]) await program.text(/^fence$/);
      expect({ a: atA.output, b: atB.output }).toEqual({ a: ["from b", "from a", "fence"], b: ["from b", "from a", "fence"] }); // each its own, too
      forwarder.signal("SIGINT");
      expect(await forwarder.exited()).toMatchObject({ code: 0 });
      expect(forwarder.output).toEqual(expected("39-forwarder"));
      for (const program of [atA, atB]) await program.stop();
    });
  });
});
