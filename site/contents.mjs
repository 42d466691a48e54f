// The table of contents: what is on the site, and in which order it is read. A page of docs/ that is missing here fails the build.

/**
 * @typedef {object} Chapter
 * @property {string} title
 * @property {readonly (string | readonly [page: string, title: string])[]} pages Paths below docs/ without ".md"; a title where the heading is too long.
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
      "testing",
      "idioms",
      "channels",
      "in-production",
      "nothing-arrives",
    ],
  },
  { title: "More of UDP", pages: ["broadcast", "ipv6", "many-cores", "adopting-sockets", "bundling"] },
  {
    title: "Coming from",
    pages: [
      ["coming-from-dgram", "node:dgram"],
      ["coming-from-twisted", "Twisted"],
      ["speed-up-a-program", "A program you already have"],
      ["drop-in", "The whole of node:dgram"],
      ["npm-packages", "Packages of npm"],
    ],
  },
  { title: "Reference", pages: ["command", "errors", "options", "platforms", "contract"] },
  { title: "How it works", pages: ["architecture", "performance", "benchmarks", "mutants", "releasing"] },
];
