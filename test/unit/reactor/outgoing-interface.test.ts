// The outgoing interface is desired state: one that is not there yet is waited for, and nothing leaves elsewhere meanwhile.
import { describe, expect, test } from "vitest";
import { ETH0, fakeInterface, LOOPBACK } from "../../support/fake-backend.js";
import { type Listening, Notes, recordEvents, Stage, turn } from "./stage.js";

const TO_GROUP = { address: "239.255.0.1", port: 5000 };
const WLAN0 = fakeInterface("wlan0", 7);
const WLAN0_AGAIN = fakeInterface("wlan0", 8);
const HERE = [LOOPBACK, ETH0];

/** Choices that are equivalent on a host where wlan0 is missing. */
const WAYS: readonly (readonly [how: string, choose: (stage: Stage, selector: string) => Listening])[] = [
  [
    "setOutgoingInterface()",
    (stage, selector) => {
      const listening = stage.listen();
      listening.port.setOutgoingInterface(selector);
      return listening;
    },
  ],
  ["listenMulticast({ outgoingInterface })", (stage, selector) => stage.listenMulticast({ outgoingInterface: selector })],
  [
    "connectUDP({ outgoingInterface })",
    (stage, selector) => {
      const protocol = new Notes();
      const port = stage.reactor.connectUDP(TO_GROUP.address, TO_GROUP.port, protocol, { outgoingInterface: selector });
      return { port, protocol, socket: stage.backend.last, events: recordEvents(port) };
    },
  ],
];

function warnings({ log }: Stage): string[] {
  return log.filter(({ level }) => level === "warn").map(({ message }) => message);
}

/** Writes to the group; returns what became of it. */
async function fate({ port, socket, events }: Listening): Promise<unknown> {
  socket.sent.length = events.length = 0;
  expect(port.write("x", TO_GROUP)).toBe(true);
  await turn();
  if (socket.sent.length > 0) return socket.multicastInterface;
  return events.flatMap(([event, payload]) => (event === "sendFailed" ? [payload] : []))[0];
}

describe.each(WAYS)("%s", (_, choose) => {
  test("waits for an interface that does not exist, warns at once with those that do, and sends by it when it comes", async () => {
    const stage = new Stage();
    const listening = choose(stage, "wlan0");
    expect(warnings(stage)).toEqual([expect.stringMatching(/^Notes on \d+: waiting for interface "wlan0"; present: lo, eth0$/)]);
    expect(listening.port.getOutgoingInterface()).toBe("wlan0");
    expect(listening.port.outgoingInterface).toEqual({ interface: "wlan0", state: "waiting" });
    expect(await fate(listening)).toMatchObject({
      error: { code: "ERR_SEND", errnoName: "ENODEV", interface: "wlan0" },
      to: TO_GROUP,
    });
    stage.backend.network.change([...HERE, WLAN0]);
    expect(listening.port.outgoingInterface).toEqual({ interface: "wlan0", state: "active" });
    expect(await fate(listening)).toBe("wlan0");
    expect(listening.port.statistics()).toMatchObject({ sent: 1, sendFailed: 1 });
    expect(warnings(stage)).toHaveLength(1);
  });

  test("fails while the interface is gone, and sends by it when it returns with another index", async () => {
    const stage = new Stage({ interfaces: [...HERE, WLAN0] });
    const listening = choose(stage, "wlan0");
    expect(await fate(listening)).toBe("wlan0");
    stage.backend.network.change(HERE);
    expect(listening.port.outgoingInterface).toEqual({ interface: "wlan0", state: "lost" });
    expect(await fate(listening)).toMatchObject({ error: { errnoName: "ENODEV", interface: "wlan0" } });
    listening.socket.multicastInterface = undefined;
    stage.backend.network.change([...HERE, WLAN0_AGAIN]);
    expect(await fate(listening)).toBe("wlan0");
    expect(warnings(stage)).toEqual([]); // it existed: no misspelling
  });
});

