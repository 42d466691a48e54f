// Where multicast leaves a host that wants to keep it: what plain sockets let out, and what ports do not.
import { fileURLToPath } from "node:url";
import type { ConnectOptions } from "groupcast";
import { describe, expect, test } from "vitest";
import { BACKENDS, type BackendName } from "../support/backends.js";
import type { Capture } from "../support/lab/capture.js";
import type { HostInterface } from "../support/lab/host.js";
import type { Destination } from "../support/lab/plain-socket.js";
import type { Program } from "../support/lab/program.js";
import { scenario } from "../support/lab/scenario.js";
import { cabled } from "../support/lab/topologies.js";
import { until } from "../support/lab/until.js";
import type { RawSend } from "./programs/raw-sender.js";
import { FAMILIES, type FamilyRow } from "./support/families.js";
import { type RemotePort, RemoteReactor } from "./support/remote-reactor.js";
import { sharedLab } from "./support/shared-lab.js";

const RAW_SENDER = fileURLToPath(new URL("programs/raw-sender.ts", import.meta.url));
const PORT = 5000;
const ROUTED = "239.255.77.0/24"; // has a route to loopback on the sending host
const ROUTED_BY_GATEWAY = "239.255.78.0/24"; // the same, spelled "via 127.0.0.1"
const STRANGER = "a sender that is not there";
const [IPV4] = FAMILIES as readonly [FamilyRow, FamilyRow];

/** Where a datagram was seen: on loopback, on the cable, or on neither. */
type Way = "loopback" | "cable" | "nowhere";

interface Net {
  readonly a: HostInterface;
  readonly b: HostInterface;
  readonly loopback: Capture;
  readonly cable: Capture;
  readonly sending: RemoteReactor;
  readonly raw: Program;
  /** Sends the fences of each family, out of eth0. */
  readonly fences: Readonly<Record<FamilyRow["family"], RemotePort>>;
}

function leakLab(backend: BackendName): () => Net {
  return sharedLab(backend, async (lab) => {
    const { a, b } = await cabled(lab);
    await a.host.loopback.addRoute(ROUTED);
    await a.host.loopback.addRoute(`${ROUTED_BY_GATEWAY} via 127.0.0.1`);
    const [loopback, cable] = await Promise.all([a.host.loopback.capture(), b.capture()]);
    const sending = await RemoteReactor.start(a.host, backend);
    const [ipv4, ipv6] = [await sending.listenUDP(0), await sending.listenUDP(0, { interface: "::" })];
    const raw = a.host.run(RAW_SENDER);
    return { a, b, loopback, cable, sending, raw, fences: { IPv4: ipv4, IPv6: ipv6 } };
  });
}

/** Checks where a datagram went, and that it went nowhere else. */
async function expectWay(net: Net, way: Way, family: FamilyRow, text: string): Promise<void> {
  const pattern = { kind: "udp", payload: text } as const;
  if (way === "cable") {
    await net.cable.saw(pattern);
    return;
  }
  const fences = net.fences[family.family];
  await net.cable.didNotSee(pattern, fences.fence({ address: family.address(net.b), port: PORT }));
  if (way === "loopback") await net.loopback.saw(pattern);
  else await net.loopback.didNotSee(pattern, fences.fence({ address: family.family === "IPv4" ? "127.0.0.1" : "::1", port: PORT }));
}

function row(promise: string, keptBy: string, sent: string, way: Way): Parameters<typeof scenario>[0] {
  const seenAt = way === "nowhere" ? [] : [way === "cable" ? "b/eth0" : "a/lo"];
  return { promise, keptBy, sent, seenAt, mustNotBeSeenAt: way === "cable" ? [] : way === "loopback" ? ["b/eth0"] : ["b/eth0", "a/lo"] };
}

let groups = 0;

/** A group that no other test of this file sends to; with a subnet, one of it. */
function freshGroup(family: FamilyRow, subnet?: string): string {
  groups += 1;
  return subnet === undefined ? family.group(groups) : subnet.replace(/0\/24$/, String(groups));
}

/** One way to send with a plain socket, and where the datagram goes then. */
interface RawRow {
  readonly how: string;
  readonly way: Way;
  readonly to?: string; // subnet of the group; default: one that the default route leads to
  readonly send: (a: HostInterface) => Partial<RawSend>;
}

