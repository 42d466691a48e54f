// The site that `npm run docs` builds, as readers find it.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT, sourceFiles } from "../architecture/source-files.js";
import { Browser } from "../support/browser.js";
import { hasCommand, skipUnless } from "../support/probe.js";
import { deadLinks, fileOfSite, requireForSite, SITE, siteServer } from "./built-site.js";
import { QUESTIONS } from "./questions.js";
import { siteSearch } from "./site-search.js";

const BUILD_LIMIT_MS = 900_000; // one and a half minutes on an idle machine, when something has changed
const BROWSER_LIMIT_MS = 180_000;
const DESK = { width: 1366, height: 900 };
const PHONE = { width: 390, height: 844 };
const NETWORK = "network.html";
const PAGES = [
  "index.html",
  NETWORK,
  "first-datagram.html",
  "multicast.html",
  "errors.html",
  "benchmarks.html",
  "reference/groupcast/classes/Reactor.html",
];
const GUIDE = "multicast.html";
const SCRIPT_LIMIT_BYTES = 150_000; // of a guide, compressed as hosts of pages do it
const SITE_LIMIT_BYTES = 60_000_000;
const ACCESSIBILITY_RULES = [
  "color-contrast",
  "document-title",
  "html-has-lang",
  "image-alt",
  "landmark-main-is-top-level",
  "landmark-no-duplicate-main",
  "landmark-one-main",
  "landmark-unique",
  "link-name",
  "region",
  "scrollable-region-focusable",
];

interface AxeResult {
  readonly violations: readonly string[];
  readonly passes: number;
}

/** Runs in the page: what is wrong, with the first elements that are. */
const shortened = `({ violations, passes }) => ({
  violations: violations.map(({ id, nodes }) => id + " " + nodes.slice(0, 3).map(({ html }) => html).join(" ")),
  passes: passes.length,
})`;

/** Opens a page, and waits for its heading: the network's is drawn in the browser. */
async function open(browser: Browser, page: string): Promise<void> {
  await browser.open(urlOf(page));
  await browser.until("(document.querySelector('h1')?.textContent ?? '') !== ''");
}

/** Presses a button of the page. */
const press = (label: string): string =>
  `[...document.querySelectorAll("button")].find(({ textContent }) => textContent === ${JSON.stringify(label)}).click()`;

/** Whether there is a button with that label. */
const labelled = (label: string): string =>
  `[...document.querySelectorAll("button")].some(({ textContent }) => textContent === ${JSON.stringify(label)})`;

const server = siteServer();
const urlOf = (page: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${page}`;
const hasBrowser = hasCommand("chromium", "chromium");

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/site.mjs"], { cwd: ROOT, encoding: "utf8" });
  expect({ status, output: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, output: "" });
}, BUILD_LIMIT_MS);

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

test("links of every page lead to a file, and to a place in it", () => {
  expect(deadLinks()).toEqual([]);
});

test("guides all have a page, with their heading", () => {
  for (const { path, text } of sourceFiles("docs", ".md").filter((file) => file.path.split("/").length === 2)) {
    const heading = text.match(/^# (.*)$/m)![1]!.replaceAll("`", "");
    expect(fileOfSite(path.replace("docs/", "").replace(".md", ".html")).replaceAll(/<[^>]*>/g, "")).toContain(heading);
  }
});

test("what several packages export has one page, in the package that people install", () => {
  const pages = readdirSync(`${ROOT}${SITE}/reference`, { recursive: true, encoding: "utf8" });
  expect(pages.filter((page) => /\/DatagramProtocol\.html$/.test(page))).toEqual(["groupcast/classes/DatagramProtocol.html"]);
  expect(fileOfSite("reference/reactor/index.html")).toMatch(/href="[^"]*\/groupcast\/classes\/DatagramProtocol\.html"/);
});

