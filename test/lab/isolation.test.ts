// Whose datagrams a port receives, on a host where another process has joined everything there is.
import { describe, expect, test } from "vitest";
import { BACKENDS, type BackendName } from "../support/backends.js";
import type { HostInterface } from "../support/lab/host.js";
import type { Lab } from "../support/lab/lab.js";
import { scenario } from "../support/lab/scenario.js";
import { FAMILIES, type FamilyRow } from "./support/families.js";
import { type DualHomed, dualHomed } from "./support/networks.js";
import { type RemotePort, RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

type Isolation = "kernel" | "filtered" | "bound" | "none";
type Place = "a" | "a's second address" | "b";

interface Addresses {
  readonly port: number;
  readonly group: string;
  readonly otherGroup: string;
  readonly source: string;
}

interface Sent {
  readonly from: Place;
  readonly group: string;
}

interface Findings {
  readonly isolation: Isolation;
  readonly received: readonly string[];
  readonly foreign: number;
}

/** How a port is opened, and the isolation that gives it. */
interface Way {
  readonly isolation: Isolation;
  readonly isBoundToGroup: boolean;
}

/** One way in which a datagram is none of the port's business. */
interface ForeignRow {
  readonly what: string;
  /** What lets it in, of the kinds of isolation that are weaker than the native backend's. */
  readonly letInBy: readonly Isolation[];
  /** How the port joins its group on eth0; undefined: not at all. */
  readonly joins: (addresses: Addresses) => { readonly source?: string } | undefined;
  readonly sent: (addresses: Addresses) => Sent;
}

const ROWS: readonly ForeignRow[] = [
  {
    what: "the same group on another interface",
    letInBy: ["bound", "none"],
    joins: () => ({}),
    sent: ({ group }) => ({ from: "b", group }),
  },
  {
    what: "another group on the same interface and number",
    letInBy: ["none"],
    joins: () => ({}),
    sent: ({ otherGroup }) => ({ from: "a", group: otherGroup }),
  },
  {
    what: "the same group from another source",
    letInBy: [],
    joins: ({ source }) => ({ source }),
    sent: ({ group }) => ({ from: "a's second address", group }),
  },
  {
    what: "another process's group, when it has joined nothing",
    letInBy: ["bound", "none"],
    joins: () => undefined,
    sent: ({ group }) => ({ from: "a", group }),
  },
];

let count = 0;

/** Numbers and groups that no other test has. */
function fresh({ group, address }: FamilyRow, from: HostInterface): Addresses {
  count += 1;
  return { port: 5000 + count, group: group(2 * count), otherGroup: group(2 * count + 1), source: address(from) };
}

function stopAll(...ports: readonly RemotePort[]): Promise<unknown> {
  return Promise.all(ports.map((port) => port.do.stopListening()));
}

/** The lab, and who runs in it. */
interface Net extends DualHomed {
  /** On the host, the backend that is tested. */
  readonly receiving: RemoteReactor;
  /** On the host, another process. */
  readonly witness: RemoteReactor;
  readonly atA: RemoteReactor;
  readonly atB: RemoteReactor;
}

async function isolationLab(lab: Lab, backend: BackendName): Promise<Net> {
  const ends = await dualHomed(lab);
  const { host, a, b } = ends;
  for (const address of ["10.78.0.3/24", "fd78::3/64"]) await a.addAddress(address);
  const [receiving, witness, atA, atB] = await Promise.all([
    RemoteReactor.start(host, backend),
    RemoteReactor.start(host, "dgram"),
    RemoteReactor.start(a.host, "dgram"),
    RemoteReactor.start(b.host, "dgram"),
  ]);
  return { ...ends, receiving, witness, atA, atB };
}

function openSender({ atA, atB, a, b }: Net, family: FamilyRow, place: Place): Promise<RemotePort> {
  const [reactor, at] = place === "b" ? [atB, b] : [atA, a];
  const address = place === "a's second address" ? secondAddress(family) : family.address(at);
  return reactor.listenMulticast(0, { interface: address, outgoingInterface: at.name });
}

/** Opens a port of another process, which joins all of it, so that the kernel lets it all in, and which tells when it has come. */
async function openWitness({ witness, eth0, eth1 }: Net, { any }: FamilyRow, { port, group, otherGroup }: Addresses): Promise<RemotePort> {
  const other = await witness.listenMulticast(port, { ...any, listenMultiple: true });
  for (const joined of [group, otherGroup]) for (const at of [eth0, eth1]) await other.do.joinGroup(joined, at.name);
  return other;
}

/** What is opened, and what is sent to it. */
interface Trial {
  readonly row: Pick<ForeignRow, "joins" | "sent">;
  readonly addresses: Addresses;
  readonly isBoundToGroup: boolean;
}

/** Opens a port, has a foreign datagram sent to it and then one of its own, and returns what came of it. */
async function tryForeign(net: Net, family: FamilyRow, { row, addresses, isBoundToGroup }: Trial): Promise<Findings> {
  const { port, group } = addresses;
  const foreign = row.sent(addresses);
  const membership = row.joins(addresses);
  const witness = await openWitness(net, family, addresses);
  const tested = await net.receiving.listenMulticast(port, {
    ...(isBoundToGroup ? { interface: group } : family.any),
    listenMultiple: true,
  });
  if (membership !== undefined) await tested.do.joinGroup(group, net.eth0.name, membership);
  const [foreigner, friend] = [await openSender(net, family, foreign.from), await openSender(net, family, "a")];
  await foreigner.send("foreign", { address: foreign.group, port });
  await witness.received({ text: "foreign" });
  const hasGroup = membership !== undefined || isBoundToGroup;
  await friend.send("own", { address: hasGroup ? group : family.address(net.eth0), port });
  await tested.received({ text: "own" });
  const [isolation, statistics] = [await tested.do.isolation(), await tested.do.statistics()];
  await stopAll(foreigner, friend, tested, witness);
  return { isolation, received: tested.texts, foreign: statistics.foreign };
}

/** Has two ports of one number and process join a group each, and returns what each received of two datagrams to each group. */
async function tryTwoPorts(net: Net, family: FamilyRow, { port, group, otherGroup }: Addresses): Promise<readonly (readonly string[])[]> {
  const groups = [group, otherGroup];
  const ports: RemotePort[] = [];
  for (const one of groups)
    ports.push(await net.receiving.listenMulticast(port, { group: one, multicastOnly: true, listenMultiple: true }));
  const sender = await openSender(net, family, "a");
  for (const text of ["first", "second"]) for (const one of groups) await sender.send(`${text} to ${one}`, { address: one, port });
  for (const [index, one] of ports.entries()) await one.received({ text: `second to ${groups[index]}` });
  await stopAll(...ports, sender);
  return ports.map(({ texts }) => texts);
}

/** One way to open a port, with a row of the table. */
function trialsOf(backend: BackendName, strongest: Isolation): readonly (ForeignRow & Way)[] {
  const ways: readonly Way[] =
    backend === "native"
      ? [{ isolation: strongest, isBoundToGroup: false }]
      : [
          { isolation: "none", isBoundToGroup: false },
          { isolation: "bound", isBoundToGroup: true },
        ];
  return ways.flatMap((way) => ROWS.map((row) => ({ ...row, ...way })));
}

function strongestOf(backend: BackendName, { family }: FamilyRow): Isolation {
  if (backend === "dgram") return "bound";
  return family === "IPv4" ? "kernel" : "filtered";
}

describe.each(BACKENDS)("on %s", (backend) => {
  const net = sharedLab(backend, (lab) => isolationLab(lab, backend));

  describe.each(FAMILIES)("$family", (family) => {
    const strongest = strongestOf(backend, family);
    const trials = trialsOf(backend, strongest);

    test.each(trials.filter(({ letInBy, isolation }) => !letInBy.includes(isolation)))(
      'port: isolation "$isolation" keeps out $what',
      async (trial) => {
        const { what, isolation, isBoundToGroup } = trial;
        const addresses = fresh(family, net().a);
        const promise = `Isolation "${isolation}", ${family.family}: keeps out ${what}`;
        const { from, group } = trial.sent(addresses);
        const sent = `to ${group} from ${from}`;
        await scenario({ promise, keptBy: backend, sent, seenAt: ["another process"], mustNotBeSeenAt: ["the port"] }, async () => {
          const findings = await tryForeign(net(), family, { row: trial, addresses, isBoundToGroup });
          expect(findings).toMatchObject({ isolation, received: ["own"] });
        });
      },
    );

    test("port: isolation says what it lets in, where it is weaker than the native backend's", async () => {
      for (const trial of trials.filter(({ letInBy, isolation }) => letInBy.includes(isolation))) {
        const { isolation, isBoundToGroup } = trial;
        const findings = await tryForeign(net(), family, { row: trial, addresses: fresh(family, net().a), isBoundToGroup });
        expect(findings).toMatchObject({ isolation, received: ["foreign", "own"] });
      }
    });

    test("statistics().foreign counts what the kernel lets in and the port does not", async () => {
      const [row] = ROWS as readonly [ForeignRow];
      const findings = await tryForeign(net(), family, { row, addresses: fresh(family, net().a), isBoundToGroup: false });
      expect(findings.foreign).toBe(findings.isolation === "filtered" ? 1 : 0);
    });

    test("port: two of one number and process with different groups each receive their own", async () => {
      const addresses = fresh(family, net().a);
      const promise = `Isolation "${strongest}", ${family.family}: two ports of one number and process, each its own group`;
      const sent = `to ${addresses.group} and ${addresses.otherGroup}`;
      await scenario({ promise, keptBy: backend, sent, seenAt: ["each its own"], mustNotBeSeenAt: ["the other's"] }, async () => {
        const received = await tryTwoPorts(net(), family, addresses);
        const own = (group: string): string[] => [`first to ${group}`, `second to ${group}`];
        expect(received).toEqual([own(addresses.group), own(addresses.otherGroup)]);
      });
    });
  });
});

function secondAddress({ family }: FamilyRow): string {
  return family === "IPv4" ? "10.78.0.3" : "fd78::3";
}