const RAW_ROUTED: readonly RawRow[] = [
  { how: "sendto", to: ROUTED, way: "loopback", send: () => ({}) },
  { how: "connect and send", to: ROUTED, way: "cable", send: () => ({ connect: true }) },
  { how: "sendto, gateway 127.0.0.1", to: ROUTED_BY_GATEWAY, way: "loopback", send: () => ({}) },
  { how: "connect and send, gateway 127.0.0.1", to: ROUTED_BY_GATEWAY, way: "cable", send: () => ({ connect: true }) },
  { how: "bind to eth0's address and sendto", to: ROUTED, way: "cable", send: (a) => ({ bind: a.ipv4 }) },
  {
    how: "bind to eth0's address, choose lo and sendto",
    to: ROUTED,
    way: "loopback",
    send: (a) => ({ bind: a.ipv4, interface: "127.0.0.1" }),
  },
  { how: "choose lo, connect and send", to: ROUTED, way: "loopback", send: () => ({ interface: "127.0.0.1", connect: true }) },
  {
    how: "connect, choose lo and send",
    to: ROUTED,
    way: "loopback",
    send: () => ({ connect: true, interfaceAfterConnect: "127.0.0.1" }),
  },
  { how: "choose lo and sendto, without a route to lo", way: "loopback", send: () => ({ interface: "127.0.0.1" }) },
];

const RAW_TTL_0: readonly RawRow[] = [
  { how: "nobody joined", way: "cable", send: (a) => ({ interface: at("eth0", a) }) },
  { how: "joined on lo only", way: "cable", send: (a) => ({ interface: at("eth0", a), joinAt: at("lo", a) }) },
  {
    how: "joined on eth0 for another sender only",
    way: "cable",
    send: (a) => ({ interface: at("eth0", a), joinAt: at("eth0", a), joinSource: STRANGER }),
  },
  { how: "joined on eth0", way: "nowhere", send: (a) => ({ interface: at("eth0", a), joinAt: at("eth0", a) }) },
];

/** How node:dgram names an interface; both spellings, of which the family takes one. */
function at(name: "eth0" | "lo", a: HostInterface): string {
  return `${name === "lo" ? "127.0.0.1" : a.ipv4}|::%${name}`;
}

function inFamily(family: FamilyRow, send: Partial<RawSend>): Partial<RawSend> {
  const spelled = Object.entries(send).map(([key, value]) => {
    if (value === STRANGER) return [key, strangerOf(family)];
    return [key, typeof value === "string" && value.includes("|") ? value.split("|")[family.family === "IPv4" ? 0 : 1] : value];
  });
  return Object.fromEntries(spelled) as Partial<RawSend>;
}

describe("what plain sockets let out", () => {
  const net = leakLab("dgram");

  async function sendRaw(family: FamilyRow, text: string, group: string, send: Partial<RawSend>): Promise<void> {
    const { raw } = net();
    raw.write({ family: family.family, text, to: { address: group, port: PORT }, ...inFamily(family, send) } satisfies RawSend);
    expect(await raw.line({ event: "sent", text })).not.toHaveProperty("failure");
  }

  test.each(RAW_ROUTED)("socket: $how, IPv4, under a host route to lo: $way", async ({ how, to, way, send }) => {
    const group = freshGroup(IPV4, to);
    await scenario(row(`A plain socket's way: ${how}`, "lab", `"${how}" to ${group}`, way), async () => {
      await sendRaw(IPV4, how, group, send(net().a));
      await expectWay(net(), way, IPV4, how);
    });
  });

  describe.each(FAMILIES)("$family", (family) => {
    test.each(RAW_TTL_0)("socket: TTL 0, $how: $way", async ({ how, way, send }) => {
      const group = freshGroup(family);
      const text = `${how} ${family.family}`;
      await scenario(row(`A plain socket's TTL 0, ${family.family}: ${how}`, "lab", `"${text}" to ${group}, TTL 0`, way), async () => {
        await sendRaw(family, text, group, { ttl: 0, ...send(net().a) });
        await expectWay(net(), way, family, text);
      });
    });

    const withoutLoopback = family.family === "IPv4" ? "nowhere" : "cable";
    test(`socket: TTL 0, joined on eth0, loopback mode off: ${withoutLoopback}`, async () => {
      const group = freshGroup(family);
      const text = `loopback off ${family.family}`;
      const promise = `A plain socket's TTL 0, ${family.family}: joined on eth0, loopback mode off`;
      await scenario(row(promise, "lab", `"${text}" to ${group}, TTL 0`, withoutLoopback), async () => {
        await sendRaw(family, text, group, { ttl: 0, loopback: false, interface: at("eth0", net().a), joinAt: at("eth0", net().a) });
        await expectWay(net(), withoutLoopback, family, text);
      });
    });
  });
});

