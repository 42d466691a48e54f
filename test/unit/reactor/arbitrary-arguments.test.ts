import { isIP } from "node:net";
import { InvalidArgumentError, isGroupcastError } from "@groupcast/base";
import { LoopingCall, Reactor } from "@groupcast/reactor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DELAYED_CALL_METHODS, NETWORK_METHODS, PORT_METHODS, REACTOR_METHODS } from "./public-methods.js";
import { Notes, Stage, turn } from "./stage.js";

const MAX_ARGUMENTS = 4;

/** What plain JavaScript may pass: anything at all, and things that are nearly right. */
const anything = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true }),
  fc.constantFrom<unknown>(
    "eth0",
    "lo",
    "all",
    "default",
    "239.255.0.1",
    "ff02::1%eth0",
    "192.0.2.1",
    "::1",
    "<broadcast>",
    "closed",
    "error",
  ),
  fc.constantFrom<unknown>(0, 1, -1, 80, 65_535, 65_536, 1e9, true, false, null, undefined, Symbol("s"), () => {}, class Some {}),
  fc.record(
    {
      address: fc.constantFrom<unknown>("192.0.2.1", "::1", "239.255.0.1", "localhost", 5),
      port: fc.constantFrom<unknown>(80, 0, "80", Number.NaN),
    },
    { requiredKeys: [] },
  ),
  fc.record(
    {
      interface: fc.oneof(fc.constantFrom<unknown>("::", "0.0.0.0", "eth0", 2), fc.anything()),
      source: fc.oneof(fc.ipV4(), fc.ipV6(), fc.anything()),
      whenAvailable: fc.anything(),
      ttl: fc.anything(),
      loopback: fc.anything(),
      group: fc.oneof(fc.ipV4(), fc.ipV6(), fc.anything()),
      arrival: fc.anything(),
      signal: fc.anything(),
      maxPacketSize: fc.anything(),
      receiveBufferBytes: fc.oneof(fc.integer(), fc.anything()),
      localPort: fc.anything(),
      family: fc.anything(),
    },
    { requiredKeys: [] },
  ),
  fc.uint8Array({ maxLength: 10 }),
);

const argumentLists = fc.array(anything, { maxLength: MAX_ARGUMENTS });

type Call = (...args: unknown[]) => unknown;