test("the site stays small, although every page has a sidebar", () => {
  const files = readdirSync(`${ROOT}${SITE}`, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const sizes = files.map((file) => readFileSync(`${file.parentPath}/${file.name}`).length);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(SITE_LIMIT_BYTES);
});

test("search has the page first that answers a question", async () => {
  const index = await siteSearch();
  const found = Object.keys(QUESTIONS).map((words) => [words, pageOf(index.search(words)[0]?.id ?? "nothing")] as const);
  expect(found.filter(([words, page]) => !QUESTIONS[words]!.includes(page))).toEqual([]);
  expect(found.length).toBeGreaterThanOrEqual(30);
});

/** Path of a page without its ending, from the address of one of its sections. */
function pageOf(address: string): string {
  return address.replace(/^\//, "").replace(/(?:\.html)?(?:#.*)?$/, "");
}

describe("in a browser", { timeout: BROWSER_LIMIT_MS }, () => {
  test("pages load without a complaint, and fit a desk and a phone", async (context) => {
    await skipUnless(context, hasBrowser);
    await using browser = await Browser.start();
    for (const screen of [DESK, PHONE]) {
      await browser.resize(screen);
      for (const page of PAGES) {
        await open(browser, page);
        expect(await browser.evaluate("document.documentElement.scrollWidth"), `${page} is too wide`).toBeLessThanOrEqual(screen.width);
        expect(await browser.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")).toBeGreaterThanOrEqual(14);
      }
    }
    expect(browser.complaints).toEqual([]);
  });

  test("wide tables scroll in a box of their own", async (context) => {
    await skipUnless(context, hasBrowser);
    await using browser = await Browser.start();
    await browser.resize(PHONE);
    await browser.open(urlOf("nothing-arrives.html"));
    expect(await browser.evaluate("[...document.querySelectorAll('table')].some((table) => table.scrollWidth > 390)")).toBe(true);
    expect(await browser.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(PHONE.width); // innerWidth grows with what is too wide
  });

  test.for([
    ["light", DESK],
    ["dark", PHONE],
  ] as const)("axe-core finds contrast and landmarks of %s pages in order", async ([scheme, screen], context) => {
    await skipUnless(context, hasBrowser);
    await using browser = await Browser.start();
    await browser.prefer(scheme);
    await browser.resize(screen);
    const axe = readFileSync(requireForSite.resolve("axe-core/axe.min.js"), "utf8");
    const rules = JSON.stringify({ runOnly: { type: "rule", values: ACCESSIBILITY_RULES } });
    const found: unknown[] = [];
    for (const page of PAGES) {
      await open(browser, page);
      await browser.evaluate(`${axe}; undefined`);
      const { violations, passes } = (await browser.evaluate(`axe.run(document, ${rules}).then(${shortened})`)) as AxeResult;
      expect(passes, "the fence: rules have been applied").toBeGreaterThan(3);
      found.push(...violations.map((violation) => `${page}: ${violation}`));
    }
    expect(found).toEqual([]);
  });

  test("a guide takes less script than 150 KB", async (context) => {
    await skipUnless(context, hasBrowser);
    await using browser = await Browser.start();
    await browser.open(urlOf(GUIDE));
    await browser.until("document.querySelector('.VPNavBarSearch') !== null");
    const scripts = browser.requests.map((url) => new URL(url)).filter(({ pathname }) => pathname.endsWith(".js"));
    const sizes = scripts.map(({ pathname }) => gzipSync(fileOfSite(decodeURIComponent(pathname.slice(1)))).length);
    expect(sizes.length).toBeGreaterThan(2); // the fence: scripts are seen
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(SCRIPT_LIMIT_BYTES);
  });

  test("a program runs on the network in the page, and its datagrams are shown step by step", async (context) => {
    await skipUnless(context, hasBrowser);
    await using browser = await Browser.start();
    await browser.open(`${urlOf(NETWORK)}?scenario=ttl-too-small&seed=1`);
    await browser.until("document.querySelector('.lines')?.textContent.includes('dropped (TTL')");
    expect(await browser.evaluate("document.querySelector('.said').textContent.trim()")).toBe("B heard nothing.");
    await browser.evaluate(press("Show the solution"));
    await browser.until("document.querySelector('.said').textContent.includes('b heard hello')");
    const later = "document.querySelectorAll('.lines .later').length";
    await browser.until(`${later} === 0 && ${labelled("Play")}`); // it has arrived
    expect(await browser.evaluate("document.querySelectorAll('.dot.delivered').length")).toBe(1);
    await browser.evaluate(press("Step back"));
    await browser.evaluate(press("Step back"));
    await browser.until(`${later} === 1`);
    await browser.evaluate("document.querySelector('textarea').select(); document.querySelector('textarea').focus()");
    await browser.type("say(`mine`)");
    await browser.evaluate(press("Run"));
    await browser.until("document.querySelector('.said').textContent.includes('mine')");
    expect(browser.complaints).toEqual([]);
  });

  test("a datagram moves on the drawing, stands when it is paused, and goes back", async (context) => {
    await skipUnless(context, hasBrowser);
    await using browser = await Browser.start();
    await browser.open(`${urlOf(NETWORK)}?scenario=heard-twice&seed=1`);
    await browser.until(`document.querySelector('.lines') !== null && ${labelled("Pause")}`); // it plays by itself
    const beat = "Number(document.querySelector('.slider input').value)";
    await browser.evaluate(
      "{ const speed = document.querySelectorAll('select')[1]; speed.value = 'very slowly'; speed.dispatchEvent(new Event('change')); }",
    );
    await browser.until(`${beat} > 0 && document.querySelector('.dot') !== null`);
    const place = "document.querySelector('.dot')?.getAttribute('transform')";
    const before = await browser.evaluate(place);
    await browser.until(`document.querySelector('.dot') !== null && ${place} !== ${JSON.stringify(before)}`);
    await browser.evaluate(press("Pause"));
    await browser.until(labelled("Play"));
    const paused = await browser.evaluate(`[${beat}, ${place}]`);
    await browser.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))");
    expect(await browser.evaluate(`[${beat}, ${place}]`)).toEqual(paused);
    await browser.evaluate(press("Rewind"));
    await browser.until(`${beat} === 0 && ${labelled("Play")}`);
    for (const done of [2, 3]) {
      await browser.evaluate(press("Step"));
      await browser.until(`document.querySelectorAll('.lines .later').length === ${3 - done}`);
    }
    expect(await browser.evaluate("document.querySelectorAll('.dot.delivered').length")).toBe(2);
  });

  test("readers who want nothing to move see the end of a run at once", async (context) => {
    await skipUnless(context, hasBrowser);
    await using browser = await Browser.start();
    await browser.prefer("still");
    await browser.open(`${urlOf(NETWORK)}?scenario=ttl-too-small&seed=1`);
    await browser.until("document.querySelector('.dot.dropped') !== null");
    expect(await browser.evaluate(`${labelled("Play")} && document.querySelectorAll('.lines .later').length === 0`)).toBe(true);
  });

  test("the search box leads to the page that it finds", async (context) => {
    await skipUnless(context, hasBrowser);
    await using browser = await Browser.start();
    await browser.open(urlOf("index.html"));
    await browser.until("document.querySelector('.DocSearch-Button') !== null");
    await browser.evaluate("document.querySelector('.DocSearch-Button').click()");
    await browser.until("document.activeElement?.id === 'localsearch-input'");
    await browser.type("nothing arrives");
    await browser.until("document.querySelector('.results a.result') !== null");
    await browser.evaluate("document.querySelector('.results a.result').click()");
    await browser.until(
      "location.pathname === '/nothing-arrives.html' && document.querySelector('h1').textContent.includes('Nothing arrives')",
    );
  });
});