/** One way to send with a port, and where the datagram goes then. */
interface PortRow {
  readonly how: string;
  readonly way: Way;
  readonly to?: string;
  readonly options?: (family: FamilyRow, a: HostInterface) => ConnectOptions;
  /** What else is done on the host before. */
  readonly before?: (reactor: RemoteReactor, family: FamilyRow, group: string) => Promise<RemotePort>;
  /** Instead of listenMulticast() and write(). */
  readonly send?: (reactor: RemoteReactor, text: string, to: Destination, options: ConnectOptions) => Promise<RemotePort>;
}

const connectUDP: PortRow["send"] = async (reactor, text, to, options) => {
  const port = await reactor.connectUDP(to, options);
  await port.do.write(text);
  return port;
};

const connect: PortRow["send"] = async (reactor, text, to, options) => {
  const port = await reactor.listenMulticast(0, options);
  await port.do.connect(to.address, to.port);
  await port.do.write(text);
  return port;
};

const ROUTED_ROWS: readonly PortRow[] = [
  { how: "write()", to: ROUTED, way: "loopback" },
  { how: "connectUDP() and write()", to: ROUTED, way: "loopback", send: connectUDP },
  { how: "connect() and write()", to: ROUTED, way: "loopback", send: connect },
  { how: "write(), gateway 127.0.0.1", to: ROUTED_BY_GATEWAY, way: "loopback" },
  { how: "connectUDP() and write(), gateway 127.0.0.1", to: ROUTED_BY_GATEWAY, way: "loopback", send: connectUDP },
  {
    how: "bound to eth0's address, outgoing interface lo",
    to: ROUTED,
    way: "loopback",
    options: (_, a) => ({ interface: a.ipv4, outgoingInterface: "lo" }),
  },
  { how: "outgoing interface lo, without a route to lo", way: "loopback", options: () => ({ outgoingInterface: "lo" }) },
  {
    how: "connectUDP(), outgoing interface lo, without a route to lo",
    way: "loopback",
    options: () => ({ outgoingInterface: "lo" }),
    send: connectUDP,
  },
  { how: "outgoing interface eth0, in spite of the route to lo", to: ROUTED, way: "cable", options: () => ({ outgoingInterface: "eth0" }) },
];

const TTL_0_ROWS: readonly PortRow[] = [
  { how: "outgoing interface eth0", way: "nowhere", options: () => ({ outgoingInterface: "eth0" }) },
  { how: "connectUDP(), outgoing interface eth0", way: "nowhere", options: () => ({ outgoingInterface: "eth0" }), send: connectUDP },
  {
    how: "bound to eth0's address, outgoing interface eth0",
    way: "nowhere",
    options: ({ address }, a) => ({ interface: address(a), outgoingInterface: "eth0" }),
  },
  {
    how: "outgoing interface eth0, joined by another port on lo only",
    way: "nowhere",
    options: () => ({ outgoingInterface: "eth0" }),
    before: (reactor, family, group) => joined(reactor, family, { group, on: "lo" }),
  },
  {
    how: "outgoing interface eth0, joined by another port for another sender only",
    way: "nowhere",
    options: () => ({ outgoingInterface: "eth0" }),
    before: (reactor, family, group) => joined(reactor, family, { group, on: "eth0", source: strangerOf(family) }),
  },
  { how: "loopback mode off", way: "nowhere", options: () => ({ outgoingInterface: "eth0", loopback: false }) },
];

/** A sender that is not there. */
function strangerOf({ family }: FamilyRow): string {
  return family === "IPv4" ? "192.0.2.7" : "2001:db8::7"; // for documentation, RFC 5737 and RFC 3849
}

/** Joins a group by a port of its own. */
async function joined(
  reactor: RemoteReactor,
  { any }: FamilyRow,
  { group, on, source }: { readonly group: string; readonly on: string; readonly source?: string },
): Promise<RemotePort> {
  const member = await reactor.listenMulticast(0, any);
  await member.do.joinGroup(group, on, source === undefined ? {} : { source });
  return member;
}

