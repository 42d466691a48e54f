// How the site is searched: by VitePress with MiniSearch. What is found of a page, and what of it comes first.

/** Page → what people call its subject when they do not know our words for it. */
const ALSO_CALLED = {
  "nothing-arrives.md":
    "no packets received, not receiving messages, lost, silence, troubleshoot, debug, doctor, diagnose, firewall, rp_filter, wifi",
  "first-datagram.md":
    "getting started, hello world, install, udp server, udp client, tutorial, quick start, close socket, maximum datagram size",
  "multicast.md":
    "join a group, leave a group, igmp, mld, addMembership, multicast ttl, outgoing interface, isolation, source specific multicast",
  "errors.md": "EADDRINUSE EACCES ENETUNREACH EADDRNOTAVAIL ENODEV ENOBUFS EMSGSIZE ECONNREFUSED EHOSTUNREACH EPERM EINVAL, error codes",
  "interfaces-and-routes.md":
    "network card, default gateway, routing table, list interfaces, local ip address, send to all interfaces, rejoin after network change",
  "idioms.md": "async iterator, for await, loop, promise, await a datagram",
  "requests.md": "timeout, retry, abort signal, request and answer, rpc",
  "many-cores.md": "cluster, worker threads, reusePort, SO_REUSEPORT, scale",
  "in-production.md": "prometheus, metrics, health check, graceful shutdown, logging, docker, kubernetes",
  "testing.md": "unit test, mock, fake network, manual clock, vitest, jest, simulate packet loss",
  "sealed-channels.md": "encryption, encrypt, secret, rotate key, authentication, replay",
  "channels.md": "publish, subscribe, pubsub, message bus, NATS, topics",
  "bundling.md": "webpack, esbuild, rollup, single executable application",
  "platforms.md": "macOS, Windows, Linux, arm64, Alpine, musl, supported versions of Node",
  "command.md": "cli, npx, terminal, record, replay, pcap, wireshark, monitor, listen, send",
  "coming-from-dgram.md": "node:dgram, createSocket, migrate, port a program",
  "performance.md": "speed, fast, throughput, packets per second, tuning",
  "benchmarks.md": "benchmark, comparison, twisted, asyncio, go, rust, c",
};

const DEEP_HEADING = /^#{4,} .*$/gm;
const HEADING = /^# .+$/m;
const INHERITED = /^#### Inherited from$/m;

/** Class that people use → the one that it has nearly everything from: what is inherited is found there, where it is used. */
const USED = "reference/groupcast/classes/Reactor.md";
const INHERITED_BY_IT = "reference/reactor/classes/Reactor.md";

/**
 * Renders what is found of a page.
 *
 * @param {string} text Markdown.
 * @param {{ relativePath: string, frontmatter?: { search?: boolean } }} env
 * @param {{ render(text: string, env: object): string }} markdown
 */
function render(text, env, markdown) {
  const path = env.relativePath;
  const html = markdown.render(path.startsWith("reference/") ? ownMembers(text, path) : alsoCalled(text, path), env);
  return env.frontmatter?.search === false ? "" : html;
}

/**
 * Leaves out what stands on another page of the reference too, and headings that every method has: "Parameters", "Returns".
 *
 * @param {string} text
 * @param {string} path
 */
function ownMembers(text, path) {
  if (path === INHERITED_BY_IT) return "";
  const members = text.split("\n***\n").filter((member) => path === USED || !INHERITED.test(member) || HEADING.test(member));
  return members.join("\n").replaceAll(DEEP_HEADING, "");
}

/** @param {string} text @param {string} path */
function alsoCalled(text, path) {
  const words = ALSO_CALLED[/** @type {keyof typeof ALSO_CALLED} */ (path)];
  return words === undefined ? text : text.replace(HEADING, (heading) => `${heading}\n\n${words}\n`);
}

/**
 * Cuts text into words, an identifier such as EADDRINUSE or IP_MULTICAST_ALL being one of them. Runs in the browser too: nothing outside of it is known there.
 *
 * @param {string} text
 * @returns {string[]}
 */
function tokenize(text) {
  return [...text.split(/[\n\r\p{Z}\p{P}]+/u), ...(text.match(/\w+_\w+/g) ?? [])];
}

/** As {@link tokenize}, of what is searched: an identifier is not its parts. @param {string} text @returns {string[]} */
function tokenizeQuery(text) {
  return text.split(/(?:(?!_)[\n\r\p{Z}\p{P}])+/u);
}

/**
 * Weighs a section: guides before the reference, and both before pages that are read once. The beginning of a page counts more than the rest of it.
 *
 * @param {string} id Address of the section.
 * @param {string} term
 * @param {{ titles?: string[] }} [stored]
 * @returns {number}
 */
function boostDocument(id, term, stored) {
  const weights = /** @type {const} */ ([
    ["/reference/groupcast/classes/", { rest: 0.5, start: 1.2 }],
    ["/reference/groupcast/", { rest: 0.4, start: 0.6 }],
    ["/reference/", { rest: 0.2, start: 0.4 }],
    ["/decisions/", { rest: 0.4, start: 0.8 }],
    ["/examples/", { rest: 0.5, start: 0.5 }],
    ["/packages/", { rest: 0.6, start: 1.2 }],
    ["/project/", { rest: 0.3, start: 0.3 }],
    ["/source/", { rest: 0.1, start: 0.1 }],
    ["/contract.html", { rest: 0.2, start: 0.2 }],
    ["/mutants.html", { rest: 0.2, start: 0.2 }],
    ["/drop-in.html", { rest: 0.6, start: 1.5 }],
    ["/coming-from", { rest: 0.6, start: 2.5 }],
    ["/errors.html", { rest: term.startsWith("err_") ? 3 : 1, start: 2.5 }],
    ["/", { rest: 1, start: 2.5 }],
  ]);
  const [, weight] = weights.find(([start]) => id.startsWith(start)) ?? ["", { rest: 1, start: 1 }];
  return stored?.titles?.length === 0 ? weight.start : weight.rest;
}

/** @type {import("vitepress").DefaultTheme.LocalSearchOptions} */
export const SEARCH = {
  detailedView: "auto",
  _render: render,
  miniSearch: {
    options: { tokenize },
    searchOptions: { fuzzy: 0.15, prefix: true, boost: { title: 4, text: 2, titles: 1 }, tokenize: tokenizeQuery, boostDocument },
  },
};
