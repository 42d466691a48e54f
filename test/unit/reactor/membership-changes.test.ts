import { ERRNO } from "@groupcast/base";
import { Reactor } from "@groupcast/reactor";
import { expect, test } from "vitest";
import { SILENT } from "../../attack/support/silent.js";
import { ETH0, fakeInterface, LOOPBACK } from "../../support/fake-backend.js";
import { type Listening, Notes, type RecordedEvent, Stage, turn } from "./stage.js";

const GROUP = "239.255.0.1";
const WLAN0 = fakeInterface("wlan0", 3);

/** Membership events in short: "wlan0 joined", with the errno where there is one. */
function briefly(events: readonly RecordedEvent[]): string[] {
  return events.map(([, change]) => {
    const { membership, error } = change as { membership: { interface: string; state: string }; error?: { errnoName: string } };
    return [membership.interface, membership.state, ...(error === undefined ? [] : [error.errnoName])].join(" ");
  });
}

test.each([
  ["its name", "wlan0"],
  ["its index", 3],
  ["its address", "192.0.2.3"],
])("an interface that was waited for by %s is joined when it appears", async (_how, on) => {
  const stage = new Stage();
  const { port, socket, events } = stage.listen();
  port.joinGroup(GROUP, on);
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  expect(socket.memberships).toEqual([`${GROUP} wlan0 -`]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "wlan0", state: "joined" }]);
  await turn();
  expect(briefly(events)).toEqual([`${on} waiting`, "wlan0 joined"]);
});

test("an interface that is deleted is lost, its slot freed, and joined again when it was made again", async () => {
  const stage = new Stage();
  const { port, socket, events } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  stage.backend.network.change([LOOPBACK]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "eth0", state: "lost" }]);
  expect(socket.memberships).toEqual([]);
  stage.backend.network.change([LOOPBACK, fakeInterface("eth0", 9)]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "eth0", state: "joined" }]);
  expect(socket.memberships).toEqual([`${GROUP} eth0 -`]);
  await turn();
  expect(briefly(events)).toEqual(["eth0 joined", "eth0 lost", "eth0 joined"]);
});

test("an interface that is joined before the news of it, and is gone before the next, is lost", async () => {
  const stage = new Stage();
  const { port, events } = stage.listen();
  stage.reactor.network.on("change", () => {});
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0], false);
  port.joinGroup(GROUP, "wlan0");
  await turn();
  stage.backend.network.change([LOOPBACK, ETH0]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "wlan0", state: "lost" }]);
  await turn();
  expect(briefly(events)).toEqual(["wlan0 joined", "wlan0 lost"]);
});

test("an interface that was deleted and made again between two looks is lost and joined at once", async () => {
  const stage = new Stage();
  const { port, events } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  stage.backend.network.change([LOOPBACK, fakeInterface("eth0", 9)]);
  await turn();
  expect(briefly(events)).toEqual(["eth0 joined", "eth0 lost", "eth0 joined"]);
  expect(port.memberships).toMatchObject([{ state: "joined" }]);
});

test("an interface that was deleted and made again with its old index between two looks is lost and joined at once", async () => {
  const stage = new Stage();
  const { port, socket, events } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  port.joinGroup("239.255.0.2", "wlan0");
  const changes: unknown[] = [];
  const names = (interfaces: readonly { readonly name: string }[]): string[] => interfaces.map(({ name }) => name);
  stage.reactor.network.on("change", ({ added, removed, changed }) => changes.push([names(removed), names(changed), names(added)]));
  stage.backend.calls.length = 0;
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0], true, [ETH0.index, WLAN0.index]);
  await turn();
  expect(stage.backend.calls.filter((call) => call === "join" || call === "leave")).toEqual(["leave", "join", "join"]);
  expect(briefly(events)).toEqual(["eth0 joined", "wlan0 waiting", "eth0 lost", "wlan0 joined", "eth0 joined"]);
  expect(changes).toEqual([
    [["eth0"], [], ["wlan0"]],
    [[], [], ["eth0"]],
  ]);
  expect(socket.memberships.toSorted()).toEqual([`${GROUP} eth0 -`, "239.255.0.2 wlan0 -"]);
});

