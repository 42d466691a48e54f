// An option that is given as undefined is an option that is not given, in every call and in plain JavaScript too.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { Reactor } from "@groupcast/reactor";
import { expect, test } from "vitest";
import { FakeBackend } from "../../support/fake-backend.js";
import { Notes, Stage, turn } from "./stage.js";

const GROUP = "239.255.0.1";

/** Call → its options with every one undefined, and one that no call has. */
const CALLS: Readonly<Record<string, (stage: Stage, unknown: object) => unknown>> = {
  "write()": (stage, unknown) => {
    const { port, socket } = stage.listen();
    port.write("x", { address: "192.0.2.1", port: 9 }, { interface: undefined, source: undefined, ...unknown });
    return turn().then(() => expect(socket.sent).toMatchObject([{ text: "x", via: undefined }]));
  },
  "joinGroup()": (stage, unknown) => {
    const { port } = stage.listen();
    port.joinGroup(GROUP, undefined, { source: undefined, whenAvailable: undefined, ...unknown });
    port.leaveGroup(GROUP, undefined, { source: undefined, ...unknown });
    return expect(port.memberships).toEqual([]);
  },
  "network.getInterfaceIPs()": ({ reactor: { network } }, unknown) =>
    expect(network.getInterfaceIPs({ ipv4: undefined, ipv6: undefined, ...unknown })).toEqual(network.getInterfaceIPs()),
  "network.routeTo()": ({ reactor: { network } }, unknown) =>
    expect(network.routeTo("192.0.2.9", { source: undefined, ...unknown })).toEqual(network.routeTo("192.0.2.9")),
  "resolve()": async ({ reactor }, unknown) =>
    expect(await reactor.resolve("192.0.2.1", { family: undefined, signal: undefined, ...unknown })).toBe("192.0.2.1"),
  "run()": async ({ reactor }, unknown) => {
    const running = reactor.run({ installSignalHandlers: undefined, ...unknown });
    await reactor.stop();
    await running;
  },
  Reactor: (_, unknown) =>
    new Reactor({ backend: new FakeBackend(), clock: undefined, resolver: undefined, logger: undefined, ...unknown }).listenUDP(
      0,
      new Notes(),
    ),
};

test.each(Object.entries(CALLS))("%s takes options that are undefined for options that are not given", async (_name, call) => {
  await call(new Stage(), { noneOfOurs: undefined });
});

test.each(Object.entries(CALLS))("%s refuses an option that it does not have", async (_name, call) => {
  const outcome = new Promise((resolve) => resolve(call(new Stage(), { noneOfOurs: 1 })));
  await expect(outcome).rejects.toMatchObject({ code: "ERR_OPTION_UNKNOWN", value: "noneOfOurs" });
});

test("MemoryNetwork takes conditions and limits that are undefined for such that are not given", () => {
  const network = new MemoryNetwork({ seed: undefined, clock: undefined, subnets: undefined, link: { loss: undefined }, trace: undefined });
  network.switch("lan", { delayMs: 5 });
  network.switch("lan", { delayMs: undefined, loss: undefined });
  const host = network.host("a", { switch: undefined, limits: { maxMemberships: undefined, maxReceiveBufferBytes: undefined } });
  const socket = host.openSocket(4, { received() {}, writable() {}, sendFailed() {}, failed() {} });
  if (typeof socket === "number") throw new Error("memory opens sockets");
  expect(socket.setOption("receiveBufferBytes", 1 << 30)).toBe(0);
  expect(socket.getOption("receiveBufferBytes")).toBe(2 * 212_992);
});
