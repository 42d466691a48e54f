import {
  DatagramStream,
  type DatagramStreamOptions,
  type DelayedCall,
  LoopingCall,
  type MulticastPort,
  type PlainProtocol,
  type Protocol,
  type ReceivedDatagram,
  type Requester,
  type RequestOptions,
  type SocketAddress,
  type UDPPort,
  type UDPTransport,
} from "@groupcast/reactor";
import { expect, expectTypeOf, test } from "vitest";
import { Stage } from "./stage.js";

test("listenUDP() returns a port without the methods of multicast, and listenMulticast() one with them", () => {
  const { reactor } = new Stage();
  const protocol = (): Protocol => ({ datagramReceived() {} });
  const port = reactor.listenUDP(0, protocol());
  expectTypeOf(port).toEqualTypeOf<UDPPort>();
  type OfMulticast = Exclude<keyof MulticastPort, keyof UDPPort>;
  expectTypeOf<OfMulticast>().toEqualTypeOf<
    | "joinGroup"
    | "leaveGroup"
    | "blockSource"
    | "unblockSource"
    | "memberships"
    | "setTTL"
    | "getTTL"
    | "setLoopbackMode"
    | "getLoopbackMode"
    | "setOutgoingInterface"
    | "getOutgoingInterface"
    | "outgoingInterface"
    | "isolation"
  >();
  const multicast = reactor.listenMulticast(0, protocol());
  multicast.setTTL(3);
  expect(multicast.getTTL()).toBe(3);
});

test("types of ports, streams and requesters show no member that is not for users", () => {
  expectTypeOf<Extract<keyof MulticastPort, "start" | "takeOver" | "report" | "readFailed" | "interfacesChanged">>().toEqualTypeOf<never>();
  type OfProtocols = keyof Protocol | "transport";
  expectTypeOf<Exclude<keyof DatagramStream, OfProtocols>>().toEqualTypeOf<"length" | typeof Symbol.asyncIterator>();
  expectTypeOf<Exclude<keyof Requester, OfProtocols>>().toEqualTypeOf<"request" | "statistics">();
  expectTypeOf<keyof LoopingCall>().toEqualTypeOf<"running" | "intervalMs" | "start" | "stop" | "reset">();
});

test("for await types its datagrams, and a stream is a protocol of any port", () => {
  const { reactor } = new Stage();
  const inbox = new DatagramStream();
  expectTypeOf(reactor.listenUDP(0, inbox)).toEqualTypeOf<UDPPort>();
  expectTypeOf(inbox[Symbol.asyncIterator]().next).returns.resolves.toEqualTypeOf<IteratorResult<ReceivedDatagram, undefined>>();
  expectTypeOf<ReceivedDatagram["from"]>().toEqualTypeOf<SocketAddress>();
});

test("options take undefined under exactOptionalPropertyTypes", () => {
  expectTypeOf<{ maxDatagrams: undefined }>().toExtend<DatagramStreamOptions>();
  expectTypeOf<{
    to: undefined;
    match: undefined;
    timeoutMs: undefined;
    attempts: undefined;
    signal: undefined;
  }>().toExtend<RequestOptions>();
  const { reactor } = new Stage();
  expectTypeOf<Parameters<typeof reactor.deferLater>>().toExtend<[number, ({ readonly signal?: AbortSignal | undefined } | undefined)?]>();
});

test("request(), send() and drained() return promises, and match has to return a boolean", () => {
  expectTypeOf<Requester["request"]>().returns.resolves.toEqualTypeOf<ReceivedDatagram>();
  expectTypeOf<UDPTransport["send"]>().returns.resolves.toEqualTypeOf<void>();
  expectTypeOf<UDPTransport["drained"]>().returns.resolves.toEqualTypeOf<void>();
  // @ts-expect-error: a promise is always true
  const options: RequestOptions = { match: async () => true };
  expect(options.match).toBeTypeOf("function");
});

test("a plain protocol in a variable knows its transport, and a port of fewer methods if it says so", () => {
  const plain: PlainProtocol<UDPTransport> = {
    startProtocol() {
      expectTypeOf(this.transport).toEqualTypeOf<UDPTransport>();
    },
  };
  const { reactor } = new Stage();
  expect(String(reactor.listenUDP(9999, plain))).toBe("Protocol on 9999");
});

test("withCount() types its count, and getDelayedCalls() its calls", () => {
  const { reactor } = new Stage();
  const loop = LoopingCall.withCount(reactor, (count) => expectTypeOf(count).toEqualTypeOf<number>());
  expectTypeOf(loop).toEqualTypeOf<LoopingCall>();
  expectTypeOf(reactor.getDelayedCalls()).toEqualTypeOf<readonly DelayedCall[]>();
  expect(loop.intervalMs).toBeUndefined();
});