test.each([
  ["its old name", "eth0"],
  ["another name", "eth1"],
])(
  "every port of a thread leaves an interface that was made again with its old index and %s before one of them joins it",
  async (_how, name) => {
    const stage = new Stage();
    const calls: string[] = [];
    const follow = (number: number, { port, socket }: Listening): void => {
      for (const method of ["join", "leave"] as const) {
        const act = socket[method].bind(socket);
        socket[method] = (...wish) => {
          calls.push(`${number} ${method}`);
          return act(...wish);
        };
      }
      port.joinGroup(GROUP, ETH0.index);
    };
    follow(1, stage.listenMulticast({ listenMultiple: true }));
    follow(2, stage.listenMulticast({ listenMultiple: true }));
    const other = new Reactor({ backend: stage.backend, clock: stage.clock, logger: SILENT });
    const protocol = new Notes();
    const port = other.listenMulticast(9998, protocol);
    follow(3, { port, protocol, socket: stage.backend.last, events: [] });
    calls.length = 0;
    stage.backend.network.change([LOOPBACK, fakeInterface(name, ETH0.index)], true, [ETH0.index]);
    await turn();
    expect(calls).toEqual(["1 leave", "2 leave", "3 leave", "1 join", "2 join", "3 join"]);
  },
);

test.each(["0.0.0.0", "::"])(
  "memberships of %s whose interface the kernel chose are all left before one is joined, where an interface was made again with its old index",
  async (address) => {
    const stage = new Stage({ without: ["routes"] });
    const group = address === "::" ? "ff15::1" : GROUP;
    const ports = [1, 2].map(() => stage.listenMulticast({ listenMultiple: true, interface: address }));
    for (const { port } of ports) port.joinGroup(group);
    await turn();
    stage.backend.calls.length = 0;
    stage.backend.network.change([LOOPBACK, ETH0], true, [ETH0.index]);
    await turn();
    const calls = stage.backend.calls.filter((call) => call === "join" || call === "leave");
    expect(calls.lastIndexOf("leave")).toBeGreaterThan(0);
    expect(calls.lastIndexOf("leave")).toBeLessThan(calls.indexOf("join"));
    for (const { socket, port } of ports) {
      expect(socket.memberships).toEqual([`${group} - -`]);
      expect(port.memberships).toMatchObject([{ interface: "default", state: "joined" }]);
    }
    expect(ports.map(({ events }) => briefly(events))).toEqual([1, 2].map(() => ["default joined", "default lost", "default joined"]));
  },
);

test("a membership whose interface the kernel chose is joined again, also if the interface that was made again is gone by then", async () => {
  const stage = new Stage({ without: ["routes"] });
  const { port, socket, events } = stage.listen();
  port.joinGroup(GROUP);
  stage.backend.network.change([LOOPBACK, ETH0], true, [ETH0.index]);
  stage.backend.network.change([LOOPBACK], false);
  await turn();
  expect(socket.memberships).toEqual([`${GROUP} - -`]);
  expect(briefly(events)).toEqual(["default joined", "default lost", "default joined"]);
});

test("a port that is about to close leaves an interface that was made again with its old index, too, and reports nothing", async () => {
  const stage = new Stage();
  const { port, socket, events } = stage.listen({ maxBytesPerSecond: 100 });
  port.joinGroup(GROUP, "eth0");
  port.joinGroup(GROUP, "lo");
  for (let i = 0; i < 3; i++) port.write(Buffer.alloc(100), { address: "192.0.2.9", port: 1 });
  await turn();
  events.length = 0;
  const stopped = port.stopListening();
  stage.backend.network.change([LOOPBACK, ETH0], true, [ETH0.index]);
  await turn();
  expect(socket.memberships).toEqual([`${GROUP} lo -`]);
  expect(events).toEqual([]);
  await stage.clock.advance(1_000);
  await stopped;
});