/** Calls, and settles what comes back; what is thrown, or rejects, must be one of ours. */
async function outcomeOf(call: () => unknown): Promise<unknown> {
  return await new Promise<unknown>((resolve) => resolve(call())).then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function staysTyped(call: () => unknown): Promise<void> {
  const error = await outcomeOf(call);
  expect(error === undefined || isGroupcastError(error), String((error as Error | undefined)?.stack)).toBe(true);
}

test.each(REACTOR_METHODS)("reactor.%s() of arbitrary arguments succeeds or throws a typed error", async (method) => {
  await fc.assert(
    fc.asyncProperty(argumentLists, fc.boolean(), async (args, isWithProtocol) => {
      const { reactor } = new Stage({}, { resolver: () => Promise.resolve("192.0.2.1") });
      const call = reactor[method].bind(reactor) as Call;
      const given = isWithProtocol ? withProtocol(method, args) : args;
      await staysTyped(() => call(...given));
      await reactor.stop();
    }),
  );
});

/** The arguments with a protocol where the method takes one, so that what follows it is looked at too. */
function withProtocol(method: string, args: readonly unknown[]): unknown[] {
  const at = method === "connectUDP" ? 2 : 1;
  return [...args.slice(0, at), ...Array.from({ length: Math.max(0, at - args.length) }), new Notes(), ...args.slice(at)];
}

test.each(PORT_METHODS)("port.%s() of arbitrary arguments succeeds or throws a typed error, on a port that goes on", async (method) => {
  await fc.assert(
    fc.asyncProperty(argumentLists, fc.constantFrom("0.0.0.0", "::"), async (args, on) => {
      const { port, socket } = new Stage().listen({ interface: on });
      const call = port[method].bind(port) as Call;
      await staysTyped(() => call(...args));
      await turn();
      expect(socket.isClosed).toBe(method === "stopListening" || method === "stopNow");
    }),
  );
});

test.each(NETWORK_METHODS)("network.%s() of arbitrary arguments succeeds or throws a typed error", async (method) => {
  await fc.assert(
    fc.asyncProperty(argumentLists, async (args) => {
      const { network } = new Stage().reactor;
      await staysTyped(() => (network[method].bind(network) as Call)(...args));
    }),
  );
});

test("DelayedCall and LoopingCall of arbitrary arguments succeed or throw typed errors", async () => {
  await fc.assert(
    fc.asyncProperty(argumentLists, async (args) => {
      const { reactor } = new Stage();
      for (const method of DELAYED_CALL_METHODS) {
        const call = reactor.callLater(10, () => {});
        await staysTyped(() => (call[method].bind(call) as Call)(...args));
      }
      await staysTyped(() => new (LoopingCall as unknown as new (...args: unknown[]) => unknown)(...args));
      const loop: LoopingCall = new LoopingCall(reactor, () => loop.stop());
      await staysTyped(() => {
        const started = (loop.start.bind(loop) as Call)(...args);
        void reactor.stop();
        return started;
      });
    }),
  );
});

test("run() and Reactor of arbitrary options succeed or throw typed errors", async () => {
  await fc.assert(
    fc.asyncProperty(argumentLists, async (args) => {
      await staysTyped(() => new (Reactor as unknown as new (...args: unknown[]) => unknown)(...args));
      const { reactor } = new Stage();
      const ran = staysTyped(() => (reactor.run.bind(reactor) as Call)(...args, { installSignalHandlers: false }));
      await reactor.stop();
      await ran;
    }),
  );
});

/** Text that is nearly an address. */
const addressText = fc.oneof(
  fc.string(),
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6(),
  fc.domain(),
  fc.tuple(fc.ipV6(), fc.string()).map(([address, zone]) => `${address}%${zone}`),
  fc.tuple(fc.ipV6(), fc.constantFrom("eth0", "lo", "1", "2", "nosuch", "99", "0")).map(([address, zone]) => `${address}%${zone}`),
  fc.tuple(fc.ipV4(), fc.string({ maxLength: 2 })).map(([address, tail]) => address + tail),
  fc.stringMatching(/^[0-9a-fA-F:.%x ]{0,20}$/),
);

/** Ways to pass an address, each with the argument's name. */
const ADDRESS_CALLS: Readonly<Record<string, (stage: Stage, address: string) => unknown>> = {
  "write()": (stage, address) => stage.listen().port.write("x", { address, port: 1 }),
  "write() over IPv6": (stage, address) => stage.listen({ interface: "::" }).port.write("x", { address, port: 1 }),
  "connect()": (stage, address) => stage.listen().port.connect(address, 1),
  "connectUDP()": ({ reactor }, address) => reactor.connectUDP(address, 1, new Notes()),
  "joinGroup()": (stage, address) => stage.listen().port.joinGroup(address, "eth0"),
  "joinGroup() with a source": (stage, source) => stage.listen().port.joinGroup("239.255.0.1", "eth0", { source }),
  "listenMulticast() with a group": (stage, group) => stage.listenMulticast({ group }),
  "routeTo()": ({ reactor }, address) => reactor.network.routeTo(address),
};

test.each(Object.entries(ADDRESS_CALLS))("%s refuses all text that node:net takes for no address", (_name, call) => {
  fc.assert(
    fc.property(addressText, (text) => {
      fc.pre(isIP(text) === 0 && text !== "<broadcast>");
      expect(() => call(new Stage(), text)).toThrow(InvalidArgumentError);
      expect(() => call(new Stage(), text)).toThrow(expect.objectContaining({ code: "ERR_ADDRESS_NOT_IP", value: text }));
    }),
  );
});

test.each(Object.entries(ADDRESS_CALLS))(
  "%s accepts what node:net takes for an address, or says what is wrong with it",
  async (_name, call) => {
    const codes = ["ERR_FAMILY_MISMATCH", "ERR_ADDRESS_SCOPE", "ERR_NOT_MULTICAST", "ERR_SOURCE_IS_MULTICAST", "ERR_ARGUMENT_RANGE"];
    await fc.assert(
      fc.asyncProperty(addressText, async (text) => {
        fc.pre(isIP(text) !== 0);
        const error = await outcomeOf(() => call(new Stage(), text));
        expect(error === undefined || (error instanceof InvalidArgumentError && codes.includes(error.code)), String(error)).toBe(true);
      }),
    );
  },
);

test("listenUDP() on arbitrary text binds to an address of node:net's, or throws an InvalidArgumentError", async () => {
  await fc.assert(
    fc.asyncProperty(addressText, async (text) => {
      const stage = new Stage();
      const error = await outcomeOf(() => void stage.listen({ interface: text }));
      if (isIP(text) === 0 && text !== "") expect(error).toMatchObject({ code: "ERR_ADDRESS_NOT_IP", argument: "interface" });
      if (error !== undefined) expect(error).toBeInstanceOf(InvalidArgumentError);
      else expect(isIP(stage.backend.last.boundTo!.address)).not.toBe(0);
    }),
  );
});
