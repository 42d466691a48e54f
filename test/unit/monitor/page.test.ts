import { systemClock } from "@groupcast/base";
import { Monitor, type MonitorServer, type Readings, serveMonitor } from "@groupcast/monitor";
import { expect, onTestFinished, type TestContext, test } from "vitest";
import { Browser } from "../../support/browser.js";
import { hasCommand, skipUnless } from "../../support/probe.js";
import { FakeSource, listenedSample, portSample } from "./fake-source.js";

const HOSTILE = `<img src=x onerror="globalThis.pwned=1">'"&amp;</script><script>globalThis.pwned=1</script>\u202e\n`;
const SCREENS = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
const IS_LIVE = "document.getElementById('status').dataset.state === 'live'";
const HAS_CURVES = "document.querySelectorAll('canvas').length === 2";

/** Number of pixels of a chart that have the colour of its first curve. */
const PIXELS = (chart: string): string => `(() => {
  const canvas = document.querySelector("#${chart} canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const wanted = getComputedStyle(document.documentElement).getPropertyValue("--c0").trim().slice(1);
  const [r, g, b] = [0, 2, 4].map((at) => Number.parseInt(wanted.slice(at, at + 2), 16));
  let count = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] === r && data[at + 1] === g && data[at + 2] === b && data[at + 3] === 255) count++;
  return count;
})()`;

interface Shown {
  readonly browser: Browser;
  readonly server: MonitorServer;
  readonly source: FakeSource;
}

async function show(context: TestContext, readings: Readings): Promise<Shown> {
  await skipUnless(context, hasCommand("chromium", "chromium"));
  const source = new FakeSource();
  source.readings = readings;
  const monitor = new Monitor({ title: HOSTILE, sources: [source], clock: systemClock, intervalMs: 100 });
  const server = await serveMonitor(monitor);
  const browser = await Browser.start();
  onTestFinished(async () => {
    await browser[Symbol.asyncDispose]();
    await server.close();
  });
  return { browser, server, source };
}

function hostileReadings(round: number): Readings {
  const rates = { receivedPerSecond: 5, receivedBytesPerSecond: 500, multicastPerSecond: 1, sentPerSecond: 2, sentBytesPerSecond: 9 };
  return {
    totals: { receivedPerSecond: 100 + 50 * (round % 3), sentPerSecond: 10, lostPerSecond: round % 2 },
    ports: [portSample({ program: HOSTILE, pid: 7, groups: ["239.1.2.3"], groupCount: 1, isMember: true, drops: round })],
    listened: [listenedSample({ id: HOSTILE, perSecond: 40, lost: round })],
    groups: [{ group: "239.1.2.3", interface: HOSTILE, users: 1 }],
    interfaces: [{ name: HOSTILE, isUp: true, addresses: [HOSTILE], ...rates, errors: 0, drops: 0, dropsPerSecond: 0 }],
    nodes: [{ session: "1", name: HOSTILE, publishes: [HOSTILE], subscribes: ["pose"], channelCount: 2, isOwn: false }],
    relays: [{ id: HOSTILE, name: HOSTILE }],
    limits: [HOSTILE],
  };
}

test("the page draws curves, map, events and tables, asks nobody else, and takes hostile names as text", async (context) => {
  const { browser, server, source } = await show(context, hostileReadings(0));
  await browser.open(server.url);
  await browser.until(`${IS_LIVE} && ${HAS_CURVES}`);
  for (let round = 1; round < 6; round++) {
    source.readings = hostileReadings(round);
    await browser.until(`document.querySelector("#tables td:nth-child(5)").textContent === "${round}"`);
  }
  expect(await browser.evaluate(PIXELS("rate-chart"))).toBeGreaterThan(100);
  expect(await browser.evaluate(PIXELS("loss-chart"))).toBeGreaterThan(100);
  const shown = JSON.stringify(HOSTILE);
  const title = HOSTILE.replace("\n", "");
  expect(await browser.evaluate("document.getElementById('title').textContent")).toBe(HOSTILE);
  expect(await browser.evaluate("document.title")).toContain(title.slice(0, 20));
  for (const place of ["#map title", "#tables td", "#events span", "#rate-legend span", "#limits p"]) {
    const has = `[...document.querySelectorAll("${place}")].some(({ textContent }) => textContent.includes(${shown}))`;
    expect([place, await browser.evaluate(has)]).toEqual([place, true]);
  }
  expect(await browser.evaluate("document.querySelectorAll('main script, main img, [onerror]').length")).toBe(0);
  expect(await browser.evaluate("globalThis.pwned")).toBeUndefined();
  expect(await browser.evaluate("document.querySelectorAll('#map .edge').length")).toBe(3);
  expect(await browser.evaluate("document.querySelectorAll('#events li[data-tone=bad]').length > 0")).toBe(true);
  expect(browser.complaints).toEqual([]);
  expect(new Set(browser.requests.map((url) => new URL(url).origin))).toEqual(new Set([new URL(server.url).origin]));
});

test("the page fits a phone and a desk, in light and in dark", async (context) => {
  const { browser, server } = await show(context, hostileReadings(1));
  const backgrounds = new Set<unknown>();
  for (const screen of Object.values(SCREENS)) {
    for (const scheme of ["light", "dark"] as const) {
      await browser.resize(screen);
      await browser.prefer(scheme);
      await browser.open(server.url);
      await browser.until(`${IS_LIVE} && ${HAS_CURVES} && ${PIXELS("rate-chart")} > 0`);
      expect([screen, await browser.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")]).toEqual([
        screen,
        true,
      ]);
      expect(
        await browser.evaluate(
          "document.querySelector('#rate-chart canvas').clientWidth <= document.querySelector('#rate-chart').clientWidth",
        ),
      ).toBe(true);
      backgrounds.add(await browser.evaluate("getComputedStyle(document.body).backgroundColor"));
    }
  }
  expect(backgrounds.size).toBe(2);
  await browser.prefer("light");
  await browser.until(`${PIXELS("rate-chart")} > 0`); // the curves follow without another load
  expect(browser.complaints).toEqual([]);
});

test("the page shows 50 rows of a thousand, counts the rest, and says when the monitor has ended", async (context) => {
  const ports = Array.from({ length: 1000 }, (_, index) => portSample({ id: `p${index}`, port: index + 1 }));
  const { browser, server, source } = await show(context, { ports });
  await browser.open(server.url);
  await browser.until(`${IS_LIVE} && document.querySelectorAll("#tables tbody tr").length === 50`);
  expect(
    await browser.evaluate(
      "[...document.querySelectorAll('.more')].filter(({ hidden }) => !hidden).map(({ textContent }) => textContent).join()",
    ),
  ).toBe("and 950 more");
  source.readings = { ports: ports.slice(0, 3) };
  await browser.until(`document.querySelectorAll("#tables tbody tr").length === 3`);
  await server.close();
  await browser.until("document.getElementById('status').dataset.state === 'lost'");
});