test.each([
  ["may have been missed, and its MAC address is another one", "02:00:00:00:00:09", false, ["eth0 joined", "eth0 lost", "eth0 joined"]],
  ["may have been missed, but its MAC address is the old one", "02:00:00:00:00:01", false, ["eth0 joined"]],
  ["cannot have been missed, though its MAC address is another one", "02:00:00:00:00:09", true, ["eth0 joined"]],
])("an interface whose deletion %s keeps its membership, or is lost and joined", async (_how, mac, areAll, expected) => {
  const stage = new Stage();
  stage.backend.network.change([LOOPBACK, { ...ETH0, mac: "02:00:00:00:00:01" }]);
  const { port, events } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  stage.backend.network.change([LOOPBACK, { ...ETH0, mac }], true, [], areAll);
  stage.backend.network.change([LOOPBACK, { ...ETH0, mac: "02:00:00:00:00:0a" }], true, [], true); // now none has been missed
  await turn();
  expect(briefly(events)).toEqual(expected);
});

test("an interface that was made again with its old index while the OS did not list it is lost and joined later", async () => {
  const stage = new Stage();
  const { port, events } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  stage.backend.network.refusals.interfaces.push("EMFILE");
  stage.backend.network.change([LOOPBACK, ETH0], true, [ETH0.index]);
  await turn();
  expect(briefly(events)).toEqual(["eth0 joined"]);
  await stage.clock.runUntil(1_000);
  await turn();
  expect(briefly(events)).toEqual(["eth0 joined", "eth0 lost", "eth0 joined"]);
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  await turn();
  expect(briefly(events)).toEqual(["eth0 joined", "eth0 lost", "eth0 joined"]); // the deletion counts once
});

test("an interface whose deletion may have been missed while the OS listed none is still held to its MAC address", async () => {
  const stage = new Stage();
  stage.backend.network.change([LOOPBACK, { ...ETH0, mac: "02:00:00:00:00:01" }]);
  const { port, events } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  stage.backend.network.refusals.interfaces.push("EMFILE");
  const replaced = [LOOPBACK, { ...ETH0, mac: "02:00:00:00:00:09" }];
  stage.backend.network.change(replaced, true, [], false);
  stage.backend.network.change(replaced, true, [], true);
  await turn();
  expect(briefly(events)).toEqual(["eth0 joined", "eth0 lost", "eth0 joined"]);
});

test("an interface that goes down and up, or gets other addresses, keeps its memberships", async () => {
  const stage = new Stage();
  const { port, events } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  port.joinGroup("239.255.0.2", "192.0.2.2");
  stage.backend.calls.length = 0;
  stage.backend.network.change([LOOPBACK, { ...ETH0, flags: { ...ETH0.flags, up: false } }]);
  stage.backend.network.change([LOOPBACK, { ...ETH0, addresses: [] }]);
  stage.backend.network.change([LOOPBACK, ETH0]);
  await turn();
  expect(stage.backend.calls.filter((call) => call === "join" || call === "leave")).toEqual([]);
  expect(briefly(events)).toEqual(["eth0 joined", "eth0 joined"]);
});

test("a wish for an index does not follow a name to another index", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.joinGroup(GROUP, 2);
  stage.backend.network.change([LOOPBACK, fakeInterface("eth0", 9)]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "eth0", state: "lost" }]);
});

test("a wish for an address follows it to another interface when the first is gone", () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP, "192.0.2.2");
  stage.backend.network.change([LOOPBACK, { ...WLAN0, addresses: ETH0.addresses }]);
  expect(socket.memberships).toEqual([`${GROUP} wlan0 -`]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "wlan0", state: "joined" }]);
});

test("a wish for the default moves with the route when its interface is gone, and not before", async () => {
  const stage = new Stage({ interfaces: [LOOPBACK, ETH0, WLAN0] });
  const { port, socket, events } = stage.listen();
  port.joinGroup(GROUP);
  stage.backend.network.routes.set("default", "wlan0");
  stage.backend.network.change([LOOPBACK, { ...ETH0, mtu: 9000 }, WLAN0]);
  expect(socket.memberships).toEqual([`${GROUP} eth0 -`]);
  stage.backend.network.change([LOOPBACK, WLAN0]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "wlan0", state: "joined" }]);
  await turn();
  expect(briefly(events)).toEqual(["eth0 joined", "eth0 lost", "wlan0 joined"]);
});

