// How the site looks, what stands beside its pages, and how it is searched.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { standInsForPages } from "../browser/stand-ins.mjs";
import { focusablePictures } from "../focusable-pictures.mjs";
import { SEARCH } from "../search.mjs";
import { sidebars } from "../sidebars.mjs";

const SOURCE = fileURLToPath(new URL("../../.cache/site-source/", import.meta.url));

export default defineConfig({
  title: "Groupcast",
  description: "UDP and multicast for Node.js: the right interface, nobody else's packets, and every loss counted",
  lang: "en",
  srcDir: "../.cache/site-source",
  outDir: "../.cache/site",
  cacheDir: "../.cache/vitepress",
  metaChunk: true, // the sidebars are a file of their own, which a browser keeps, and not a part of every page
  head: [["link", { rel: "icon", type: "image/svg+xml", href: "/favicon.svg" }]],
  markdown: { config: focusablePictures, theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" } },
  vite: { plugins: [standInsForPages] },
  router: { prefetchLinks: false }, // a reader on a phone pays for what is opened, and for nothing else
  themeConfig: {
    search: { provider: "local", options: SEARCH },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/first-datagram" },
      { text: "Try it here", link: "/network" },
      { text: "Examples", link: "/examples/" },
      { text: "Reference", link: "/reference/" },
      { text: "Decisions", link: "/decisions/" },
    ],
    sidebar: sidebars(SOURCE),
    docFooter: { prev: "Previous", next: "Next" },
  },
});