describe.each(BACKENDS)("what ports keep in, on %s", (backend) => {
  const net = leakLab(backend);

  /** Sends as the row says, and checks where it went. */
  async function tryRow(promise: string, family: FamilyRow, { how, to, way, options, before, send }: PortRow): Promise<void> {
    const { a, sending } = net();
    const group = freshGroup(family, to);
    const text = `${promise} ${how}`;
    await scenario(row(`${promise}: ${how}`, backend, `"${how}" to ${group}`, way), async () => {
      const bystander = await before?.(sending, family, group);
      const given = { ...family.any, ...(promise.startsWith("TTL 0") && { ttl: 0 }), ...options?.(family, a) };
      const destination = { address: group, port: PORT };
      const port = await (send ?? write)(sending, text, destination, given);
      await expectWay(net(), way, family, text);
      await Promise.all([port.do.stopListening(), bystander?.do.stopListening()]);
    });
  }

  test.each(ROUTED_ROWS)("port: $how, IPv4, under a host route to lo: $way", async (given) => {
    await tryRow("A port's way", IPV4, given);
  });

  const boundWay = backend === "native" ? "loopback" : "cable"; // node:dgram can neither ask for the route nor name an interface for it
  test(`port: bound to eth0's address, IPv4, under a host route to lo: ${boundWay}`, async () => {
    const given: PortRow = { how: "bound to eth0's address", to: ROUTED, way: boundWay, options: (_, a) => ({ interface: a.ipv4 }) };
    await tryRow("A port's way", IPV4, given);
  });

  test("port: a datagram with eth0's address as its source, IPv4, under a host route to lo: loopback, or unsupported", async () => {
    const send: PortRow["send"] = async (reactor, text, to, options) => {
      const port = await reactor.listenMulticast(0, options);
      const sent = port.send(text, to, { source: net().a.ipv4 });
      if (backend === "native") await sent;
      else await expect(sent).rejects.toMatchObject({ name: "UnsupportedError", code: "ERR_UNSUPPORTED_OPERATION" });
      return port;
    };
    const way = backend === "native" ? "loopback" : "nowhere";
    await tryRow("A port's way", IPV4, { how: "eth0's address as source of the datagram", to: ROUTED, way, send });
  });

  test("port: TTL 0 to a group with a zone: nowhere but on that interface, or unsupported", async () => {
    const ipv6 = FAMILIES[1]!;
    for (const [group, isHeeded] of [["ff12::2:1", true] as const, ["ff15::2:1", backend === "native"] as const]) {
      const send: PortRow["send"] = async (reactor, text, to, options) => {
        const port = await reactor.listenMulticast(0, options);
        const sent = port.send(text, { address: `${group}%eth0`, port: to.port });
        if (isHeeded) await sent;
        else await expect(sent).rejects.toMatchObject({ name: "UnsupportedError", code: "ERR_UNSUPPORTED_OPERATION" });
        return port;
      };
      const options: PortRow["options"] = () => ({ interface: "::", outgoingInterface: "lo" });
      await tryRow("TTL 0, IPv6", ipv6, { how: `zone eth0 of ${group}, outgoing interface lo`, way: "nowhere", options, send });
    }
  });

  describe.each(FAMILIES)("$family", (family) => {
    test.each(TTL_0_ROWS)("port: TTL 0, $how: $way", async (given) => {
      await tryRow(`TTL 0, ${family.family}`, family, given);
    });

    const unchosen = family.family === "IPv4" ? "loopback" : "nowhere";
    test(`port: TTL 0, no interface chosen: ${unchosen}`, async () => {
      await tryRow(`TTL 0, ${family.family}`, family, { how: "no interface chosen", way: unchosen });
    });

    test("port: TTL 0 after TTL 1 to the same group: nowhere", async () => {
      const how = "set after TTL 1";
      const send: PortRow["send"] = async (reactor, text, to, options) => {
        const port = await reactor.listenMulticast(0, { ...options, ttl: 1, outgoingInterface: "eth0" });
        await port.send(`${text} before`, to);
        await net().cable.saw({ payload: `${text} before` });
        await port.do.setTTL(0);
        await port.send(text, to);
        return port;
      };
      await tryRow(`TTL 0, ${family.family}`, family, { how, way: "nowhere", send });
    });

    test("port: TTL 0, then TTL 1 and another interface in the same turn: nowhere", async () => {
      const send: PortRow["send"] = async (reactor, text, to, options) => {
        const port = await reactor.listenMulticast(0, { ...options, outgoingInterface: "eth0" });
        const write = { method: "write", args: [text, to] };
        await port.inOneTurn([write, { method: "setTTL", args: [1] }, { method: "setOutgoingInterface", args: ["default"] }]);
        return port;
      };
      await tryRow(`TTL 0, ${family.family}`, family, { how: "and TTL 1 in the same turn", way: "nowhere", send });
    });

    test("statistics().suppressed counts what TTL 0 with loopback mode off keeps from everybody", async () => {
      const port = await net().sending.listenMulticast(0, { ...family.any, ttl: 0, loopback: false, outgoingInterface: "eth0" });
      await port.send("for nobody", { address: freshGroup(family), port: PORT });
      expect(await port.do.statistics()).toMatchObject({ suppressed: 1, sent: 0, sendFailed: 0 });
      await port.do.stopListening();
    });

    test("port: TTL 0, interface of the datagram eth0: nowhere, or unsupported", async () => {
      const send: PortRow["send"] = async (reactor, text, to, options) => {
        const port = await reactor.listenMulticast(0, options);
        const sent = port.send(text, to, { interface: "eth0" });
        if (backend === "native") await sent;
        else await expect(sent).rejects.toMatchObject({ name: "UnsupportedError", code: "ERR_UNSUPPORTED_OPERATION" });
        return port;
      };
      await tryRow(`TTL 0, ${family.family}`, family, { how: "interface of the datagram eth0", way: "nowhere", send });
    });
  });
});

