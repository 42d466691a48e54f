// Scenarios to open from the guides: in each, B does not hear what it should. Why?

/**
 * @typedef {object} Scenario
 * @property {string} name Folder of its two programs.
 * @property {string} title Of what is there: the reason is for the visitor to find.
 * @property {string} answer
 * @property {string} guide Page of the site that says more.
 * @property {number} [heard] How often B hears A before the solution. Default: never.
 */

/** @type {readonly Scenario[]} */
export const SCENARIOS = [
  {
    name: "not-joined",
    title: "Two hosts on one switch",
    answer: "B listens on the port, but has not joined the group. A port receives a group after it joined it.",
    guide: "/multicast.html#join",
  },
  {
    name: "wrong-interface",
    title: "B is on two networks",
    answer: "B joined on the network where A is not. Join on the interface where the datagrams arrive.",
    guide: "/interfaces-and-routes.html",
  },
  {
    name: "wrong-outgoing-interface",
    title: "A is on two networks",
    answer: "A sends by the interface that does not lead to B. Set the outgoing interface of the sender.",
    guide: "/multicast.html#name-the-interface-on-both-sides",
  },
  {
    name: "ttl-too-small",
    title: "A router between A and B",
    answer: "The TTL is 1, and each router takes one. Across one router, send with a TTL of 2 or more.",
    guide: "/multicast.html#sending",
  },
  {
    name: "link-scope",
    title: "A router, and a TTL that is large enough",
    answer: "The group is of the link: routers never pass 224.0.0.0/24. Take a group of your own.",
    guide: "/multicast.html#pick-a-group",
  },
  {
    name: "loopback-off",
    title: "A and B on one host",
    answer: "A sends without loopback, so members on its own host do not hear it. It is on by default.",
    guide: "/multicast.html#sending",
  },
  {
    name: "other-port",
    title: "B has joined the group",
    answer: "B has another port number than A sends to. A group is no port: both have to fit.",
    guide: "/nothing-arrives.html",
  },
  {
    name: "other-source",
    title: "B has joined for one source",
    answer: "A is another source. Join for the address that sends, or for any source.",
    guide: "/multicast.html#sources",
  },
  {
    name: "forgotten-member",
    title: "A switch that snoops, after five minutes",
    answer: "The switch has forgotten B. It needs a querier on the link, which asks members to report again.",
    guide: "/how-multicast-works.html#leaving",
  },
  {
    name: "lost-on-the-way",
    title: "A cable that loses every second datagram",
    answer: "UDP promises nothing, and A says it once. Say it again, or ask for an answer.",
    guide: "/idioms.html",
  },
  {
    name: "heard-twice",
    title: "A cable that doubles datagrams",
    answer: "UDP may deliver a datagram twice. Number what you send, and leave out what is known already.",
    guide: "/first-datagram.html#what-can-fail",
    heard: 2,
  },
];

/** @param {string | undefined} name @returns {Scenario} The first one if there is none of that name. */
export function scenarioNamed(name) {
  const [first, ...others] = SCENARIOS;
  return others.find((one) => one.name === name) ?? /** @type {Scenario} */ (first);
}

/** What a run has said, as a sentence. @param {readonly string[]} said */
export function heardIn(said) {
  return said.length === 0 ? "B heard nothing." : `${said.join(", ")}.`;
}
