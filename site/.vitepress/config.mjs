// How the site looks, and what stands beside its pages.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { CHAPTERS } from "../contents.mjs";
import { referenceSidebar } from "../reference-sidebar.mjs";

const SOURCE = fileURLToPath(new URL("../../.cache/site-source/", import.meta.url));

/** @param {string} page @returns {string} */
function headingOf(page) {
  const heading = /^# (.+)$/m.exec(readFileSync(`${SOURCE}${page}.md`, "utf8"));
  return (heading?.[1] ?? page).replaceAll("`", "");
}

const chapters = CHAPTERS.map(({ title, pages }) => ({
  text: title,
  collapsed: title !== "Guide",
  items: pages.map((entry) => {
    const [page, text] = typeof entry === "string" ? [entry, headingOf(entry)] : entry;
    return { text, link: `/${page}` };
  }),
}));

export default defineConfig({
  title: "Groupcast",
  description: "UDP and multicast for Node.js: the right interface, nobody else's packets, and every loss counted",
  lang: "en",
  srcDir: "../.cache/site-source",
  outDir: "../.cache/site",
  cacheDir: "../.cache/vitepress",
  cleanUrls: false,
  metaChunk: true,
  head: [["link", { rel: "icon", type: "image/svg+xml", href: "/favicon.svg" }]],
  markdown: { theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" } },
  themeConfig: {
    search: { provider: "local", options: { detailedView: true } },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/first-datagram" },
      { text: "Examples", link: "/examples/" },
      { text: "Reference", link: "/reference/" },
      { text: "Decisions", link: "/decisions/" },
    ],
    sidebar: {
      "/reference/": referenceSidebar(`${SOURCE}reference`),
      "/": chapters,
    },
    docFooter: { prev: "Before", next: "Next" },
  },
});