test("a wish for the default that took loopback moves to an interface that comes, and takes no other's", async () => {
  const stage = new Stage({ interfaces: [LOOPBACK] });
  stage.backend.network.routes.clear();
  const { port, socket, events } = stage.listen();
  port.joinGroup(GROUP);
  expect(socket.memberships).toEqual([`${GROUP} lo -`]);
  stage.backend.network.change([LOOPBACK, ETH0]);
  expect(socket.memberships).toEqual([`${GROUP} eth0 -`]);
  await turn();
  expect(briefly(events)).toEqual(["lo joined", "lo lost", "eth0 joined"]);
});

test("a wish for the default stays on loopback while another wish has the better interface", async () => {
  const stage = new Stage();
  stage.backend.network.routes.set("default", "lo");
  const { port, socket, events } = stage.listen();
  port.joinGroup(GROUP);
  port.joinGroup(GROUP, "eth0");
  stage.backend.network.routes.set("default", "eth0");
  stage.backend.network.change([LOOPBACK, { ...ETH0, mtu: 9000 }]);
  expect(socket.memberships).toEqual([`${GROUP} lo -`, `${GROUP} eth0 -`]);
  await turn();
  expect(briefly(events)).toEqual(["lo joined", "eth0 joined"]);
});

test("a wish for loopback by its name stays there when another interface comes", async () => {
  const stage = new Stage({ interfaces: [LOOPBACK] });
  const { port, socket, events } = stage.listen();
  port.joinGroup(GROUP, "lo");
  stage.backend.network.change([LOOPBACK, ETH0]);
  expect(socket.memberships).toEqual([`${GROUP} lo -`]);
  await turn();
  expect(briefly(events)).toEqual(["lo joined"]);
});

test("a port that is stopped has no memberships, and joins nothing when interfaces change", async () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  port.joinGroup(GROUP, "wlan0");
  await port.stopListening();
  expect(port.memberships).toEqual([]);
  stage.backend.calls.length = 0;
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  expect(stage.backend.calls).toEqual([]);
});

test("a wish for the default waits where there is no interface at all, and is joined when one comes", () => {
  const stage = new Stage({ interfaces: [] });
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "default", state: "waiting" }]);
  stage.backend.network.change([ETH0]);
  expect(socket.memberships).toEqual([`${GROUP} eth0 -`]);
});

test("a wish for the default waits for the network where the backend knows no routes", async () => {
  const stage = new Stage({ without: ["routes"], interfaces: [] });
  const { port, events } = stage.listen();
  stage.backend.refuse("join", "ENODEV");
  port.joinGroup(GROUP);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "default", state: "waiting" }]);
  stage.backend.network.change([ETH0]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "default", state: "joined" }]);
  await turn();
  expect(briefly(events)).toEqual(["default waiting", "default waiting ENODEV", "default joined"]);
});

test("an IPv4 membership whose interface the kernel chose moves when that is gone, and is left as often as it was joined", async () => {
  const stage = new Stage({ without: ["routes"] });
  const { port, socket, events } = stage.listen();
  port.joinGroup(GROUP);
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  await turn();
  expect(briefly(events)).toEqual(["default joined"]); // the kernel refuses a second join: the first is there still
  socket.leave(GROUP, undefined, undefined); // as the kernel does when the interface that it chose is deleted
  stage.backend.network.change([LOOPBACK, ETH0]);
  expect(socket.memberships).toEqual([`${GROUP} - -`]);
  await turn();
  expect(briefly(events)).toEqual(["default joined", "default lost", "default joined"]);
  const asked: (string | undefined)[] = [];
  socket.leave = (_group, at) => {
    asked.push(at?.name);
    return 0;
  };
  port.leaveGroup(GROUP);
  expect(asked).toEqual([undefined, "lo"]); // joined twice, left twice
  expect(port.memberships).toEqual([]);
});

