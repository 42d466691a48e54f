// Whatever node:dgram refuses, ours refuses in the same words: each row runs on both, and the errors are compared field by field.

import nodeDgram from "node:dgram";
import dgramOfGroupcast, { type Socket } from "@groupcast/dgram";
import { afterEach, describe, expect, test } from "vitest";
import { bindLoopback, MODULES, thrownBy } from "./modules.js";

type Call = (socket: Socket) => unknown;
type Loose = Record<string, (...args: unknown[]) => unknown>;

const [[, theirs]] = MODULES;
const opened: Socket[] = [];

afterEach(() => {
  for (const socket of opened.splice(0)) if (thrownBy(() => socket.address())?.code !== "ERR_SOCKET_DGRAM_NOT_RUNNING") socket.close();
});

function make(module: typeof theirs, type: "udp4" | "udp6" = "udp4"): Socket {
  const socket = module.createSocket(type);
  socket.on("error", () => {});
  opened.push(socket);
  return socket;
}

function call(method: string, ...args: unknown[]): Call {
  return (socket) => (socket as unknown as Loose)[method]!(...args);
}

function throwing(): never {
  throw new Error("no text");
}

const LONG_TEXT = "a".repeat(40);

const UNBOUND: readonly Call[] = [
  call("address"),
  call("remoteAddress"),
  call("disconnect"),
  call("setBroadcast", true),
  ...[4, 0, 256, "x", undefined].map((ttl) => call("setTTL", ttl)),
  ...[4, -1, 256, null].map((ttl) => call("setMulticastTTL", ttl)),
  call("setMulticastLoopback", true),
  ...["127.0.0.1", "x", "", undefined, 5].map((address) => call("setMulticastInterface", address)),
  ...[1000, -1, 1.5, "5", 2 ** 32, 2 ** 31].map((size) => call("setRecvBufferSize", size)),
  call("getRecvBufferSize"),
  call("getSendBufferSize"),
  ...[undefined, "", "x", "1.2.3.4", 5].map((group) => call("addMembership", group)),
  ...["1.2.3.4", "x", "", 5, {}].map((at) => call("addMembership", "239.1.2.3", at)),
  call("dropMembership"),
  call("dropMembership", "239.1.2.3"),
  call("addSourceSpecificMembership"),
  call("addSourceSpecificMembership", "127.0.0.1"),
  call("addSourceSpecificMembership", "x", "y"),
  call("dropSourceSpecificMembership", "127.0.0.1", "232.1.2.3", "127.0.0.1"),
  ...[undefined, 0, 65_536, "12x", "", -1, 1.5, Number.NaN, null, {}, [], true, 10n, Symbol("s"), LONG_TEXT].map((port) =>
    call("connect", port),
  ),
  call("connect", 1, 5),
  call("connect", 1, null),
  ...[undefined, null, 5, {}, true, ["x", 5]].map((data) => call("send", data, 1)),
  ...[undefined, 0, 65_536, "80a", {}, [], true, 10n, Symbol("s"), LONG_TEXT, () => {}].map((port) => call("send", "x", port)),
  call("send", "x", 1, 5),
  call("send", "x", 1, {}),
  call("send", "x", 5, 1, 1),
  call("send", "x", 0, 5, 1),
  call("send", "x", -1, 1, 1),
  call("send", 5, 0, 1, 1),
  call("sendto", "x"),
  call("sendto", "x", 0),
  call("sendto", "x", 0, 1, "1", "h"),
  call("sendto", "x", 0, 1, 1),
  call("bind", { fd: 999_999 }),
  call("bind", { fd: 1.5 }),
  call("bind", 0, 5),
  ...[5, {}, Symbol("s"), { toString: () => "127.0.0.1" }, ["127.0.0.1"], { toString: throwing }].map((address) =>
    call("bind", { address }),
  ),
  (socket) => socket.bind().bind(),
];

test.each(UNBOUND.map((refused, index) => [index, refused] as const))(
  "an unbound socket refuses call %i as node:dgram does",
  (_, refused) => {
    expect(thrownBy(() => refused(make(dgramOfGroupcast)))).toEqual(thrownBy(() => refused(make(theirs))));
  },
);

const BOUND: readonly Call[] = [
  ...[0, 1.5, 256].map((ttl) => call("setTTL", ttl)),
  ...[0, 255, -1, 256].map((ttl) => call("setMulticastTTL", ttl)),
  ...["1.2.3.4", "127.0.0.1", "0.0.0.0", "::1", "x"].map((address) => call("setMulticastInterface", address)),
  ...[0, 2 ** 31, 8192].map((size) => call("setSendBufferSize", size)),
  call("bind"),
  call("disconnect"),
  call("remoteAddress"),
  call("dropMembership", "239.1.2.3", "127.0.0.1"),
  call("addMembership", "ff02::1"),
  (socket) => {
    socket.addMembership("239.255.66.1", "127.0.0.1");
    socket.addMembership("239.255.66.1", "127.0.0.1");
  },
  (socket) => {
    socket.addSourceSpecificMembership("127.0.0.1", "232.1.2.3", "127.0.0.1");
    socket.dropSourceSpecificMembership("127.0.0.2", "232.1.2.3", "127.0.0.1");
  },
];

test.each(BOUND.map((refused, index) => [index, refused] as const))(
  "a bound socket answers call %i as node:dgram does",
  async (_, refused) => {
    const [ours, other] = [make(dgramOfGroupcast), make(theirs)];
    await Promise.all([bindLoopback(ours), bindLoopback(other)]);
    expect(thrownBy(() => refused(ours))).toEqual(thrownBy(() => refused(other)));
  },
);

