import {
  type AdoptOptions,
  type Arrival,
  type ConnectedUDPPort,
  type ConnectOptions,
  type DatagramBatch,
  DatagramProtocol,
  type JoinOptions,
  type ListenOptions,
  type MulticastListenOptions,
  type MulticastPort,
  type MulticastTransport,
  type ReactorOptions,
  type SocketAddress,
  type UDPPort,
  type UDPTransport,
  type WriteOptions,
} from "@groupcast/reactor";
import { expect, expectTypeOf, test } from "vitest";
import { Stage } from "./stage.js";

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

class Silent extends DatagramProtocol<UDPTransport> {
  override datagramReceived(): void {}
}

class Full extends DatagramProtocol<MulticastTransport> {
  override startProtocol(): void {
    this.transport.joinGroup("239.255.0.1");
  }
  override async datagramReceived(_data: Buffer, _from: SocketAddress, _arrival?: Arrival): Promise<void> {}
  override datagramsReceived(_batch: DatagramBatch): void {}
  override connectionRefused(): void {}
  override stopProtocol(): void {}
  override logPrefix(): string {
    return "Full";
  }
}

test.each([Echo, Silent, Full])("listenUDP() and its siblings take %o, whatever transport it asks for, with override", (Protocol) => {
  const { reactor } = new Stage();
  expectTypeOf(reactor.listenUDP(0, new Protocol())).toEqualTypeOf<UDPPort>();
  expectTypeOf(reactor.listenMulticast(0, new Protocol())).toEqualTypeOf<MulticastPort>();
  const connected = reactor.connectUDP("192.0.2.1", 9, new Protocol());
  expectTypeOf(connected).toEqualTypeOf<ConnectedUDPPort>();
  expectTypeOf(connected.getPeer()).toEqualTypeOf<SocketAddress>();
  expect(reactor.ports).toHaveLength(3);
});

test("listenUDP() takes a protocol whose datagramReceived() has fewer parameters", () => {
  const { reactor } = new Stage();
  expect(reactor.listenUDP(9999, new Echo()).getHost().port).toBe(9999);
});

test("transport is that of multicast unless the protocol says otherwise", () => {
  expectTypeOf<Echo["transport"]>().toEqualTypeOf<MulticastTransport>();
  expectTypeOf<Silent["transport"]>().toEqualTypeOf<UDPTransport>();
  expectTypeOf<MulticastPort>().toExtend<MulticastTransport>();
  expectTypeOf<UDPPort>().toExtend<UDPTransport>();
});

test("every option may be undefined, also with exactOptionalPropertyTypes", () => {
  type Nothing<T> = { [Name in keyof T]-?: object extends Pick<T, Name> ? undefined : T[Name] };
  expectTypeOf<Nothing<ListenOptions>>().toExtend<ListenOptions>();
  expectTypeOf<Nothing<MulticastListenOptions>>().toExtend<MulticastListenOptions>();
  expectTypeOf<Nothing<ConnectOptions>>().toExtend<ConnectOptions>();
  expectTypeOf<Nothing<AdoptOptions>>().toExtend<AdoptOptions>();
  expectTypeOf<Nothing<WriteOptions>>().toExtend<WriteOptions>();
  expectTypeOf<Nothing<JoinOptions>>().toExtend<JoinOptions>();
  expectTypeOf<Nothing<ReactorOptions>>().toExtend<ReactorOptions>();
});

test("on() types its listener by the event", () => {
  const { port } = new Stage().listen();
  port.on("sendFailed", ({ error, to }) => {
    expectTypeOf(error.errnoName).toEqualTypeOf<string>();
    expectTypeOf(to).toEqualTypeOf<SocketAddress | undefined>();
  });
  port.on("membership", ({ membership }) => expectTypeOf(membership.state).toEqualTypeOf<"joined" | "waiting" | "lost">());
  // @ts-expect-error: there is no such event
  expect(() => port.on("message", () => {})).toThrow(expect.objectContaining({ argument: "event" }));
});