test("a membership whose interface the kernel chose is looked for on each interface, also on those of the time when it was joined", () => {
  const stage = new Stage({ without: ["routes"] });
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP);
  stage.backend.network.change([LOOPBACK, WLAN0]);
  const asked: (string | undefined)[] = [];
  socket.leave = (_group, at) => {
    asked.push(at?.name);
    return at === undefined ? ERRNO.ENODEV : ERRNO.EADDRNOTAVAIL;
  };
  expect(() => port.leaveGroup(GROUP)).toThrow(expect.objectContaining({ code: "ERR_LEAVE", errnoName: "ENODEV" }));
  expect(asked).toEqual([undefined, "lo", "wlan0", "eth0"]);
  expect(port.memberships).toEqual([]);
});

test("a membership whose interface the kernel chose is left beside one on a named interface that another socket of the port holds", () => {
  const stage = new Stage({ without: ["routes"] });
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP);
  stage.backend.refuse("join", "ENOBUFS"); // the first socket is full
  port.joinGroup(GROUP, "eth0");
  expect(socket.memberships).toEqual([`${GROUP} - -`]);
  port.leaveGroup(GROUP);
  expect(socket.memberships).toEqual([]);
});

test("a membership on an interface that was named is left once", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  stage.backend.calls.length = 0;
  port.leaveGroup(GROUP, "eth0");
  expect(stage.backend.calls).toEqual(["leave"]);
});

test("an IPv6 membership whose interface the kernel chose is lost when it cannot be renewed, and joined when it can", async () => {
  const stage = new Stage({ without: ["routes"] });
  const { port, socket, events } = stage.listen({ interface: "::" });
  port.joinGroup("ff15::1");
  expect(socket.memberships).toEqual(["ff15::1 - -"]);
  stage.backend.refuse("join", "ENODEV", "ENODEV"); // to renew it, and to join it after that
  stage.backend.network.change([LOOPBACK]);
  expect(socket.memberships).toEqual([]);
  expect(port.memberships).toEqual([{ group: "ff15::1", interface: "default", state: "lost" }]);
  stage.backend.network.change([LOOPBACK, ETH0]);
  expect(socket.memberships).toEqual(["ff15::1 - -"]);
  expect(port.memberships).toEqual([{ group: "ff15::1", interface: "default", state: "joined" }]);
  await turn();
  expect(briefly(events)).toEqual(["default joined", "default lost", "default lost ENODEV", "default joined"]);
});

test("an IPv6 membership whose interface the kernel chose is renewed silently when interfaces change", async () => {
  const stage = new Stage({ without: ["routes"] });
  const { port, socket, events } = stage.listen({ interface: "::" });
  port.joinGroup("ff15::1");
  stage.backend.calls.length = 0;
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  expect(stage.backend.calls.filter((call) => call === "join" || call === "leave")).toEqual(["leave", "join"]);
  expect(socket.memberships).toEqual(["ff15::1 - -"]);
  await turn();
  expect(briefly(events)).toEqual(["default joined"]);
});

test('a wish for "all" joins what appears, and forgets what goes', async () => {
  const stage = new Stage();
  const { port, socket, events } = stage.listen();
  port.joinGroup(GROUP, "all");
  for (let index = 10; index < 30; index++) {
    stage.backend.network.change([LOOPBACK, ETH0, fakeInterface(`veth${index}`, index)]);
  }
  stage.backend.network.change([LOOPBACK, ETH0]);
  expect(port.memberships.map(({ interface: on, state }) => `${on} ${state}`)).toEqual(["lo joined", "eth0 joined"]);
  expect(socket.memberships).toEqual([`${GROUP} lo -`, `${GROUP} eth0 -`]);
  await turn();
  expect(briefly(events).slice(0, 5)).toEqual(["lo joined", "eth0 joined", "veth10 joined", "veth10 lost", "veth11 joined"]);
});

test('a wish for "all" whose interfaces are all gone waits', () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.joinGroup(GROUP, "all");
  stage.backend.network.change([]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "all", state: "waiting" }]);
  stage.backend.network.change([LOOPBACK]);
  expect(port.memberships).toEqual([{ group: GROUP, interface: "lo", state: "joined" }]);
});

