// People who type their events with typed-emitter can hand it our event maps, and use our objects where its on, once and off are asked for.
import type { ChannelEvents, ChannelNode, ChannelTransport, NodeEvents, TransportEvents } from "@groupcast/channels";
import type { MulticastPort, Network, NetworkEvents, PortEvents, Reactor, ReactorEvents, UDPPort } from "groupcast";
import type typedEmitter from "typed-emitter";
import { expectTypeOf, test } from "vitest";

/** How typed-emitter declares on, once and off; both sides return themselves, so the return types differ. */
type Listening<M extends typedEmitter.EventMap> = {
  [K in "on" | "once" | "off"]: <E extends keyof M>(event: E, listener: M[E]) => unknown;
};

test("typed-emitter declares on, once and off as this test says", () => {
  expectTypeOf<typedEmitter.default<PortEvents>>().toExtend<Listening<PortEvents>>();
});

test("event maps have typed-emitter's form", () => {
  expectTypeOf<PortEvents>().toExtend<typedEmitter.EventMap>();
  expectTypeOf<ReactorEvents>().toExtend<typedEmitter.EventMap>();
  expectTypeOf<NetworkEvents>().toExtend<typedEmitter.EventMap>();
  expectTypeOf<NodeEvents>().toExtend<typedEmitter.EventMap>();
  expectTypeOf<ChannelEvents>().toExtend<typedEmitter.EventMap>();
  expectTypeOf<TransportEvents>().toExtend<typedEmitter.EventMap>();
});

test("ports, reactors, networks and nodes are typed-emitters as far as on, once and off go", () => {
  expectTypeOf<UDPPort>().toExtend<Listening<PortEvents>>();
  expectTypeOf<MulticastPort>().toExtend<Listening<PortEvents>>();
  expectTypeOf<Reactor>().toExtend<Listening<ReactorEvents>>();
  expectTypeOf<Network>().toExtend<Listening<NetworkEvents>>();
  expectTypeOf<ChannelNode>().toExtend<Listening<NodeEvents>>();
  expectTypeOf<ChannelTransport>().toExtend<Listening<TransportEvents>>();
});

test("listeners are typed by their event", () => {
  expectTypeOf<Parameters<PortEvents["error"]>>().toEqualTypeOf<[error: Error]>();
  // @ts-expect-error: no such event
  expectTypeOf<PortEvents["nonesuch"]>().toBeAny();
});