test.each<[selector: string | number, shown: string]>([
  ["192.0.2.77", "192.0.2.77"],
  [77, "77"],
  ["::%nosuch", "nosuch"],
  ["a\u001bname", "a\\u001bname"],
])("an interface selected by %o is waited for, too", async (selector, shown) => {
  const stage = new Stage();
  const listening = stage.listen();
  listening.port.setOutgoingInterface(selector);
  expect(warnings(stage)).toEqual([`Notes on 9999: waiting for interface "${shown}"; present: lo, eth0`]);
  expect(await fate(listening)).toMatchObject({ error: { errnoName: "ENODEV" } });
});

test("`outgoingInterface` reports each change of the state, from the event loop", async () => {
  const stage = new Stage();
  const { port } = stage.listen();
  const told = recordEvents(port, ["outgoingInterface"]);
  const { network } = stage.backend;
  const reported = async (): Promise<unknown[]> => {
    expect(told).toEqual([]);
    await turn();
    return told.splice(0).map(([, change]) => (change as { outgoingInterface: object }).outgoingInterface);
  };
  port.setOutgoingInterface("wlan0");
  port.setOutgoingInterface("wlan0");
  expect(await reported()).toEqual([{ interface: "wlan0", state: "waiting" }]);
  network.change([...HERE, WLAN0]);
  network.change([...HERE, fakeInterface("eth5", 5), WLAN0]);
  expect(await reported()).toEqual([{ interface: "wlan0", state: "active" }]);
  network.change([...HERE, WLAN0_AGAIN]); // deleted and made again, between two looks
  expect(await reported()).toEqual([
    { interface: "wlan0", state: "lost" },
    { interface: "wlan0", state: "active" },
  ]);
  network.change(HERE);
  expect(await reported()).toEqual([{ interface: "wlan0", state: "lost" }]);
  port.setOutgoingInterface("default");
  expect(await reported()).toEqual([{ interface: "default", state: "active" }]);
});

test("an interface chosen by its address keeps multicast while it exists, whatever its addresses are", async () => {
  const stage = new Stage();
  const listening = stage.listen();
  listening.port.setOutgoingInterface("192.0.2.2");
  stage.backend.network.change([LOOPBACK, { ...ETH0, addresses: [] }]);
  expect(listening.port.outgoingInterface).toEqual({ interface: "eth0", state: "active" });
  expect(await fate(listening)).toBe("eth0");
});

test("a datagram that names its own interface leaves by it while the chosen one is waited for", async () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.setOutgoingInterface("wlan0");
  port.write("x", TO_GROUP, { interface: "eth0" });
  port.write("unicast", { address: "192.0.2.9", port: 9 });
  await turn();
  expect(socket.sent.map(({ text, via }) => [text, via?.interfaceIndex])).toEqual([
    ["x", ETH0.index],
    ["unicast", undefined],
  ]);
});

test("datagrams written before an interface that does not exist was chosen leave as they were written", async () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.write("before", TO_GROUP);
  port.setOutgoingInterface("wlan0");
  port.write("after", TO_GROUP);
  await turn();
  expect(socket.texts).toEqual(["before"]);
});

test.each([0, 1])("with TTL %i nothing reaches the network while the chosen interface is waited for", async (ttl) => {
  const stage = new Stage();
  const listening = stage.listen();
  listening.port.setTTL(ttl);
  listening.port.setOutgoingInterface("wlan0");
  listening.port.setTTL(1);
  listening.port.setTTL(ttl);
  expect(await fate(listening)).toMatchObject({ error: { errnoName: "ENODEV", interface: "wlan0" } });
  listening.port.setOutgoingInterface("default");
  expect(await fate(listening)).toBe(ttl === 0 ? "lo" : undefined);
});

test.each(["ENODEV", "EADDRNOTAVAIL"])("an interface that the OS refuses with %s as it is set is waited for", async (errno) => {
  const stage = new Stage();
  const listening = stage.listen();
  stage.backend.refuse("setMulticastInterface", errno);
  listening.port.setOutgoingInterface("eth0");
  expect(listening.port.outgoingInterface).toEqual({ interface: "eth0", state: "waiting" });
  expect(await fate(listening)).toMatchObject({ error: { errnoName: errno, interface: "eth0" } });
  stage.backend.network.change([...HERE, WLAN0]);
  expect(await fate(listening)).toBe("eth0");
});