test("a late join that the OS refuses is told once with its error, tried at every change, and told again when the reason changes", async () => {
  const stage = new Stage();
  const { port, events } = stage.listen();
  port.joinGroup(GROUP, "wlan0");
  stage.backend.refuse("join", "EINVAL", "EINVAL", "EPERM");
  for (const mtu of [1, 2, 3, 4]) stage.backend.network.change([LOOPBACK, ETH0, { ...WLAN0, mtu }]);
  await turn();
  expect(briefly(events)).toEqual(["wlan0 waiting", "wlan0 waiting EINVAL", "wlan0 waiting EPERM", "wlan0 joined"]);
  expect(events[1]).toMatchObject(["membership", { error: { code: "ERR_JOIN", group: GROUP, interface: "wlan0", errno: ERRNO.EINVAL } }]);
});

test("a refusal is told again after the interface was gone meanwhile", async () => {
  const stage = new Stage();
  const { port, events } = stage.listen();
  port.joinGroup(GROUP, "wlan0");
  stage.backend.refuse("join", "EINVAL", "EINVAL");
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  stage.backend.network.change([LOOPBACK, ETH0]);
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  await turn();
  expect(briefly(events)).toEqual(["wlan0 waiting", "wlan0 waiting EINVAL", "wlan0 waiting EINVAL"]);
});

test("a rejoin that the OS refuses leaves the membership lost", async () => {
  const stage = new Stage();
  const { port, events } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  stage.backend.refuse("join", "ENOMEM");
  stage.backend.refuse("openSocket", "EMFILE");
  stage.backend.network.change([LOOPBACK, fakeInterface("eth0", 9)]);
  await turn();
  expect(briefly(events)).toEqual(["eth0 joined", "eth0 lost", "eth0 lost ENOMEM"]);
  expect(port.memberships).toMatchObject([{ state: "lost" }]);
});

test("a rejoin shuts out again the sources that were shut out", () => {
  const stage = new Stage();
  const { port, socket } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  port.blockSource(GROUP, "192.0.2.9", "eth0");
  stage.backend.network.change([LOOPBACK, fakeInterface("eth0", 9)]);
  expect(socket.blocked).toContain(`${GROUP} eth0 192.0.2.9`);
  expect(stage.backend.calls.filter((call) => call === "blockSource")).toHaveLength(2);
});

test("a rejoin that cannot shut out again who was shut out is none", async () => {
  const stage = new Stage();
  const { port, socket, events } = stage.listen();
  port.joinGroup(GROUP, "eth0");
  port.blockSource(GROUP, "192.0.2.9", "eth0");
  await turn();
  events.length = 0;
  stage.backend.refuse("blockSource", "ENOBUFS");
  stage.backend.network.change([LOOPBACK, fakeInterface("eth0", 9)]);
  await turn();
  expect(socket.memberships).toEqual([]);
  expect(events).toMatchObject([
    ["membership", { membership: { state: "lost" } }],
    ["membership", { membership: { state: "lost" }, error: { code: "ERR_SOURCE_FILTER", errnoName: "ENOBUFS", source: "192.0.2.9" } }],
  ]);
});

test("a port that has stopped follows no changes", async () => {
  const stage = new Stage();
  const { port } = stage.listen();
  port.joinGroup(GROUP, "wlan0");
  const stopped = port.stopListening();
  stage.backend.calls.length = 0;
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  expect(stage.backend.calls).toEqual([]);
  await stopped;
});

test("what one port throws while it follows a change is told, and the others follow", () => {
  const stage = new Stage();
  const errors: unknown[] = [];
  stage.reactor.on("error", (error) => errors.push(error));
  const first = stage.listen();
  first.port.joinGroup(GROUP, "wlan0");
  const broken = new TypeError("a defect of a backend");
  first.socket.join = () => {
    throw broken;
  };
  const second = stage.listenMulticast.call(stage, { interface: "::" });
  second.port.joinGroup("ff15::1", "wlan0");
  stage.backend.network.change([LOOPBACK, ETH0, WLAN0]);
  expect(errors).toEqual([broken]);
  expect(second.port.memberships).toMatchObject([{ state: "joined" }]);
});