test("setters return what node:dgram's return, and getters read the same sizes", async () => {
  const results = await Promise.all(
    MODULES.map(async ([, module]) => {
      const socket = make(module);
      await bindLoopback(socket);
      socket.setRecvBufferSize(8192);
      return [
        socket.setTTL(5),
        socket.setMulticastTTL(7),
        socket.setMulticastLoopback(0 as never),
        socket.setBroadcast(true),
        socket.getRecvBufferSize(),
      ];
    }),
  );
  expect(results[1]).toEqual(results[0]);
  expect(results[1]!.slice(0, 3)).toEqual([5, 7, 0]);
});

const METHODS = [
  ...["address", "remoteAddress", "close", "disconnect", "setBroadcast", "setMulticastLoopback", "getRecvBufferSize", "getSendBufferSize"],
  ...["getSendQueueSize", "getSendQueueCount", "setMulticastInterface", "addMembership", "dropMembership", "bind", "ref", "unref"],
];

test.each(METHODS)("%s() of a closed socket throws what node:dgram's throws", (method) => {
  const [ours, other] = [make(dgramOfGroupcast), make(theirs)];
  for (const socket of [ours, other]) socket.close();
  const [mine, expected] = [ours, other].map((socket) => thrownBy(() => call(method)(socket)));
  expect(mine).toEqual(expected);
});

test.each([
  ["send", ["x", 1]],
  ["connect", [4]],
  ["setTTL", [4]],
  ["setMulticastTTL", [4]],
  ["setRecvBufferSize", [1]],
  ["addSourceSpecificMembership", ["a", "b"]],
] as const)("%s(%j) of a closed socket throws what node:dgram's throws", (method, args) => {
  const [ours, other] = [make(dgramOfGroupcast), make(theirs)];
  for (const socket of [ours, other]) socket.close();
  const [mine, expected] = [ours, other].map((socket) => thrownBy(() => call(method, ...args)(socket)));
  expect(mine).toEqual(expected);
});

const OPTIONS: readonly unknown[] = [
  ...[undefined, null, "x", {}, { type: "udp5" }, 5, "toString"],
  ...["x", -1, 1.5, 2 ** 33, {}].map((recvBufferSize) => ({ type: "udp4", recvBufferSize })),
  ...["x", -1].map((sendBufferSize) => ({ type: "udp4", sendBufferSize })),
  ...[5, null, "x"].map((lookup) => ({ type: "udp4", lookup })),
  ...[5, null, {}].map((signal) => ({ type: "udp4", signal })),
  { type: "udp5", lookup: 5 },
];

test.each(OPTIONS)("createSocket(%j) throws what node:dgram's throws", (options) => {
  const create = (module: { createSocket: unknown }): unknown => (module.createSocket as (options: unknown) => Socket)(options);
  const mine = thrownBy(() => create(dgramOfGroupcast));
  expect(mine).toBeDefined();
  expect(mine).toEqual(thrownBy(() => create(nodeDgram)));
});

describe("what only newer versions of Node have", () => {
  test("block lists that are none are refused", () => {
    const options = { type: "udp4", receiveBlockList: 5 } as never;
    const error = { code: "ERR_INVALID_ARG_TYPE", message: expect.stringContaining("options.receiveBlockList") as string };
    expect(thrownBy(() => dgramOfGroupcast.createSocket(options))).toMatchObject(error);
    expect(thrownBy(() => dgramOfGroupcast.createSocket({ type: "udp4", sendBlockList: {} as never }))).toMatchObject({
      code: "ERR_INVALID_ARG_TYPE",
    });
  });

  test.each([
    [{ port: 65_536 }, "ERR_SOCKET_BAD_PORT"],
    [{ port: "x" }, "ERR_SOCKET_BAD_PORT"],
    [{ address: 5 }, "ERR_INVALID_ARG_TYPE"],
    [{ address: "localhost" }, "ERR_INVALID_ARG_VALUE"],
    [null, "ERR_INVALID_ARG_TYPE"],
    [[], "ERR_INVALID_ARG_TYPE"],
  ])("bindSync(%j) throws %s, and the socket can still be bound", (options, code) => {
    const socket = make(dgramOfGroupcast);
    expect(thrownBy(() => socket.bindSync(options as never))).toMatchObject({ code });
    expect(socket.bindSync({ address: "127.0.0.1" })).toMatchObject({ address: "127.0.0.1", family: "IPv4" });
    expect(thrownBy(() => socket.bindSync())).toMatchObject({ code: "ERR_SOCKET_ALREADY_BOUND" });
  });

  test.each([
    [[0], "ERR_SOCKET_BAD_PORT"],
    [[9, "localhost"], "ERR_INVALID_ARG_VALUE"],
    [[9, 5], "ERR_INVALID_ARG_TYPE"],
    [[9, "::1"], "EINVAL"],
  ])("connectSync(...%j) throws %s, and the socket can still be connected", (args, code) => {
    const socket = make(dgramOfGroupcast);
    expect(thrownBy(() => socket.connectSync(...(args as [number])))).toMatchObject({ code });
    socket.connectSync(9);
    expect(socket.remoteAddress()).toEqual({ address: "127.0.0.1", family: "IPv4", port: 9 });
    expect(thrownBy(() => socket.connectSync(9))).toMatchObject({ code: "ERR_SOCKET_DGRAM_IS_CONNECTED" });
  });
});