test("a refusal that comes later is reported once, datagrams fail with it, and the interface is tried again", async () => {
  const stage = new Stage();
  const listening = stage.listen();
  listening.port.setOutgoingInterface("wlan0");
  await turn();
  const told = recordEvents(listening.port, ["outgoingInterface"]);
  stage.backend.refuse("setMulticastInterface", "EPERM", "EPERM");
  stage.backend.network.change([...HERE, WLAN0]);
  stage.backend.network.change([...HERE, WLAN0, fakeInterface("eth5", 5)]);
  await turn();
  const error = { code: "ERR_SET_OPTION", errnoName: "EPERM", interface: "wlan0", operation: "setOutgoingInterface" };
  expect(told).toMatchObject([["outgoingInterface", { outgoingInterface: { interface: "wlan0", state: "waiting" }, error }]]);
  expect(await fate(listening)).toMatchObject({ error: { errnoName: "EPERM", interface: "wlan0" } });
  stage.backend.network.change([...HERE, WLAN0]);
  expect(await fate(listening)).toBe("wlan0");
});

test("a backend that throws as the interface is set again leaves the choice inactive: nothing leaves elsewhere", async () => {
  const stage = new Stage();
  const listening = stage.listen();
  listening.port.setOutgoingInterface("eth0");
  const { setMulticastInterface } = listening.socket;
  listening.socket.setMulticastInterface = () => {
    throw new Error("a defect of a backend");
  };
  stage.backend.network.change([...HERE, WLAN0]);
  listening.socket.setMulticastInterface = setMulticastInterface;
  expect(await fate(listening)).toMatchObject({ error: { errnoName: "ENODEV" } });
});

test("a group joined without an interface waits together with the outgoing one, and joins there", async () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.setOutgoingInterface("wlan0");
  port.joinGroup(TO_GROUP.address);
  expect(socket.memberships).toEqual([]);
  expect(port.memberships).toMatchObject([{ interface: "default", state: "waiting" }]);
  stage.backend.network.change([...HERE, WLAN0]);
  expect(socket.memberships).toEqual([`${TO_GROUP.address} wlan0 -`]);
});

test.each(["eth0", "default"])("such a group is joined at once when %s is chosen instead", (other) => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.setOutgoingInterface("wlan0");
  port.joinGroup(TO_GROUP.address);
  port.setOutgoingInterface(other);
  expect(socket.memberships).toEqual([`${TO_GROUP.address} eth0 -`]);
});

test("without routes, too, such a group waits, rather than being joined where the kernel chooses", () => {
  const stage = new Stage({ without: ["routes"] });
  const { port, socket } = stage.listen();
  port.setOutgoingInterface("wlan0");
  port.joinGroup(TO_GROUP.address);
  expect(socket.memberships).toEqual([]);
});

test("joining on an interface that does not exist warns, once for each interface of a port", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.joinGroup("239.255.0.1", "eht0");
  port.joinGroup("239.255.0.2", "eht0");
  port.setOutgoingInterface("eht0");
  port.joinGroup("239.255.0.1", "wlan0");
  port.joinGroup("239.255.0.3", "all");
  port.joinGroup("239.255.0.4");
  expect(warnings(stage)).toEqual([
    'Notes on 9999: waiting for interface "eht0"; present: lo, eth0',
    'Notes on 9999: waiting for interface "wlan0"; present: lo, eth0',
  ]);
});

test("a name with a NUL, which no interface can have, is refused rather than waited for", () => {
  const { port } = new Stage().listenMulticast();
  expect(() => port.setOutgoingInterface("eth0\0")).toThrow(expect.objectContaining({ code: "ERR_INTERFACE_UNKNOWN" }));
});
