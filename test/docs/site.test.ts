// The site that `npm run docs` builds, as readers find it.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT, sourceFiles } from "../architecture/source-files.js";
import { Browser } from "../support/browser.js";
import { hasCommand, skipUnless } from "../support/probe.js";

const SITE = ".cache/site";
const BUILD_LIMIT_MS = 300_000; // half a minute on an idle machine, when something has changed
const BROWSER_LIMIT_MS = 60_000;
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const PAGES = ["index.html", "documents/first-datagram.html", "documents/errors.html", "classes/groupcast.Reactor.html"];
const LINK = /(?:href|src)="(?!https?:|mailto:|data:|javascript:)([^"#]*)(?:#([^"]*))?"/g;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

const server = createServer(({ url }, response) => {
  const file = join(ROOT, SITE, new URL(url!, "http://localhost").pathname);
  response.writeHead(existsSync(file) ? 200 : 404, { "content-type": CONTENT_TYPES[extname(file)] ?? "application/octet-stream" });
  if (existsSync(file)) createReadStream(file).pipe(response);
  else response.end();
});

const urlOf = (page: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${page}`;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/site.mjs"], { cwd: ROOT, encoding: "utf8" });
  expect({ status, stdout: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, stdout: "" });
}, BUILD_LIMIT_MS);

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

test("links of every page lead to a file, and to a place in it", () => {
  const pages = new Map(sourceFiles(SITE, ".html").map(({ path, text }) => [join(ROOT, path), text]));
  const dead = [...pages].flatMap(([page, html]) =>
    [...html.matchAll(LINK)]
      .map(([, path = "", anchor]) => ({ target: path === "" ? page : join(dirname(page), decodeURIComponent(path)), anchor }))
      .filter(({ target, anchor }) => !isThere(pages, target, anchor))
      .map(({ target, anchor }) => `${page}: ${target}#${anchor ?? ""}`),
  );
  expect(dead).toEqual([]);
});

function isThere(pages: ReadonlyMap<string, string>, target: string, anchor: string | undefined): boolean {
  const html = pages.get(target);
  if (html === undefined || anchor === undefined || anchor === "") return existsSync(target);
  return html.includes(`id="${decodeURIComponent(anchor)}"`);
}

test("guides all have a page, with their heading", () => {
  for (const { path, text } of sourceFiles("docs", ".md").filter((file) => file.path.split("/").length === 2)) {
    const html = readFileSync(`${ROOT}${SITE}/${path.replace("docs/", "documents/").replace(".md", ".html")}`, "utf8");
    const heading = text.match(/^# (.*)$/m)![1]!.replaceAll("`", "");
    expect(html.replaceAll(/<[^>]*>/g, "")).toContain(heading);
  }
});

describe("in a browser", { timeout: BROWSER_LIMIT_MS }, () => {
  test("pages load without a complaint, and fit a desk and a phone", async (context) => {
    await skipUnless(context, hasCommand("chromium", "chromium"));
    await using browser = await Browser.start();
    for (const screen of [DESK, PHONE]) {
      await browser.resize(screen);
      for (const page of PAGES) {
        await browser.open(urlOf(page));
        expect(await browser.evaluate("document.querySelector('h1').textContent.length > 0")).toBe(true);
        expect(await browser.evaluate("document.documentElement.scrollWidth <= innerWidth"), `${page} is too wide`).toBe(true);
        expect(await browser.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")).toBeGreaterThanOrEqual(14);
      }
    }
    expect(browser.complaints).toEqual([]);
  });

  test("search finds a method and a guide, and leads there", async (context) => {
    await skipUnless(context, hasCommand("chromium", "chromium"));
    await using browser = await Browser.start();
    await browser.open(urlOf("index.html"));
    await browser.evaluate("document.getElementById('tsd-search-trigger').click()");
    await browser.until("!document.getElementById('tsd-search-input').disabled");
    for (const [words, target] of [
      ["listenMulticast", "classes/groupcast.Reactor.html#listenmulticast"],
      ["first-datagram", "documents/first-datagram.html"],
    ] as const) {
      await browser.evaluate("document.getElementById('tsd-search-input').select(); document.getElementById('tsd-search-input').focus()");
      await browser.type(words);
      await browser.until(`[...document.querySelectorAll("#tsd-search-results a")].some(({ href }) => href.endsWith("${target}"))`);
      expect(existsSync(join(ROOT, SITE, target.split("#")[0]!))).toBe(true);
    }
  });
});
