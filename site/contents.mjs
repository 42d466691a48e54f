// The table of contents: what is on the site, and in which order it is read.

/**
 * @typedef {object} Chapter
 * @property {string} title
 * @property {readonly (string | readonly [page: string, title: string])[]} pages Paths on the site without ".md"; a title where the heading is too long.
 */

/** @type {readonly Chapter[]} */
export const CHAPTERS = [
  {
    title: "Guide",
    pages: [
      "first-datagram",
      "connected-ports",
      "multicast",
      "interfaces-and-routes",
      ["testing", "Testing your protocol"],
      "idioms",
      "channels",
      "requests",
      "reliable-channels",
      "sealed-channels",
      "many-nodes",
      "many-sites",
      "in-production",
      "nothing-arrives",
    ],
  },
  { title: "More of UDP", pages: ["broadcast", "ipv6", "many-cores", "pacing", "adopting-sockets", "bundling"] },
  {
    title: "Coming from",
    pages: [
      ["coming-from-dgram", "node:dgram"],
      ["coming-from-twisted", "Twisted"],
      ["coming-from-lcm", "LCM"],
      ["speed-up-a-program", "A program you already have"],
      ["drop-in", "The whole of node:dgram"],
      ["npm-packages", "Packages of npm"],
    ],
  },
  { title: "Look it up", pages: ["command", "errors", "options", "platforms", "contract"] },
  {
    title: "How it works",
    pages: [
      ["network", "A network to play with"],
      "architecture",
      "how-multicast-works",
      ["performance", "Speed"],
      "benchmarks",
      "mutants",
    ],
  },
  {
    title: "The project",
    pages: [
      ["project/index", "README"],
      ["project/CONTRIBUTING", "Working on Groupcast"],
      ["project/CHANGELOG", "Changes"],
      ["project/SECURITY", "Security"],
      "releasing",
    ],
  },
];

/**
 * Checks that readers find every page.
 *
 * @param {readonly string[]} pages Paths of what is on the site, without ".md".
 */
export function checkContents(pages) {
  const listed = CHAPTERS.flatMap((chapter) => chapter.pages.map((entry) => (typeof entry === "string" ? entry : entry[0])));
  const missing = pages.filter((page) => !page.includes("/") && page !== "index" && !listed.includes(page));
  const unknown = listed.filter((page) => !pages.includes(page));
  if (missing.length + unknown.length === 0) return;
  throw new Error(`site/contents.mjs lacks [${missing.join(", ")}], and lists what does not exist: [${unknown.join(", ")}]`);
}