describe.each(BACKENDS)("without a route, on %s", (backend) => {
  const net = sharedLab(backend, async (lab) => {
    const [a, b] = [await lab.addHost("a"), await lab.addHost("b")];
    const [near, far] = [a.interface("eth0", ["10.82.0.1/24"]), b.interface("eth0", ["10.82.0.2/24"])];
    await lab.plug(near, far);
    return { near, far, cable: await far.capture(), sending: await RemoteReactor.start(a, backend) };
  });

  test("port: the interface that carries multicast, or ENETUNREACH where nobody can say which", async () => {
    const { cable, sending } = net();
    const way = backend === "native" ? "cable" : "nowhere";
    await scenario(row("Without any route: the first interface that carries multicast", backend, "to 239.255.1.1", way), async () => {
      const port = await sending.listenMulticast(0);
      await port.send("without a route", { address: "239.255.1.1", port: PORT });
      if (backend === "native") await cable.saw({ payload: "without a route" });
      else expect((await port.told("sendFailed")).payload.error).toMatchObject({ code: "ERR_SEND", errnoName: "ENETUNREACH" });
      await port.do.setOutgoingInterface("eth0"); // needs no route, on either
      await port.send("by eth0", { address: "239.255.1.1", port: PORT });
      await cable.saw({ payload: "by eth0" });
      await port.do.stopListening();
    });
  });

  test("port: a route that is added later is heeded, for a bound source address as well", async () => {
    const { near, cable, sending } = net();
    const bound = await sending.listenMulticast(0, { interface: near.ipv4, outgoingInterface: "default" });
    await bound.send("before", { address: "239.255.2.1", port: PORT });
    await cable.saw({ payload: "before" });
    await near.host.loopback.addRoute("239.255.2.0/24");
    const way = backend === "native" ? "loopback" : "cable"; // node:dgram: see the table above
    const loopback = await near.host.loopback.capture();
    const promise = "A route to lo that comes after the first datagram, bound to eth0's address";
    await scenario(row(promise, backend, "to 239.255.2.1", way), async () => {
      await until(
        async () => {
          await bound.send("after", { address: "239.255.2.1", port: PORT });
          return (way === "loopback" ? loopback : cable).count({ payload: "after" }) > 0;
        },
        { what: `datagrams go to ${way}` },
      );
      await bound.do.stopListening();
    });
  });
});

async function write(reactor: RemoteReactor, text: string, to: Destination, options: ConnectOptions): Promise<RemotePort> {
  const port = await reactor.listenMulticast(0, options);
  await port.send(text, to);
  return port;
}
